import type { Blacklist } from '../domain/blacklist/blacklist.ts';
import { type Decision, isPlacement } from '../domain/decision.ts';

/** The list after writing, or the reason why it could not be read. */
export type Listing = { blacklist: Blacklist; problem: null } | { blacklist: null; problem: string };

/** An API may truncate an expiry to whole minutes. */
const MINUTE = 60_000;

/**
 * How a list shows a decision's effect: as requested; with an earlier expiry; as another owner's entry; or not at all,
 * because nothing has changed.
 */
export type Standing = 'confirmed' | 'shortened' | 'foreign' | 'unchanged';

/**
 * @param before the list that the decision was based on
 * @param after the list after writing
 */
export function standingOf(decision: Decision, before: Blacklist, after: Blacklist): Standing {
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
  return blacklistedUntil(decision.instanceType) >= decision.expiresAt - MINUTE;
}
