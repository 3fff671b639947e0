import { uncoveredIn } from '../domain/blacklist/blacklist.ts';
import type { Execution, Outcome } from '../domain/blacklist/write.ts';
import { type Decision, isCalmRelease, isPlacement, isWrite } from '../domain/decision.ts';
import { halfOf, isDueAt } from '../domain/renewal.ts';
import { safePast } from '../run/capacity.ts';
import { canWait } from '../run/execution.ts';
import type { PlannedCluster } from '../run/planned.ts';
import type { ApplySettings } from '../settings/settings.ts';

/** The round that a summary reports. */
export interface Round {
  /** When it was planned: milliseconds since 1970. */
  readonly start: number;
  /** What makes this plan differ from that of the cluster's job, as the beginning of a sentence; null if nothing does. */
  readonly doubt: string | null;
  /** Whether the job may have left types for later runs to add, because of fallback nodes at that time. */
  readonly mayDelay: boolean;
}

/**
 * Determines from a cluster's list what a round has left undone. Nothing else is known about its jobs, and nothing else
 * matters: whatever they failed to write is still to be written.
 *
 * @returns the same as if the round had been one run whose time ran out; or that it cannot be judged, if something seems
 *   undone, but the job may have known better
 */
export function summarize(
  { plan, state, cluster }: PlannedCluster,
  settings: ApplySettings,
  { start, doubt, mayDelay }: Round,
): Execution {
  const { policy } = settings;
  const { blacklist } = plan;
  /** Whether the round should have written it, because it was due by then. */
  const wasDue = ({ instanceType }: Decision): boolean => {
    const own = blacklist.own.get(instanceType);
    return own === undefined
      ? blacklist.coveredUntil(instanceType) - start < halfOf(policy)
      : isDueAt(start, cluster.id, instanceType, own, policy);
  };
  const isWaiting = (decision: Decision) => canWait(decision, blacklist, state.now + safePast(settings));
  const undone = plan.decisions.filter(
    (decision) => isWrite(decision) && (!isPlacement(decision) || !isWaiting(decision) || wasDue(decision)),
  );
  const facts = {
    decisions: plan.decisions,
    outcomes: [],
    // Not null, because the list was read.
    verified: 0,
    uncovered: uncoveredIn(plan.decisions, (type) => blacklist.offUntil(type) > 0),
    longestHours: null,
    warnings: [],
  };
  const isOpen = (decision: Decision) => !isCalmRelease(decision);
  const isOnlyDelayed = undone.filter(isOpen).every(({ action }) => action === 'add') && mayDelay;
  const reason = doubt ?? (isOnlyDelayed ? 'Its job may have seen fallback nodes that are gone' : null);
  if (reason !== null && undone.some(isOpen)) {
    const unjudged = `${reason}, so the cluster could not be judged: up to ${undone.length} writes may be left undone. The next round does them.`;
    return { ...facts, warnings: [unjudged], isUnjudged: true };
  }
  const outcomes = undone.map((decision): Outcome => {
    const outcome = isWaiting(decision) ? 'postponed' : 'deferred';
    return { instanceType: decision.instanceType, state: outcome, problem: 'the round has not done it' };
  });
  return { ...facts, outcomes };
}
