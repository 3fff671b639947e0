import { shortList } from '../../lambda/domain/words.ts';
import { fallbackIn } from '../views/own-nodes.ts';
import type { ShownCluster, ShownResult } from '../views/read-result.ts';
import { templateTable } from './cluster-tables.ts';
import { type Html, html } from './html.ts';
import { availableIn, nameOf, type ShownRegion, shortIn } from './region.ts';
import { notices } from './summary.ts';
import { naturally } from './types.ts';

/** In the order of the clusters: what needs attention comes first. */
const ORDER = ['completed', 'skipped'];

/** The clusters at a glance, and what is to be said of each. */
export function fleet(result: ShownResult, regions: readonly ShownRegion[]): Html {
  const place = ({ status }: ShownCluster) => ORDER.indexOf(status);
  const sorted = result.clusters.toSorted(
    (a, b) =>
      place(a) - place(b) || naturally(a.region ?? '', b.region ?? '') || naturally(nameOf(a), nameOf(b)),
  );
  const said = sorted.map((cluster) => details(cluster, result)).filter((one) => one !== null);
  return html`<section><h2 id="clusters">Clusters</h2>${problems(sorted)}${commonWarnings(sorted)}${glance(sorted, result, regions)}
${said.length > 0 && html`<details class="words said"><summary>Warnings and node templates by cluster</summary>${said}</details>`}</section>`;
}

/** Each problem once, with its clusters. */
function problems(clusters: readonly ShownCluster[]): Html[] {
  const unfinished = clusters.filter(({ status }) => !ORDER.includes(status));
  const groups = Map.groupBy(unfinished, ({ status, problem }) => `${status}: ${problem ?? 'unknown'}`);
  return [...groups].flatMap(([problem, same]) => notices(shortList(same.map(nameOf)), [problem], 'bad'));
}

/** How many warnings stand above the table. */
const SHOWN_WARNINGS = 5;

/** The warnings that most clusters have, each once. */
function commonWarnings(clusters: readonly ShownCluster[]): Html[] {
  const all = clusters.flatMap((cluster) => cluster.warnings.map((warning) => ({ cluster, warning })));
  const groups = [...Map.groupBy(all, ({ warning }) => warning)].sort(([, a], [, b]) => b.length - a.length);
  const shown = groups.slice(0, SHOWN_WARNINGS).flatMap(([warning, same]) => {
    const [first] = same;
    const where = same.length === 1 && first ? nameOf(first.cluster) : `${same.length} clusters`;
    return notices(`Warning in ${where}`, [warning]);
  });
  const more = groups.length - SHOWN_WARNINGS;
  return more > 0 ? [...shown, ...notices('Warning', [`${more} more are listed below by cluster`])] : shown;
}

function glance(
  clusters: readonly ShownCluster[],
  result: ShownResult,
  regions: readonly ShownRegion[],
): Html {
  const names = {
    classes: [...new Set(clusters.flatMap(({ available }) => Object.keys(available)))],
    hasNodes: clusters.some(({ nodes }) => nodes !== null && nodes.spot > 0),
    hasFallback: clusters.some((cluster) => fallbackIn(cluster) > 0),
    // What is the same for all is no column.
    hasRegions: new Set(clusters.map(({ region }) => region)).size > 1,
    isLive: !result.dryRun,
    hasConfirmed: clusters.some(({ outcome }) => outcome.succeeded !== (outcome.verified ?? 0)),
    policy: result.policy,
  };
  const head = (name: string) => html`<th scope="col">${name}</th>`;
  const numberHead = (name: string) => html`<th scope="col" class="number">${name}</th>`;
  return html`<form class="filters" hidden><label class="search">Search <input type="search" name="text" placeholder="a name, a region, failed …" autocomplete="off"></label><output aria-live="polite"></output></form>
<div class="scroll" tabindex="0" role="region" aria-label="Clusters"><table class="glance sortable"><thead><tr>${['Cluster', ...(names.hasRegions ? ['Region'] : []), 'Status', 'Decided'].map(head)}${names.isLive && numberHead(names.hasConfirmed ? 'Written' : 'Written, confirmed')}${names.isLive && names.hasConfirmed && numberHead('Confirmed')}${names.hasNodes && numberHead('Spot nodes kept off')}${names.hasFallback && numberHead('Fallback nodes')}${head('Short of')}${numberHead('Warnings')}${names.classes.map((name) => numberHead(`Left: ${name}`))}</tr></thead><tbody>${clusters.map((cluster) => row(cluster, names, regions))}</tbody></table></div>`;
}

interface Names {
  readonly classes: readonly string[];
  readonly hasNodes: boolean;
  readonly hasFallback: boolean;
  readonly hasRegions: boolean;
  readonly isLive: boolean;
  readonly hasConfirmed: boolean;
  readonly policy: ShownResult['policy'];
}

function row(
  cluster: ShownCluster,
  { classes, hasNodes, hasFallback, hasRegions, isLive, hasConfirmed, policy }: Names,
  regions: readonly ShownRegion[],
): Html {
  const { status, problem, outcome, actions, nodes } = cluster;
  const isDone = status === 'completed';
  const number = (value: Html | string | number | undefined) => html`<td class="number">${value ?? '–'}</td>`;
  const decided = Object.entries(actions).flatMap(([action, types]) =>
    types > 0 ? [`${action} ${types}`] : [],
  );
  const undone = outcome.failed + outcome.deferred;
  const written = html`${outcome.succeeded}${undone > 0 && html`, <strong class="bad">${undone} not done</strong>`}`;
  // What the result says is planned; of an unfinished cluster, that is not what is.
  const region = regions.find(({ known }) => known.includes(cluster));
  const counted = region === undefined ? null : availableIn(cluster, region);
  const available = new Map(Object.entries(counted ?? (isDone ? cluster.available : {})));
  const kept = isDone && nodes !== null ? `${nodes.onBlacklisted} of ${nodes.spot}` : undefined;
  const short = region === undefined ? [] : shortIn(cluster, region, policy);
  const warnings = cluster.warnings.length || undefined;
  const left = (name: string) => {
    const types = available.get(name)?.types;
    const isLow = short.includes(`${name} types`);
    return number(isLow ? html`<strong class="bad">${types ?? 0}</strong>` : types);
  };
  return html`<tr><th scope="row">${link(cluster, regions)}</th>${hasRegions && html`<td class="place">${cluster.region ?? '–'}</td>`}<td class="${ORDER.includes(status) ? '' : 'bad'}">${status}${status === 'skipped' && problem && `: ${problem}`}</td><td class="decided">${decided.join(', ') || '–'}</td>${isLive && number(written)}${isLive && hasConfirmed && number(outcome.verified ?? undefined)}${hasNodes && number(kept)}${hasFallback && number(fallbackIn(cluster) || undefined)}<td class="${short.length > 0 && 'bad'}">${short.join(', ') || '–'}</td>${number(warnings)}${classes.map(left)}</tr>`;
}

/** The page's script chooses the cluster by the number of its option. */
function link(cluster: ShownCluster, regions: readonly ShownRegion[]): Html | string {
  const region = regions.findIndex(({ known }) => known.includes(cluster));
  const place = regions[region]?.known.indexOf(cluster);
  if (place === undefined) return nameOf(cluster);
  return html`<a href="#region-${region}" data-cluster="${place + 1}">${nameOf(cluster)}</a>`;
}

function details(cluster: ShownCluster, result: ShownResult): Html | null {
  const parts = [...notices('Warning', cluster.warnings), templateTable(cluster, result)].filter(
    (part) => part !== null,
  );
  return parts.length === 0 ? null : html`<div class="cluster"><h3>${nameOf(cluster)}</h3>${parts}</div>`;
}

/** The choice of a region's cluster, for the page's script. */
export function clusterChoice({ known }: ShownRegion): Html {
  const options = known.map(
    (cluster, index) => html`<option value="${index + 1}">${nameOf(cluster)}</option>`,
  );
  return html`<label>Cluster <select name="cluster"><option value="0">all ${known.length}</option>${options}</select></label>`;
}

/** What the tables below count, and what they do not. */
export function regionNotes({ known, omitted }: ShownRegion): Html {
  const one = known.length === 1;
  return html`<p class="lead">${one ? 'One cluster.' : `${known.length} clusters. Below, a type is available if it is in every one of them; where clusters differ, actions are counted over them.`}</p>
<noscript><p class="lead">Without scripts, this page shows all clusters together; the result has the decisions of each.</p></noscript>
${
  omitted.length > 0 &&
  notices('Left out', [
    `the decisions about ${omitted.length} more clusters, which did not fit into Lambda's answer; run a cluster by itself to see them`,
  ])
}`;
}
