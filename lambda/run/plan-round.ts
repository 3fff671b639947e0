import { QueueError } from '../domain/errors.ts';
import { UUID } from '../domain/id.ts';
import { shortList } from '../domain/short-list.ts';
import { gapOf } from './capacity.ts';
import type { SelectedCluster, UnplannedCluster } from './planned.ts';
import type { JobQueue, RoundJob } from './ports.ts';
import type { Preparation } from './prepare.ts';
import { inTurn, turnOf } from './turns.ts';
import { mostUrgentFirst, readNeeds } from './urgency.ts';

/** What the planner of a round has done. */
export interface PlannedRound {
  readonly status: 'planned';
  /** When the round was planned, ISO 8601: its jobs and its summary carry it. */
  readonly startedAt: string;
  readonly target: { readonly name: string; readonly region: string | null; readonly os: string };
  /** The number of clusters that have a job, and of those that cannot be managed. */
  readonly clusters: number;
  readonly skipped: number;
  /** The clusters that cannot have a job, and why, for the user. */
  readonly failed: readonly {
    readonly clusterId: string;
    readonly clusterName: string | null;
    readonly problem: string;
  }[];
}

/** @returns the clusters whose jobs can be queued, and those whose jobs would be refused */
export function divide(clusters: readonly SelectedCluster[]): {
  readonly queueable: readonly SelectedCluster[];
  readonly others: readonly UnplannedCluster[];
} {
  const problem =
    'its id is not a UUID, so no job can be queued for it. Work on it in a target of its own, without fan-out.';
  return {
    queueable: clusters.filter(({ id }) => UUID.test(id)),
    others: clusters
      .filter(({ id }) => !UUID.test(id))
      .map((cluster) => ({ cluster, plan: null, status: 'failed', problem, error: null })),
  };
}

/**
 * Puts one job for every cluster of the fleet that can have one into a queue, the most urgent first, and then one for the
 * summary, which reports the others as failed.
 *
 * @throws {QueueError} that names the clusters whose jobs the queue may not have taken
 * @throws {SpotBlacklistError} if CAST AI rejects the key
 */
export async function planRound(
  preparation: Preparation,
  url: string,
  queue: JobQueue,
): Promise<PlannedRound> {
  const { settings, ports, startedAt, selection, planner } = preparation;
  const { targetName, region, secretId } = settings;
  // Otherwise, types that the jobs leave alone would count as uncovered, and others would not count.
  if (settings.operation === 'apply' && settings.ownEvidence === 'decide')
    await planner.learn(selection.clusters);
  const { queueable, others } = divide(selection.clusters);
  const turn = turnOf(startedAt, gapOf(settings));
  const needs = await readNeeds(
    preparation,
    inTurn(queueable, ({ id }) => id, turn),
  );
  const clusters = mostUrgentFirst(needs, turn);
  const evidence = planner.known();
  const facts = { target: targetName, round: startedAt, feed: planner.feedDigest() };
  const round = { ...facts, ...(evidence && { evidence }) };
  const jobOf = (clusterId: string | null): RoundJob => ({ ...round, clusterId });
  const enqueue = (jobs: readonly RoundJob[]) => queue.enqueue({ url, secretId }, jobs, ports.deadline.reads);
  const { left, error } = await enqueue(clusters.map(({ id }) => jobOf(id)));
  if (error !== null) throw unplanned(clusters, left, error);
  // Only now: it is the last job of a round, and reports a round that is complete.
  const summary = await enqueue([jobOf(null)]);
  if (summary.error !== null) throw unplanned(clusters, summary.left, summary.error);
  return {
    status: 'planned',
    startedAt,
    target: { name: targetName, region, os: planner.os() ?? '' },
    clusters: clusters.length,
    skipped: selection.skipped.length,
    failed: others.map(({ cluster: { id, name }, problem }) => ({
      clusterId: id,
      clusterName: name,
      problem,
    })),
  };
}

function unplanned(
  clusters: readonly SelectedCluster[],
  left: readonly RoundJob[],
  error: QueueError,
): QueueError {
  const ids = new Set(left.map(({ clusterId }) => clusterId));
  const names = clusters.filter(({ id }) => ids.has(id)).map(({ id, name }) => name ?? id);
  if (names.length === clusters.length) return error;
  const missing =
    names.length === 0
      ? 'its summary'
      : `${names.length} of ${clusters.length} clusters (${shortList(names)}), and its summary`;
  return new QueueError('ROUND_INCOMPLETE', `The round has no jobs for ${missing}. ${error.message}`);
}
