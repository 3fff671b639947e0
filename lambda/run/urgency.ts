import pLimit from 'p-limit';
import { ACTIONS } from '../domain/action.ts';
import { readBlacklist } from '../domain/blacklist.ts';
import { toSafeError } from '../domain/errors.ts';
import type { SelectedCluster } from './planned.ts';
import type { Preparation } from './prepare.ts';
import { compareRanks, type Rank } from './rank.ts';
import { inTurn } from './turns.ts';

/** How much a cluster needs its turn, as far as its list tells. */
export interface Need {
  /** How many risky types nothing keeps off Spot. */
  readonly uncovered: number;
  /** When the first of the others can be bought again: milliseconds since 1970. */
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
  { settings, ports, castai, planner }: Preparation,
  cluster: SelectedCluster,
): Promise<Need | null> {
  const { targetName, formerTargetName } = settings;
  if (ports.deadline.plans.aborted) return null;
  try {
    const entries = await castai.listEntries(cluster.id, ports.deadline.plans);
    const names = { clusterId: cluster.id, targetName, formerTargetName };
    const state = { ...names, entries, templates: null, spotNodes: null, now: ports.now() };
    const blacklist = readBlacklist(entries, cluster.id, state, state.now);
    const ends = planner
      .plan(cluster, state)
      .decisions.filter(({ action }) => ACTIONS[action].isRisky && ACTIONS[action].keepsOff)
      .map(({ instanceType }) => blacklist.offUntil(instanceType));
    const covered = ends.filter((end) => end > 0);
    return { uncovered: ends.length - covered.length, endsAt: Math.min(...covered) };
  } catch (thrown) {
    const error = toSafeError(thrown);
    if (error.code === 'KEY_REJECTED') throw error;
    // Its job says what is wrong with it.
    return null;
  }
}

/**
 * Puts clusters into the order of their jobs: those that could not be read, which may have nothing covered; then those with
 * the most uncovered types; then those whose cover ends soonest. Equals take turns.
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
