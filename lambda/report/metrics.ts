import { Metrics } from '@aws-lambda-powertools/metrics';
import { ACTIONS } from '../domain/decision.ts';
import { HOUR } from '../domain/words.ts';
import { METRIC_NAMESPACE, METRICS, TARGET_DIMENSION } from './metric-names.ts';
import type { DecisionResult, RunPart, RunResult } from './result.ts';

type Measured = Partial<Record<keyof typeof METRICS, number>>;

/**
 * Emits a run's metrics as one log line in CloudWatch's embedded metric format: needs no request and no permission. With
 * fan-out, each part emits the metrics that it knows.
 *
 * @param now milliseconds since 1970
 */
export function emitMetrics(result: RunResult, now: number, part: RunPart = 'run'): void {
  const measured = Object.entries(measure(result, now)).filter(
    ([key]) => part === 'run' || OF_CLUSTERS.has(key) === (part === 'cluster'),
  );
  emit(result.target.name, Object.fromEntries(measured));
}

/** Emits the metrics of a cluster whose job ended without a result. */
export function emitFailedCluster(targetName: string): void {
  emit(targetName, { failed: 1 });
}

/** Metrics of writes, which add up over the clusters. The others need the whole fleet, so only the summary emits them. */
const OF_CLUSTERS: ReadonlySet<string> = new Set<keyof typeof METRICS>([
  'added',
  'renewed',
  'removed',
  'failed',
]);

function emit(targetName: string, measured: Measured): void {
  const metrics = new Metrics({ namespace: METRIC_NAMESPACE });
  // Powertools would add the service as a second dimension.
  metrics.clearDefaultDimensions();
  metrics.addDimension(TARGET_DIMENSION, targetName);
  for (const [key, value] of Object.entries(measured)) {
    const { name, unit } = METRICS[key as keyof typeof METRICS];
    metrics.addMetric(name, unit, value);
  }
  metrics.publishStoredMetrics();
}

/** The metrics of a run, by their keys in `metric-names.ts`, which defines them. */
function measure({ operation, dryRun, status, feed, evidence, clusters }: RunResult, now: number): Measured {
  const decisions = clusters.flatMap((cluster) => cluster.decisions);
  const count = (counts: (decision: DecisionResult) => boolean) => decisions.filter(counts).length;
  const succeeded = (...actions: string[]) =>
    count(({ action, outcome }) => actions.includes(action) && outcome === 'succeeded');
  // A cluster that failed or was deferred before its first write counts as one.
  const unfinished = (state: 'failed' | 'deferred') =>
    sumOf(
      clusters.map(
        ({ status, outcome }) => outcome[state] || Number(status === state && outcome.verified === null),
      ),
    );
  const sum = (of: 'postponed' | 'uncovered') => sumOf(clusters.map(({ outcome }) => outcome[of] ?? 0));
  const wasRead = clusters.every(
    ({ status, decisions }) => status === 'completed' || status === 'skipped' || decisions.length > 0,
  );
  const planned = clusters.filter((cluster) => cluster.status !== 'skipped');
  // A cluster that could not be judged has no error either, but completes nothing.
  const isConfirmed = planned.every(({ isUnjudged }) => !isUnjudged);
  const nodes = planned.flatMap((cluster) => cluster.nodes ?? []);
  const areNodesKnown = nodes.length > 0 && nodes.length === planned.length;
  const fallback = planned.flatMap(
    ({ templates }) => templates?.map((template) => template.fallback) ?? null,
  );
  const isFallbackKnown = planned.length > 0 && !fallback.includes(null);
  return {
    ...(wasRead && { blacklistedTypes: count(isLive) }),
    removed: succeeded('release', 'remove'),
    failed: unfinished('failed'),
    deferred: unfinished('deferred'),
    ...(operation === 'apply' && {
      ...(!dryRun && { runCompleted: Number(status === 'completed' && isConfirmed) }),
      ...(clusters.some(({ outcome }) => outcome.uncovered !== null) && { uncovered: sum('uncovered') }),
      postponed: sum('postponed'),
      riskyTypes: count(({ action }) => ACTIONS[action].isRisky),
      added: succeeded('add'),
      renewed: succeeded('renew'),
      spared: count(({ action }) => action === 'spare'),
      ...(areNodesKnown && {
        spotNodes: sumOf(nodes.map(({ spot }) => spot)),
        spotNodesOnBlacklisted: sumOf(nodes.map(({ onBlacklisted }) => onBlacklisted)),
      }),
      ...(isFallbackKnown && { fallbackNodes: sumOf(fallback.map((nodes) => nodes?.fallback ?? 0)) }),
      ...(wasRead && { unheldGuardRails: sumOf(clusters.map(({ shortfalls }) => shortfalls)) }),
      ...(evidence?.riskyAgainstOthers && { riskyAgainstOthers: evidence.riskyAgainstOthers.ratio }),
      ...(feed?.lastModified && { feedAgeHours: (now - Date.parse(feed.lastModified)) / HOUR }),
    }),
  };
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

/** Whether an own entry is live when the run ends. */
function isLive({ action, outcome }: DecisionResult): boolean {
  if (action === 'add') return outcome === 'succeeded';
  if (ACTIONS[action].write === 'remove') return outcome !== 'succeeded';
  // A failed renewal leaves the existing entry.
  return ACTIONS[action].isWanted || action === 'lapse';
}
