import { ACTIONS } from '../domain/decision.ts';
import type { SpotBlacklistError } from '../domain/errors.ts';
import { countActions } from './cluster-result.ts';
import { bytesOf, cut, fillUp, unfinishedThatFit } from './fit.ts';
import { EVENT_SOURCE } from './metric-names.ts';
import type { ClusterResult, RunPart, RunResult } from './result.ts';

/** An event for EventBridge. */
export interface RunEvent {
  readonly source: typeof EVENT_SOURCE;
  readonly detailType: `${'Run' | 'Cluster'} ${'Completed' | 'Failed'}`;
  readonly detail: EventDetail;
}

/** What is known about every run, even one that ended without a result. */
export interface RunFacts {
  readonly operation: RunResult['operation'] | null;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly target: {
    readonly name: string | null;
    readonly region: string | null;
    readonly os: string | null;
  };
}

/** The event's `detail`: docs/reference.md says what each means. */
interface EventDetail extends RunFacts {
  readonly status: RunResult['status'];
  /** Only if the run failed or changed something: rules filter by it. */
  readonly summary?: string;
  readonly actions: ClusterResult['actions'];
  readonly outcome: Omit<ClusterResult['outcome'], 'verified' | 'uncovered'>;
  /** How many. */
  readonly warnings: number;
  readonly error: { readonly name: string; readonly code: string; readonly message: string } | null;
  readonly clusters: readonly ClusterChanges[];
  readonly clustersOmitted: number;
}

interface ClusterChanges extends Pick<ClusterResult, 'clusterId' | 'clusterName' | 'region' | 'status'> {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly spared: readonly string[];
  /** The number of types omitted from the three lists. */
  readonly typesOmitted: number;
}

/** EventBridge's limit is 256 KB. Targets of rules often have the same limit, envelope and escapes included. */
const MAX_ENTRY_BYTES = 200_000;

/** How much of an error's message is sent, in characters. */
const LONGEST_MESSAGE = 1_000;

/** How a run ended. */
interface Ended {
  /** Null if it ended without one. */
  readonly result: RunResult | null;
  readonly error: SpotBlacklistError | null;
}

/**
 * @returns whether a run is worth an event. That of a single cluster is only if it failed or changed more than expiries: a
 *   large fleet has hundreds of them an hour
 */
export function isWorthAnEvent({ part, result, error }: Ended & { readonly part: RunPart }): boolean {
  return part !== 'cluster' || summaryOf(result?.clusters.map(changesOf) ?? [], error) !== undefined;
}

/**
 * @param part decides the detail type
 * @returns the event of a run: what changed, within EventBridge's size limit. What does not fit is omitted step by
 *   step: the types of clusters, then clusters, the completed ones first
 */
export function runEvent({ result, error }: Ended, facts: RunFacts, part: RunPart = 'run'): RunEvent {
  const clusters = result?.clusters ?? [];
  const summary = summaryOf(clusters.map(changesOf), error);
  const sum = (count: (cluster: ClusterResult) => number) =>
    clusters.reduce((total, cluster) => total + count(cluster), 0);
  const detail: Omit<EventDetail, 'clusters' | 'clustersOmitted'> = {
    target: result?.target ?? facts.target,
    operation: facts.operation,
    status: error === null ? 'completed' : 'failed',
    ...(summary !== undefined && { summary }),
    startedAt: result?.startedAt ?? facts.startedAt,
    actions: countActions(clusters.flatMap(({ decisions }) => decisions)),
    outcome: {
      succeeded: sum(({ outcome }) => outcome.succeeded),
      failed: sum(({ outcome }) => outcome.failed),
      deferred: sum(({ outcome }) => outcome.deferred),
      postponed: sum(({ outcome }) => outcome.postponed),
    },
    warnings: (result?.warnings.length ?? 0) + sum(({ warnings }) => warnings.length),
    error: error && { name: error.name, code: error.code, message: cut(error.message, LONGEST_MESSAGE) },
  };
  const event = {
    source: EVENT_SOURCE,
    detailType: `${part === 'cluster' ? 'Cluster' : 'Run'} ${error === null ? 'Completed' : 'Failed'}`,
  } as const;
  const empty = { ...detail, clusters: [], clustersOmitted: clusters.length };
  const room = MAX_ENTRY_BYTES - bytesOf({ ...event, detail: empty });
  return { ...event, detail: { ...detail, ...changesThatFit(clusters, room) } };
}

function changesThatFit(
  clusters: readonly ClusterResult[],
  room: number,
): Pick<EventDetail, 'clusters' | 'clustersOmitted'> {
  const whole = clusters.map(changesOf);
  const brief = whole.map(withoutTypes);
  if (bytesOf(brief) <= room) return { clusters: fillUp(whole, brief, room), clustersOmitted: 0 };
  const kept = unfinishedThatFit(brief, room);
  return { clusters: kept, clustersOmitted: clusters.length - kept.length };
}

function changesOf({ clusterId, clusterName, region, status, decisions }: ClusterResult): ClusterChanges {
  const typesOf = (chosen: readonly ClusterResult['decisions'][number][]) =>
    chosen.map(({ instanceType }) => instanceType);
  const done = decisions.filter(({ outcome }) => outcome === 'succeeded');
  return {
    ...{ clusterId, clusterName, region, status },
    added: typesOf(done.filter(({ action }) => action === 'add')),
    removed: typesOf(done.filter(({ action }) => ACTIONS[action].write === 'remove')),
    spared: typesOf(decisions.filter(({ action }) => action === 'spare')),
    typesOmitted: 0,
  };
}

function withoutTypes({ added, removed, spared, ...cluster }: ClusterChanges): ClusterChanges {
  const typesOmitted = added.length + removed.length + spared.length;
  return { ...cluster, added: [], removed: [], spared: [], typesOmitted };
}

/** How many types a summary names. */
const NAMED = 10;

/**
 * A run's summary for people. It has no characters that JSON escapes, because EventBridge's input transformer inserts it
 * into a message unchanged.
 *
 * @param clusters the types that were added to and removed from each one's blacklist
 * @returns undefined if there is nothing to say: nothing failed, and nothing was changed but expiries
 */
function summaryOf(
  clusters: readonly { readonly added: readonly string[]; readonly removed: readonly string[] }[],
  error: SpotBlacklistError | null,
): string | undefined {
  const typesOf = (list: 'added' | 'removed') => clusters.flatMap((cluster) => cluster[list]);
  const sentences = [
    ...(error === null ? [] : [`It failed: ${error.name} (${error.code}).`]),
    ...named('Newly kept off Spot', typesOf('added')),
    ...named('Released', typesOf('removed')),
  ];
  return sentences.length === 0 ? undefined : sentences.join(' ');
}

function named(what: string, types: readonly string[]): string[] {
  const all = [...new Set(types)].sort();
  if (all.length === 0) return [];
  const more = all.length > NAMED ? ` and ${all.length - NAMED} more` : '';
  return [`${what}: ${all.slice(0, NAMED).join(', ')}${more}.`];
}
