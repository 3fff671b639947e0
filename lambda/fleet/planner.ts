import pLimit from 'p-limit';
import { ACTIONS } from '../domain/decision.ts';
import { toSafeError } from '../domain/errors.ts';
import { whyHiddenBy } from '../domain/own-evidence/hidden.ts';
import { shortList, UUID } from '../domain/words.ts';
import { decidingEvidence, osOf, planFor, withOwnEvidence } from '../run/basis.ts';
import { gapOf } from '../run/capacity.ts';
import type { SelectedCluster, UnplannedCluster } from '../run/planned.ts';
import type { Preparation } from '../run/prepare.ts';
import { compareRanks, inTurn, type Rank, turnOf } from '../run/sequence.ts';
import { QueueError } from './errors.ts';
import type { RoundJob } from './message.ts';
import type { JobQueue } from './queue.ts';

/** How urgent a cluster's job is, according to its list. */
export interface Need {
  /** How many risky types no entry keeps off Spot. */
  readonly uncovered: number;
  /** When the first of the other risky types can be bought again: milliseconds since 1970. */
  readonly endsAt: number;
}

/** Null if a cluster could not be read. */
export type Needs = ReadonlyMap<SelectedCluster, Need | null>;

/**
 * Reads the clusters' lists, and nothing else: what its templates allow, and organization-wide entries, make little
 * difference to the order of clusters.
 *
 * @throws {CastAiAuthError} if CAST AI rejects the key, because no job would work either
 */
export async function readNeeds(
  preparation: Preparation,
  clusters: readonly SelectedCluster[],
): Promise<Needs> {
  const limit = pLimit(preparation.settings.batchSize);
  const needs = await limit.map(clusters, async (cluster) => {
    return [cluster, await needOf(preparation, cluster)] as const;
  });
  return new Map(needs);
}

async function needOf(
  { settings, ports, castai, basis, known }: Preparation,
  cluster: SelectedCluster,
): Promise<Need | null> {
  const { targetName, formerTargetName } = settings;
  if (ports.deadline.plans.aborted) return null;
  try {
    const entries = await castai.listEntries(cluster.id, ports.deadline.plans);
    const names = { clusterId: cluster.id, targetName, formerTargetName };
    const facts = { templates: null, spotNodes: null, hidden: known?.hidden ?? null };
    const state = { ...names, ...facts, entries, now: ports.now() };
    const { decisions, blacklist } = planFor(basis, cluster, state, ports);
    const ends = decisions
      .filter(({ action }) => ACTIONS[action].isRisky && ACTIONS[action].keepsOff)
      .map(({ instanceType }) => blacklist.offUntil(instanceType));
    const covered = ends.filter((end) => end > 0);
    return { uncovered: ends.length - covered.length, endsAt: Math.min(...covered) };
  } catch (thrown) {
    const error = toSafeError(thrown);
    if (error.code === 'KEY_REJECTED') throw error;
    // Its job reports the error.
    return null;
  }
}

/**
 * Puts clusters into the order of their jobs: those that could not be read, which may have nothing covered; then those with
 * the most uncovered types; then those whose cover ends soonest. Ties take turns.
 */
export function mostUrgentFirst(needs: Needs, turn: number): SelectedCluster[] {
  return inTurn([...needs.keys()], ({ id }) => id, turn)
    .map((cluster) => {
      const { uncovered, endsAt } = needs.get(cluster) ?? { uncovered: Number.POSITIVE_INFINITY, endsAt: 0 };
      const rank: Rank = [-uncovered, endsAt];
      return { cluster, rank };
    })
    .sort((a, b) => compareRanks(a.rank, b.rank))
    .map(({ cluster }) => cluster);
}

/** @returns why own interruptions may be missing in the fleet, for all of its jobs; null if they are not */
async function readHidden(
  { settings, castai: { reads }, ports }: Preparation,
  clusters: readonly SelectedCluster[],
): Promise<string | null> {
  const limit = pLimit(settings.batchSize);
  const templates = await limit.map(clusters, async ({ id }) => {
    // Unreadable templates are unknown, and count as predicting interruptions.
    const list = await reads?.listTemplates(id, ports.deadline.plans).catch(() => null);
    return list?.templates ?? null;
  });
  return whyHiddenBy(templates);
}

/** The result of planning a round. */
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
  const { settings, ports, startedAt, selection } = preparation;
  const { targetName, region, secretId } = settings;
  // Without own evidence, types that the jobs leave alone would count as uncovered, and others would not count.
  const isDeciding = settings.operation === 'apply' && settings.ownEvidence === 'decide';
  const basis = isDeciding ? await withOwnEvidence(preparation.basis, preparation) : preparation.basis;
  const { queueable, others } = divide(selection.clusters);
  const turn = turnOf(startedAt, gapOf(settings));
  const known = decidingEvidence(basis);
  const evidence = known && { ...known, hidden: await readHidden(preparation, queueable) };
  const needs = await readNeeds(
    { ...preparation, basis, known: evidence },
    inTurn(queueable, ({ id }) => id, turn),
  );
  const clusters = mostUrgentFirst(needs, turn);
  const facts = { target: targetName, round: startedAt, feed: basis?.feed.digest ?? null };
  const round = { ...facts, ...(evidence && { evidence }) };
  const jobOf = (clusterId: string | null): RoundJob => ({ ...round, clusterId });
  const enqueue = (jobs: readonly RoundJob[]) => queue.enqueue({ url, secretId }, jobs, ports.deadline.reads);
  const { left, error } = await enqueue(clusters.map(({ id }) => jobOf(id)));
  if (error !== null) throw unplanned(clusters, left, error);
  // Sent last: the summary reports a complete round.
  const summary = await enqueue([jobOf(null)]);
  if (summary.error !== null) throw unplanned(clusters, summary.left, summary.error);
  return {
    status: 'planned',
    startedAt,
    target: { name: targetName, region, os: osOf(basis) ?? '' },
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
