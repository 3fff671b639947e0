import { readBlacklist } from '../domain/blacklist.ts';
import { type Decision, isCalmRelease, isPlacement, isWrite } from '../domain/decision.ts';
import { drawFrom } from '../domain/draw.ts';
import { isByEvidence } from '../domain/evidence.ts';
import { edgesOf } from '../domain/spot-type.ts';
import type { Job, PlannedCluster } from './planned.ts';
import { compareRanks, type Rank } from './rank.ts';

const REMOVED = 0;
const UNCOVERED = 1;
const COVERED = 2;
const RELEASED = 3;

/**
 * Puts the writes of all plans into one order, the most urgent first: removals that were asked for or that a floor needs,
 * the least risky type first; then uncovered types, riskiest first; then entries that expire soonest; then calm releases. A
 * cluster's place in a list gives it no priority: among writes of equal urgency, each cluster has its first write before any
 * has its second.
 *
 * @param planned in any order, which makes no difference
 */
export function inSequence(planned: readonly PlannedCluster[]): Job[] {
  return planned
    .flatMap(ranked)
    .sort((a, b) => compareRanks(a.rank, b.rank))
    .map(({ job }) => job);
}

function ranked(planned: PlannedCluster): { job: Job; rank: Rank }[] {
  const { state, plan, cluster } = planned;
  const blacklist = readBlacklist(state.entries, state.clusterId, state, state.now);
  const urgencyOf = (decision: Decision): Rank => {
    if (isCalmRelease(decision)) return [RELEASED, 0];
    if (!isPlacement(decision)) return [REMOVED, riskOf(decision)];
    const until = blacklist.offUntil(decision.instanceType);
    return until > 0 ? [COVERED, until] : [UNCOVERED, -riskOf(decision)];
  };
  /** The number of earlier writes of the cluster, by urgency. */
  const before = new Map<string, number>();
  return plan.decisions.filter(isWrite).map((decision) => {
    const urgency = urgencyOf(decision);
    const count = before.get(urgency.join()) ?? 0;
    before.set(urgency.join(), count + 1);
    const draw = drawFrom(`${cluster.id} ${decision.instanceType}`);
    return { job: { planned, decision }, rank: [...urgency, count, draw] };
  });
}

/** In percent: by own evidence if that is the reason, otherwise by the band; 0 if the band is unknown. */
function riskOf({ band, reason, own }: Decision): number {
  if (own !== undefined && isByEvidence(reason)) return own.monthlyRate;
  return band === null ? 0 : (edgesOf(band)?.lower ?? 0);
}
