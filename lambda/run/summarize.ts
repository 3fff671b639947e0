import { readBlacklist } from '../domain/blacklist.ts';
import { halfOf, isDueAt } from '../domain/decide.ts';
import { type Decision, isPlacement, isWrite } from '../domain/decision.ts';
import type { Execution, Outcome } from '../domain/write.ts';
import type { ApplySettings } from '../settings/settings.ts';
import { safePast } from './capacity.ts';
import { isToBeOff } from './execution.ts';
import type { PlannedCluster } from './planned.ts';

/** When a round was planned, and when the feed that its summary reads was published: milliseconds since 1970. */
export interface RoundTimes {
  readonly round: number;
  /** Null if unknown. */
  readonly published: number | null;
}

/**
 * Judges by a cluster's list what a round has left undone. Nothing else is known of its jobs, and nothing else matters:
 * what they failed to write is still to be written.
 *
 * @returns the same as if the round had been one run whose time ran out
 */
export function summarize(
  { plan, state, cluster }: PlannedCluster,
  settings: ApplySettings,
  { round, published }: RoundTimes,
): Execution {
  const { policy } = settings;
  const blacklist = readBlacklist(state.entries, state.clusterId, state, state.now);
  const untilSafe = state.now + safePast(settings);
  /** Whether the round should have written it: not what has become due since. */
  const wasDue = ({ instanceType }: Decision): boolean => {
    const own = blacklist.own.get(instanceType);
    return own === undefined
      ? blacklist.coveredUntil(instanceType) - round < halfOf(policy)
      : isDueAt(round, cluster.id, instanceType, own, policy);
  };
  const isNews = published !== null && published > round;
  const judge = (decision: Decision): Outcome[] => {
    if (!isWrite(decision)) return [];
    const { instanceType } = decision;
    const canWait = !isPlacement(decision) || isNews || blacklist.offUntil(instanceType) >= untilSafe;
    if (canWait && isPlacement(decision) && !isNews && !wasDue(decision)) return [];
    const problem = isNews ? 'the feed has changed since the round began' : 'the round has not done it';
    return [{ instanceType, state: canWait ? 'postponed' : 'deferred', problem }];
  };
  return {
    decisions: plan.decisions,
    outcomes: plan.decisions.flatMap(judge),
    // The list was read, which is what this says to those who count.
    verified: 0,
    uncovered: plan.decisions.filter(
      (decision) => isToBeOff(decision) && blacklist.offUntil(decision.instanceType) === 0,
    ).length,
    longestHours: null,
    warnings: [],
  };
}
