import { type Blacklist, uncoveredIn } from '../domain/blacklist/blacklist.ts';
import { warningsAboutList } from '../domain/blacklist/list-warnings.ts';
import type { Execution, Outcome, Write } from '../domain/blacklist/write.ts';
import { type Decision, isCalmRelease, isPlacement, type Placement, shownTime } from '../domain/decision.ts';
import { HOUR, isoTime, MINUTE } from '../domain/words.ts';
import type { Settings } from '../settings/settings.ts';
import { gapOf, safePast } from './capacity.ts';
import { whyStopped } from './circuit-breaker.ts';
import { type Deadline, isStoppedByHand, whyWritesEnded } from './deadline.ts';
import type { PlannedCluster } from './planned.ts';

/** What the judgement depends on besides the list. */
interface Judging {
  readonly settings: Settings;
  readonly ports: { readonly deadline: Deadline };
}

/** @returns the outcome of a cluster's plan, judged by the list after writing */
export function executionOf(
  { plan, state }: PlannedCluster,
  writes: readonly Write[],
  { blacklist, problem }: Listing,
  { settings, ports: { deadline } }: Judging,
): Execution {
  const before = plan.blacklist;
  // Entries must last two intervals.
  const shortestCover = 2 * gapOf(settings);
  const covered = new Map<string, Decision>();
  const shortened: number[] = [];
  const judge = (write: Write): Outcome[] => {
    const { decision } = write;
    const { instanceType } = decision;
    const succeeded: Outcome = { instanceType, state: 'succeeded', problem: null };
    const effect = blacklist === null ? null : effectOf(decision, before, blacklist);
    if (effect === 'confirmed') return [succeeded];
    if (write.state === 'unsent' || write.state === 'unanswered') {
      const isPostponed =
        canWait(decision, before, state.now + safePast(settings)) && isOutOfTime(write, deadline);
      const problem = `${whyLeft(write, deadline)} before it was done`;
      return [{ instanceType, state: isPostponed ? 'postponed' : 'deferred', problem }];
    }
    if (blacklist === null) return [{ instanceType, state: 'failed', problem }];
    if (write.state === 'accepted' && isPlacement(decision)) {
      const until = blacklist.own.get(instanceType) ?? 0;
      const isEnough = until - state.now >= Math.min(shortestCover, (decision.expiresAt - state.now) / 2);
      if (effect === 'shortened' && Number.isFinite(until) && isEnough) {
        if (decision.expiresAt - until > HOUR) shortened.push(until);
        return [succeeded];
      }
      if (effect === 'foreign') {
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
  const asked = isoTime(decision.expiresAt);
  return `CAST AI accepted the request, but lists the entry until ${isoTime(listed)} instead of ${asked}`;
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

/** The list after writing, or the reason why it could not be read. */
export type Listing = { blacklist: Blacklist; problem: null } | { blacklist: null; problem: string };

/**
 * How a list shows a decision's effect: as requested; with an earlier expiry; as another owner's entry; or not at all,
 * because nothing has changed.
 */
export type Effect = 'confirmed' | 'shortened' | 'foreign' | 'unchanged';

/**
 * @param before the list that the decision was based on
 * @param after the list after writing
 */
export function effectOf(decision: Decision, before: Blacklist, after: Blacklist): Effect {
  if (isConfirmed(decision, after)) return 'confirmed';
  if (!isPlacement(decision)) return 'unchanged';
  const { instanceType } = decision;
  const until = after.own.get(instanceType);
  if (until !== undefined && until !== before.own.get(instanceType)) return 'shortened';
  return after.foreignKeys.has(instanceType) ? 'foreign' : 'unchanged';
}

/** @returns whether the list shows a decision's effect */
export function isConfirmed(decision: Decision, { own, blacklistedUntil }: Blacklist): boolean {
  if (!isPlacement(decision)) return !own.has(decision.instanceType);
  // An own entry without expiry is not what was requested: it would outlive this project.
  if (own.get(decision.instanceType) === Number.POSITIVE_INFINITY) return false;
  // An API may truncate an expiry to whole minutes.
  return blacklistedUntil(decision.instanceType) >= decision.expiresAt - MINUTE;
}
