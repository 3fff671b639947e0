import type { SpotBlacklistError } from '../domain/errors.ts';
import type { ClusterResult, DecisionResult, EvidenceFacts, RunResult } from './result.ts';

/** Lambda responses are limited to 6 MB. */
const MAX_RESULT_BYTES = 5_500_000;

/** CloudWatch Logs limits lines to 256 KB. This leaves room for the logger's fields and for escapes. */
const MAX_LINE_BYTES = 200_000;

/** The longest message, and the longest stack, of a logged error, in characters: both leave room for a result. */
const LONGEST_MESSAGE = 8_000;

/** The longest text, in characters; `SHORT` applies if not everything fits. */
const LONG = 1_000;
const SHORT = 200;

/** How many of a cluster's warnings, templates and sizes are kept if not everything fits. */
const KEPT_IF_FULL = 5;
/** How many of a cluster's templates are logged. */
const LOGGED_TEMPLATES = 50;

/** @returns the size of a value as JSON */
export const bytesOf = (value: unknown) => Buffer.byteLength(JSON.stringify(value));

/** @returns the result with as many clusters' decisions as fit into Lambda's response */
export function fitIntoResponse(result: RunResult): RunResult {
  const brief = result.clusters.map((cluster) => {
    const few = { ...fewTemplates(cluster, KEPT_IF_FULL), ...fewSizes(cluster, KEPT_IF_FULL) };
    const omitted = {
      unavailable: [],
      calmNodes: {},
      decisions: [],
      decisionsOmitted: cluster.decisions.length,
    };
    return { ...cluster, ...few, warnings: fewWarnings(cluster), ...omitted };
  });
  const facts = { ...result, warnings: shortWarnings(result) };
  const room = MAX_RESULT_BYTES - bytesOf({ ...facts, clusters: [] });
  return { ...facts, clusters: fillUp(result.clusters, brief, room) };
}

/**
 * @returns the result as one log line: the same facts, but each decision reduced to its type, grouped by action and band,
 *   and each failure to its cause. What does not fit is omitted step by step: first the types, then everything but the
 *   clusters' state, then clusters, starting with completed ones. The long part comes first, so that the log's tail,
 *   which is all that `aws lambda invoke --log-type Tail` returns, contains the counts.
 */
export function logLine({
  clusters,
  regions: _,
  machines: __,
  evidence,
  ...result
}: RunResult): Record<string, unknown> {
  const facts = { ...result, evidence: evidence && inShort(evidence), warnings: shortWarnings(result) };
  const room = MAX_LINE_BYTES - bytesOf(facts);
  const whole = clusters.map(withTypes);
  if (bytesOf(whole) <= room) return { clusters: whole, ...facts };
  const counted = clusters.map(withoutTypes);
  if (bytesOf(counted) <= room) return { clusters: fillUp(whole, counted, room), ...facts };
  const kept = unfinishedThatFit(clusters.map(stateOf), room);
  return { clusters: kept, clustersOmitted: clusters.length - kept.length, ...facts };
}

/** @returns the first clusters in full, as far as they fit, the others in their short form */
export function fillUp<Whole, Short>(
  whole: readonly Whole[],
  short: readonly Short[],
  room: number,
): (Whole | Short)[] {
  let left = room - bytesOf(short);
  return whole.flatMap((cluster, index) => {
    const brief = short[index];
    if (brief === undefined) return [];
    left -= bytesOf(cluster) - bytesOf(brief);
    return [left >= 0 ? cluster : brief];
  });
}

/** @returns the clusters that fit into a number of bytes, those with something left to do first */
export function unfinishedThatFit<T extends { readonly status: string }>(
  clusters: readonly T[],
  room: number,
): T[] {
  const isDone = ({ status }: T) => Number(status === 'completed' || status === 'skipped');
  let left = room;
  return clusters
    .toSorted((a, b) => isDone(a) - isDone(b))
    .filter((cluster) => {
      left -= bytesOf(cluster) + 1;
      return left >= 0;
    });
}

/** Without the types and days: the dry run shows them. */
function inShort({ regions: _, days: __, ...sums }: EvidenceFacts) {
  return sums;
}

function withTypes({ decisions, unavailable: _, ...cluster }: ClusterResult) {
  const problems = decisions.flatMap(({ instanceType, problem }) =>
    problem ? [{ instanceType, problem }] : [],
  );
  const templates = fewTemplates(cluster, LOGGED_TEMPLATES);
  return { types: typesByActionAndBand(decisions), problems, ...cluster, ...templates };
}

function withoutTypes({ decisions, unavailable: _, calmNodes: __, ...cluster }: ClusterResult) {
  return {
    typesOmitted: decisions.length,
    ...cluster,
    ...fewTemplates(cluster, KEPT_IF_FULL),
    ...fewSizes(cluster, 0),
    warnings: fewWarnings(cluster),
  };
}

function fewWarnings({ warnings }: Pick<ClusterResult, 'warnings'>): string[] {
  return warnings.slice(0, KEPT_IF_FULL).map((text) => cut(text, SHORT));
}

/** Templates below their floor matter most, then those with fallback nodes, then those for which types are spared. */
function fewTemplates({ templates }: Pick<ClusterResult, 'templates'>, most: number) {
  if (templates === null || templates.length <= most) return {};
  const stakeOf = ({ spared, available, floor, fallback }: (typeof templates)[number]) =>
    available < floor ? 3 : (fallback?.fallback ?? 0) > 0 ? 2 : Number(spared > 0);
  const ranked = templates.filter((one) => stakeOf(one) > 0).toSorted((a, b) => stakeOf(b) - stakeOf(a));
  const kept = ranked.slice(0, most);
  const short = kept.map(({ name, unjudged, families: _, ...counts }) => {
    return { name: cut(name, SHORT / 4), ...counts, unjudged: unjudged.slice(0, KEPT_IF_FULL) };
  });
  return { templates: short, templatesOmitted: templates.length - kept.length };
}

/** Sizes that are short matter more than those that a floor holds. */
function fewSizes({ sizes }: Pick<ClusterResult, 'sizes'>, most: number) {
  if (sizes.length <= most) return {};
  const shortFirst = sizes.toSorted((a, b) => a.available - a.floor - (b.available - b.floor));
  return { sizes: shortFirst.slice(0, most), sizesOmitted: sizes.length - most };
}

function stateOf({ clusterId, clusterName, status, problem, outcome }: ClusterResult) {
  return { clusterId, clusterName, status, problem: problem && cut(problem, SHORT), outcome };
}

function shortWarnings({ warnings }: Pick<RunResult, 'warnings'>): string[] {
  return warnings.slice(0, 50).map((text) => cut(text, LONG));
}

/** @returns the first characters of a text that is longer than that */
export function cut(text: string, longest: number): string {
  return text.length <= longest ? text : `${text.slice(0, longest - 1)}…`;
}

function typesByActionAndBand(
  decisions: readonly DecisionResult[],
): Record<string, Record<string, string[]>> {
  const byAction = Object.groupBy(decisions, ({ action }) => action);
  return Object.fromEntries(
    Object.entries(byAction).map(([action, ofAction]) => [
      action,
      Object.fromEntries(
        Object.entries(Object.groupBy(ofAction, ({ band }) => band ?? 'unknown')).map(([band, ofBand]) => [
          band,
          (ofBand ?? []).map(({ instanceType }) => instanceType),
        ]),
      ),
    ]),
  );
}

/** @returns an error for the log: the fields that its class defines, and no others */
export function logError({ name, code, message, stack = '' }: SpotBlacklistError): Record<string, unknown> {
  // The stack begins with the message.
  return { name, code, message: cut(message, LONGEST_MESSAGE), stack: cut(stack, LONGEST_MESSAGE) };
}
