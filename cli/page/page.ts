import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SpotBlacklistError } from '../../lambda/domain/errors.ts';
import { isRecord } from '../../lambda/input/json.ts';
import { SETTING_LIST } from '../../lambda/settings/table.ts';
import manifest from '../../package.json' with { type: 'json' };
import { flagOf } from '../run/flags.ts';
import { ownNodesOf } from '../views/own-nodes.ts';
import type { ShownCluster, ShownResult } from '../views/read-result.ts';
import { availabilityCharts } from './availability.ts';
import { bandTable, templateTable } from './cluster-tables.ts';
import { commonReason, composition, decisionTable, withoutReason } from './decision-table.ts';
import { factsBlock } from './facts-block.ts';
import { clusterChoice, fleet, regionNotes } from './fleet.ts';
import { headlineOf } from './headline.ts';
import { heatMaps, heatMapTable } from './heat-map.ts';
import { Html, html } from './html.ts';
import { definitions, legend, shadesOf } from './legend.ts';
import { ownChart } from './own-chart.ts';
import { ownNodes } from './own-nodes.ts';
import { nameOf, regionsOf, type ShownRegion, type ShownType } from './region.ts';
import { savingsChart } from './savings.ts';
import { NO_ACTION } from './state.ts';
import { cards, header, notices, settings } from './summary.ts';

/** In the order in which they overrule each other. */
const STYLES = ['theme.css', 'layout.css', 'drawing.css', 'table.css', 'print.css'];
/** Each is a module of its own; they talk by events. */
const SCRIPTS = ['table.js', 'map.js', 'fleet.js'];

/** A page of more regions than this leaves calm types out of its tables, so that it still fits into a mail. */
const FULL_TABLES = 3;

/**
 * Makes the report page: one file that makes no requests and can be sent by e-mail.
 *
 * @param madeAt shown where the result does not say when the run was
 */
export function renderPage(result: ShownResult, madeAt: Date): string {
  const regions = regionsOf(result);
  const [only] = result.clusters;
  const body = html`${header(result, headlineOf(result, regions), madeAt)}
${result.clusters.length === 1 && only !== undefined ? onlyCluster(only, result, regions) : fleetBody(result, regions)}
${ownChart(result)}
<section><h2 id="settings">Settings</h2>${settings(result)}</section>
<footer>${repeating(result)}<p><a href="https://aws.amazon.com/ec2/spot/instance-advisor/">Spot Advisor</a>'s figures are last month's history, by type and region: a reason to avoid a type, not a forecast. <a href="https://console.cast.ai/">CAST AI's console</a> shows the blacklist.</p>${documents()}</footer>`;
  return documentWith(titleOf(result, madeAt), body);
}

/**
 * Makes the page of a run that failed before there was a result.
 *
 * @param command what was typed, as words
 */
export function renderFailure(
  { name, code, message }: Pick<SpotBlacklistError, 'name' | 'code' | 'message'>,
  command: readonly string[],
  madeAt: Date,
): string {
  const moment = madeAt.toISOString().slice(0, 16).replace('T', ' ');
  const body = html`<header><p class="brand">spot-blacklist <span class="pill bad">failed</span></p>
<h1 class="bad">Failed: there is no result, and nothing was written</h1>
<p class="where">run of ${moment} UTC</p>
${notices(`${name} (${code})`, [message], 'bad')}</header>
<footer><p>The same again: <code>${command.map(quoted).join(' ')}</code></p>${documents()}</footer>`;
  return documentWith(`Failed, ${moment.slice(0, 10)}: spot-blacklist`, body);
}

function documentWith(title: string, body: Html): string {
  const style = STYLES.map(asset).join('');
  const scripts = SCRIPTS.map(asset);
  const hashes = scripts.map((script) => `'${hashOf(script)}'`).join(' ');
  const policy = `default-src 'none'; style-src '${hashOf(style)}'; script-src ${hashes}; base-uri 'none'; form-action 'none'`;
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark"><meta name="referrer" content="no-referrer">
<title>${title}</title><style>${new Html(style)}</style></head>
<body>${definitions()}<main>${body}</main>${scripts.map((script) => html`<script type="module">${new Html(script)}</script>`)}</body></html>
`.text;
}

/** Where the documents are, if the manifest says. */
function documents(): Html | null {
  const { repository }: Record<string, unknown> = manifest;
  const url = isRecord(repository) ? repository['url'] : repository;
  if (typeof url !== 'string') return null;
  const docs = `${url.replace(/^git\+|\.git$/g, '')}/blob/main/docs`;
  return html`<p><a href="${docs}/how-it-decides.md">How it decides</a>, <a href="${docs}/operate.md#errors">errors</a>, <a href="${docs}/questions.md">questions</a>.</p>`;
}

/** The cluster or the fleet, the region, and the day. */
function titleOf({ clusters, target, startedAt, dryRun }: ShownResult, madeAt: Date): string {
  const [only] = clusters;
  const what = only && clusters.length === 1 ? nameOf(only) : `${clusters.length} clusters`;
  const day = (startedAt || madeAt.toISOString()).slice(0, 10);
  return `${what}, ${target.region ?? only?.region ?? 'every region'}, ${day}${dryRun ? ', dry run' : ''}: spot-blacklist`;
}

/** The command that repeats a run as a plan: every setting of the result that is not the default. */
function repeating({ target, policy, evidence, operation }: ShownResult): Html | null {
  if (policy === null || operation !== 'apply' || target.os === null) return null;
  const { name: targetName, region, os } = target;
  const own = evidence && { ownEvidence: evidence.mode, ownEvidenceRatio: evidence.ratio };
  const values: Readonly<Record<string, unknown>> = { region, os, targetName, ...policy, ...own };
  const flags = SETTING_LIST.flatMap(({ key, variable, flag, default: usual }) => {
    const value = values[key] ?? usual ?? null;
    if (flag === null || value === null || String(value) === String(usual ?? '')) return [];
    return value === true ? flagOf(variable) : `${flagOf(variable)} ${quoted(String(value))}`;
  });
  return html`<p>The same as a plan: <code>spot-blacklist plan ${flags.join(' ')} --report page.html</code></p>`;
}

/** As one word of a shell. */
function quoted(text: string): string {
  return /^[\w.-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

function onlyCluster(cluster: ShownCluster, result: ShownResult, [region]: readonly ShownRegion[]): Html {
  const name = cluster.clusterName !== null && html`<h2 id="cluster">${nameOf(cluster)}</h2>`;
  const problem = notices('Not completed', [cluster.problem], 'bad');
  const warnings = notices('Warning', cluster.warnings);
  if (region === undefined || region.known.length + region.omitted.length === 0)
    return html`<section>${name}${problem}${warnings}${cluster.refusal !== undefined && bandTable(cluster, result)}</section>`;
  const own = ownNodesOf(cluster, result);
  return html`<section>${name}${problem}${unwritten(cluster, result)}${own !== null && ownNodes(own, shadesIn(region))}${warnings}${cards(cluster, region, result)}
${cluster.decisionsOmitted > 0 && notices('Left out', [`${cluster.decisionsOmitted} decisions, which did not fit into Lambda's answer; run the cluster by itself to see them`])}
${templateTable(cluster, result)}${regionBody(region, result, 1)}</section>`;
}

/** What has to be known before anything below is read: decisions are those of the plan. */
function unwritten(
  { outcome, decisions, decisionsOmitted }: ShownCluster,
  { dryRun }: ShownResult,
): Html | null {
  const unfinished = outcome.failed + outcome.deferred;
  if (decisions.length + decisionsOmitted === 0 || (!dryRun && unfinished === 0)) return null;
  const left = dryRun
    ? 'This is the plan: none of its writes is done.'
    : `${unfinished.toLocaleString('en')} of the plan's writes were not done; their types are shown as they are now.`;
  return html`<p class="lead"><strong>${left}</strong></p>`;
}

function fleetBody(result: ShownResult, regions: readonly ShownRegion[]): Html {
  const sections = regions.map((region, index) => {
    if (region.known.length + region.omitted.length === 0) return null;
    const title = html`<h2 id="region-${index}" tabindex="-1">${region.name ?? 'Unknown region'}</h2>`;
    return html`<section class="region">${title}${regionNotes(region)}${regionBody(region, result, regions.length)}</section>`;
  });
  return html`${fleet(result, regions)}${sections}`;
}

/** The types of a region, once for all its clusters. */
function regionBody(region: ShownRegion, { policy }: ShownResult, regions: number): Html | null {
  const { types, isComplete, known } = region;
  if (types.length === 0) return null;
  const shades = shadesIn(region);
  const isShown = ({ action, mark }: ShownType) =>
    regions <= FULL_TABLES || action !== NO_ACTION || mark !== '';
  const reason = commonReason(types);
  const inTable = withoutReason(types.filter(isShown), reason);
  const isFleet = known.length > 1;
  const id = (name: string) => (regions === 1 ? name : `${name}-${region.name ?? 'unknown'}`);
  return html`
${isComplete && html`<section><h3 id="${id('available')}">What stays available</h3><p class="lead">The solid part of a bar counts types that stay available as Spot; the hatched part, those that do not. Where a size has no solid part, pods that need that size have to wait. Sizes overlap: most types are in several, bare metal and unusual machines in none.</p><div class="columns">${availabilityCharts(types, policy)}${savingsChart(types)}</div></section>`}
${
  shades.size > 0 &&
  html`<section class="heat-map"><h3 id="${id('families')}">Families by size</h3><p class="lead">${isComplete ? 'Every type of the region' : 'The types that something was decided about'}: the stronger the shade, the more often AWS took machines back. ᴀ is arm64.</p>
${legend(shades, policy?.blacklistedBands ?? [], types)}${heatMaps(types, shades)}${heatMapTable(types)}</section>`
}
<section class="table"><h3 id="${id('decisions')}">Every decision, and why</h3><p class="lead">${composition(types)}${inTable.length < types.length && ` Types without an action are left out below, as there are ${regions} regions.`}${reason !== null && ` Unless a row says otherwise: ${reason}.`}</p>${decisionTable(inTable, shades, isFleet ? clusterChoice(region) : null)}${isFleet && factsBlock({ ...region, types: inTable })}</section>`;
}

function shadesIn({ types }: ShownRegion): ReadonlyMap<string, number> {
  return shadesOf(types.flatMap(({ band }) => band ?? []));
}

function asset(name: string): string {
  return readFileSync(join(import.meta.dirname, name), 'utf8');
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
