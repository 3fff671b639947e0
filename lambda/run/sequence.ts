import { readBlacklist } from '../domain/blacklist.ts';
import { isPlacement, isWrite } from '../domain/decision.ts';
import { drawFrom } from '../domain/draw.ts';
import { isByEvidence } from '../domain/evidence.ts';
import { edgesOf } from '../domain/spot-type.ts';
import type { Job, PlannedCluster } from './planned.ts';
import { compareRanks, type Rank } from './rank.ts';

const UNCOVERED = 0;
const COVERED = 1;
const REMOVED = 2;

/**
 * Puts the writes of all plans into one order, the most urgent first: uncovered types, riskiest first; then entries
 * that expire soonest; then removals, which are never urgent. A cluster's place in a list gives it no priority: among
 * writes of equal urgency, each cluster has its first write before any has its second.
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
  /** The number of earlier writes of the cluster, by urgency. */
  const before = new Map<number, number>();
  const next = (urgency: number) => {
    const count = before.get(urgency) ?? 0;
    before.set(urgency, count + 1);
    return count;
  };
  return plan.decisions.filter(isWrite).map((decision) => {
    const { instanceType, band, reason, own } = decision;
    const job = { planned, decision };
    const draw = drawFrom(`${cluster.id} ${instanceType}`);
    if (!isPlacement(decision)) return { job, rank: [REMOVED, next(-1), draw] };
    const until = blacklist.offUntil(instanceType);
    if (until > 0) return { job, rank: [COVERED, until, draw] };
    const ofBand = band === null ? 0 : (edgesOf(band)?.lower ?? 0);
    const risk = own !== undefined && isByEvidence(reason) ? own.monthlyRate : ofBand;
    return { job, rank: [UNCOVERED, -risk, next(risk), draw] };
  });
}
