import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ShownCluster, ShownResult } from '../read-result.ts';
import { availabilityCharts } from './availability.ts';
import { decisionTable } from './decision-table.ts';
import { heatMaps, heatMapTable } from './heat-map.ts';
import { Html, html } from './html.ts';
import { definitions, legend, shadesOf } from './legend.ts';
import { savingsChart } from './savings.ts';
import { cards, header, notices, settings } from './summary.ts';
import { templateTable } from './template-table.ts';
import { isComplete, typesOf } from './types.ts';

/** In the order in which they overrule each other. */
const STYLES = ['theme.css', 'layout.css', 'drawing.css', 'table.css', 'print.css'];

/** A page for more clusters than this leaves calm types out of its tables, so that it still fits into a mail. */
const FULL_TABLES = 3;

/**
 * Makes the report page: one file that makes no requests and can be sent by e-mail.
 *
 * @param madeAt shown where the result does not say when the run was
 */
export function renderPage(result: ShownResult, madeAt: Date): string {
  const style = STYLES.map(asset).join('');
  const script = asset('client.js');
  const policy = `default-src 'none'; style-src '${hashOf(style)}'; script-src '${hashOf(script)}'; base-uri 'none'; form-action 'none'`;
  const isFleet = result.clusters.length > 1;
  const body = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark"><meta name="referrer" content="no-referrer">
<title>spot-blacklist: ${result.target.region ?? 'every region'}${result.dryRun && ', dry run'}</title><style>${new Html(style)}</style></head>
<body>${definitions()}<main>${header(result, madeAt)}
${isFleet && fleet(result)}
${result.clusters.map((cluster, index) => clusterSection(cluster, result, isFleet ? index : null))}
<section><h2>Settings</h2>${settings(result)}</section>
<footer>Spot Advisor's figures are last month's history, by type and region: a reason to avoid a type, not a forecast.</footer></main><script>${new Html(script)}</script></body></html>
`;
  return body.text;
}

/** The clusters at a glance. */
function fleet({ clusters }: ShownResult): Html {
  const rows = clusters.map((cluster, index) => {
    const { outcome, actions } = cluster;
    const decided = Object.entries(actions).flatMap(([action, types]) =>
      types > 0 ? [`${action} ${types}`] : [],
    );
    return html`<tr><th scope="row"><a href="#cluster-${index}">${nameOf(cluster)}</a></th><td>${cluster.region ?? '–'}</td><td>${cluster.status}</td><td>${decided.join(', ') || '–'}</td><td class="number">${outcome.verified ?? '–'}</td></tr>`;
  });
  return html`<section><h2>Clusters</h2><div class="scroll" tabindex="0" role="region" aria-label="Clusters"><table><thead><tr><th scope="col">Cluster</th><th scope="col">Region</th><th scope="col">Status</th><th scope="col">Decided</th><th scope="col" class="number">Confirmed</th></tr></thead><tbody>${rows}</tbody></table></div></section>`;
}

/** @param index its place in a fleet; null for the only one */
function clusterSection(cluster: ShownCluster, result: ShownResult, index: number | null): Html {
  const body = clusterBody(cluster, result);
  const name = html`<h2>${nameOf(cluster)}</h2>`;
  if (index === null)
    return html`<section class="cluster">${cluster.clusterName !== null && name}${body}</section>`;
  return html`<details class="cluster" id="cluster-${index}"${index === 0 && new Html(' open')}><summary>${name}</summary>${body}</details>`;
}

function clusterBody(cluster: ShownCluster, result: ShownResult): Html {
  const types = typesOf(cluster, result);
  const bands = types.flatMap(({ band }) => band ?? []);
  const shades = shadesOf(bands);
  const isWhole = isComplete(cluster, result);
  const inTable =
    result.clusters.length > FULL_TABLES ? types.filter(({ decision }) => decision !== null) : types;
  const threshold = result.policy?.interruptionThreshold ?? null;
  return html`${notices('Not completed', [cluster.problem])}${notices('Warning', cluster.warnings)}${unwritten(cluster, result)}${cards(cluster, result)}
${cluster.decisionsOmitted > 0 && notices('Left out', [`${cluster.decisionsOmitted} decisions, which did not fit into Lambda's answer; run the cluster by itself to see them`])}
${templateTable(cluster)}
${isWhole && html`<section><h3>What stays available</h3><p class="lead">Full bars can be bought as Spot; hatched, they cannot. A size without a full bar starves pods that need it.</p><div class="columns">${availabilityCharts(types)}${savingsChart(types)}</div></section>`}
${
  types.length > 0 &&
  bands.length > 0 &&
  html`<section><h3>Families by size</h3><p class="lead">${isWhole ? 'Every type of the region' : 'The types that something was decided about'}: the stronger the shade, the more often AWS took machines back. ᴀ is arm64.</p>
${legend(shades, result.policy?.blacklistedBands ?? [], types)}${heatMaps(types, shades)}${heatMapTable(types)}</section>`
}
${types.length > 0 && html`<section><h3>Every decision, and why</h3>${inTable.length < types.length && html`<p class="lead">Calm types are left out, as there are ${result.clusters.length} clusters.</p>`}${decisionTable(inTable, shades, threshold)}</section>`}`;
}

/** What has to be known before anything below is read: it tells of the plan. */
function unwritten(
  { outcome, decisions, decisionsOmitted }: ShownCluster,
  { dryRun }: ShownResult,
): Html | null {
  if (decisions.length + decisionsOmitted === 0) return null;
  const unfinished = outcome.failed + outcome.deferred;
  const left = dryRun
    ? 'none of its writes is done'
    : unfinished > 0 && `${unfinished} of its writes are not done`;
  return left === false ? null : html`<p class="lead"><strong>This is the plan: ${left}.</strong></p>`;
}

function nameOf({ clusterName, clusterId }: ShownCluster): string {
  return clusterName ?? clusterId;
}

function asset(name: string): string {
  return readFileSync(join(import.meta.dirname, name), 'utf8');
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
