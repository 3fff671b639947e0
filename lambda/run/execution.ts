import { type Blacklist, uncoveredIn } from '../domain/blacklist/blacklist.ts';
import { warningsAboutList } from '../domain/blacklist/list-warnings.ts';
import type { Execution, Outcome, Write } from '../domain/blacklist/write.ts';
import { type Decision, isCalmRelease, isPlacement, type Placement, shownTime } from '../domain/decision.ts';
import { gapOf } from './capacity.ts';
import { whyStopped } from './circuit-breaker.ts';
import { type Deadline, isStoppedByHand, whyWritesEnded } from './deadline.ts';
import type { PlannedCluster } from './planned.ts';
import { type Listing, standingOf } from './standing.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/**
 * @param scheduleGapMinutes the longest time between two runs, or null if it is unknown
 * @param safePast how long (milliseconds) a type must stay covered for its renewal to be left to the next run
 * @returns the outcome of a cluster's plan, judged by the list after writing
 */
export function executionOf(
  { plan, state }: PlannedCluster,
  writes: readonly Write[],
  before: Blacklist,
  { blacklist, problem }: Listing,
  deadline: Deadline,
  scheduleGapMinutes: number | null,
  safePast: number,
): Execution {
  // Entries must last two intervals.
  const shortestCover = 2 * gapOf({ scheduleGapMinutes });
  const covered = new Map<string, Decision>();
  const shortened: number[] = [];
  const judge = (write: Write): Outcome[] => {
    const { decision } = write;
    const { instanceType } = decision;
    const succeeded: Outcome = { instanceType, state: 'succeeded', problem: null };
    const standing = blacklist === null ? null : standingOf(decision, before, blacklist);
    if (standing === 'confirmed') return [succeeded];
    if (write.state === 'unsent' || write.state === 'unanswered') {
      const isPostponed = canWait(decision, before, state.now + safePast) && isOutOfTime(write, deadline);
      const problem = `${whyLeft(write, deadline)} before it was done`;
      return [{ instanceType, state: isPostponed ? 'postponed' : 'deferred', problem }];
    }
    if (blacklist === null) return [{ instanceType, state: 'failed', problem }];
    if (write.state === 'accepted' && isPlacement(decision)) {
      const until = blacklist.own.get(instanceType) ?? 0;
      const isEnough = until - state.now >= Math.min(shortestCover, (decision.expiresAt - state.now) / 2);
      if (standing === 'shortened' && Number.isFinite(until) && isEnough) {
        if (decision.expiresAt - until > HOUR) shortened.push(until);
        return [succeeded];
      }
      if (standing === 'foreign') {
        covered.set(instanceType, coveredInstead(decision, blacklist));
        return [];
      }
    }
    return [
      { instanceType, state: 'failed', problem: write.error?.message ?? notTakenOver(decision, blacklist) },
    ];
  };
  const outcomes = writes.flatMap(judge);
  // A cluster's list may lack other owners' organization-wide entries.
  const isOff = (type: string) => (blacklist ?? before).offUntil(type) > 0 || before.coveredUntil(type) > 0;
  return {
    decisions: plan.decisions.map((decision) => covered.get(decision.instanceType) ?? decision),
    outcomes,
    uncovered: uncoveredIn(plan.decisions, isOff),
    verified: outcomes.filter((outcome) => outcome.state === 'succeeded').length,
    longestHours:
      shortened.length === 0 ? null : Math.round((Math.min(...shortened) - state.now) / (HOUR / 10)) / 10,
    warnings: blacklist === null ? [] : warningsAboutList(blacklist),
  };
}

/**
 * @param safe the time (milliseconds since 1970) up to which a type must be covered for its renewal to wait
 * @returns whether a write can be left to the next run
 */
export function canWait(decision: Decision, { offUntil }: Blacklist, safe: number): boolean {
  return isPlacement(decision) ? offUntil(decision.instanceType) >= safe : isCalmRelease(decision);
}

/** Whether a write was left undone because time ran out, not because the run was stopped. */
function isOutOfTime({ state, error }: Write, deadline: Deadline): boolean {
  return state === 'unsent' && error === null && !isStoppedByHand(deadline);
}

function whyLeft({ state, error }: Write, deadline: Deadline): string {
  return state === 'unsent' && error !== null ? whyStopped(error) : whyWritesEnded(deadline);
}

function notTakenOver(decision: Decision, { blacklistedUntil }: Blacklist): string {
  const listed = shownTime(blacklistedUntil(decision.instanceType));
  if (!isPlacement(decision) || listed === null) {
    return 'CAST AI accepted the request, but its list does not show the change';
  }
  const asked = new Date(decision.expiresAt).toISOString();
  return `CAST AI accepted the request, but lists the entry until ${new Date(listed).toISOString()} instead of ${asked}`;
}

/** CAST AI kept another owner's entry instead of adding a second one for the key. It must not be removed. */
function coveredInstead(decision: Placement, { coveredUntil }: Blacklist): Decision {
  return {
    ...decision,
    action: 'covered',
    reason: `${decision.reason}; another owner already blacklists it, and CAST AI added no second entry`,
    expiresAt: shownTime(coveredUntil(decision.instanceType)),
  };
}
