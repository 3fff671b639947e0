import { type Decision, isCalmRelease, isPlacement, isWrite } from '../domain/decision.ts';
import { edgesOf, riskByRatio } from '../domain/instance-types/spot-type.ts';
import { hashOf, SECOND } from '../domain/words.ts';
import type { PendingWrite, PlannedCluster } from './planned.ts';

/** The golden ratio's inverse: its multiples, without their whole parts, are spread the most evenly. */
const GOLDEN = 0.6180339887498949;

/**
 * @param startedAt when the run started, ISO 8601
 * @param gap the longest time between two runs, in milliseconds
 * @returns a run's number, for `inTurn`: one more in each interval, and another one if Lambda repeats the run
 */
export function turnOf(startedAt: string, gap: number): number {
  const start = Date.parse(startedAt);
  return Math.floor(start / gap) + Math.floor((start % gap) / SECOND);
}

/**
 * Orders clusters differently in every turn, because time may run out before the last one. The input order makes no
 * difference. If a turn reaches only one in n clusters, none waits much longer than 3 n turns.
 */
export function inTurn<T>(clusters: readonly T[], idOf: (cluster: T) => string, turn: number): T[] {
  const hashed = clusters.toSorted((a, b) => hashOf(idOf(a)) - hashOf(idOf(b)));
  const first = Math.ceil((1 - ((turn * GOLDEN) % 1)) * hashed.length);
  return [...hashed.slice(first), ...hashed.slice(0, first)];
}

/** Compared number by number; the lowest comes first. */
export type Rank = readonly number[];

/** For sorting. */
export function compareRanks(a: Rank, b: Rank): number {
  const index = a.findIndex((value, place) => value !== b[place]);
  return index === -1 || a[index] === undefined ? 0 : a[index] < (b[index] ?? 0) ? -1 : 1;
}

const REMOVED = 0;
const UNCOVERED = 1;
const COVERED = 2;
const RELEASED = 3;

/**
 * Orders the writes of all plans, the most urgent first: removals that were asked for or that a floor needs, the least
 * risky type first; then uncovered types, riskiest first; then entries that expire soonest; then calm releases. A cluster's
 * place in a list gives it no priority: among writes of equal urgency, each cluster has its first write before any has its
 * second.
 *
 * @param planned in any order, which makes no difference
 */
export function inSequence(planned: readonly PlannedCluster[]): PendingWrite[] {
  return planned
    .flatMap(ranked)
    .sort((a, b) => compareRanks(a.rank, b.rank))
    .map(({ pending }) => pending);
}

function ranked(planned: PlannedCluster): { pending: PendingWrite; rank: Rank }[] {
  const { plan, cluster } = planned;
  const urgencyOf = (decision: Decision): Rank => {
    if (isCalmRelease(decision)) return [RELEASED, 0];
    if (!isPlacement(decision)) return [REMOVED, riskOf(decision)];
    const until = plan.blacklist.offUntil(decision.instanceType);
    return until > 0 ? [COVERED, until] : [UNCOVERED, -riskOf(decision)];
  };
  /** The number of earlier writes of the cluster, by urgency. */
  const before = new Map<string, number>();
  return plan.decisions.filter(isWrite).map((decision) => {
    const urgency = urgencyOf(decision);
    const count = before.get(urgency.join()) ?? 0;
    before.set(urgency.join(), count + 1);
    const tieBreaker = hashOf(`${cluster.id} ${decision.instanceType}`);
    return { pending: { planned, decision }, rank: [...urgency, count, tieBreaker] };
  });
}

/** By own evidence if that is the cause, otherwise by the band, in percent; 0 if the band is unknown. */
function riskOf({ band, cause, own }: Decision): number {
  if (own !== undefined && cause === 'own evidence') return riskByRatio(own.ratio);
  return band === null ? 0 : (edgesOf(band)?.lower ?? 0);
}
