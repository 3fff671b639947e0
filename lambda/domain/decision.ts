import { ACTIONS, type Action } from './action.ts';
import type { OwnSummary } from './evidence.ts';

interface Facts {
  readonly instanceType: string;
  /** The label; null if the feed lacks the type, or was not read. */
  readonly band: string | null;
  /** Average saving over on-demand, in percent; null if `band` is. */
  readonly savings: number | null;
  /** Why, for the user. */
  readonly reason: string;
  /** What happened to the account's own machines of the type, in whole numbers; omitted if that is unknown. */
  readonly own?: OwnSummary;
  /** The number of Spot nodes of the type that the cluster runs; omitted if there are none, or if it is unknown. */
  readonly nodes?: number;
  /** Why it must not be written in this run, for the user; omitted if nothing is in the way. */
  readonly problem?: string;
}

/** An own entry to be written. */
export interface Placement extends Facts {
  readonly action: 'add' | 'renew';
  /** The entry's expiry: milliseconds since 1970. */
  readonly expiresAt: number;
}

/** An own entry to be removed before it lapses. */
interface Release extends Facts {
  readonly action: 'release';
  readonly expiresAt: null;
  /** Whether the never list asks for it or a floor needs it; otherwise the type is calm, and its entry might as well lapse. */
  readonly urgent: boolean;
}

interface OtherDecision extends Facts {
  readonly action: Exclude<Action, (Placement | Release)['action']>;
  /** Until when the type is blacklisted anyway: milliseconds since 1970; null for not at all or no expiry. */
  readonly expiresAt: number | null;
}

/** One instance type, and the action for it. */
export type Decision = Placement | Release | OtherDecision;

export function isPlacement(decision: Decision): decision is Placement {
  return ACTIONS[decision.action].write === 'add';
}

/** @returns whether a decision removes an entry only because its type is calm: every other removal is urgent */
export function isCalmRelease(decision: Decision): decision is Release {
  return decision.action === 'release' && !decision.urgent;
}

/** @returns whether a decision is to be written to CAST AI */
export function isWrite({ action, problem }: Pick<Decision, 'action' | 'problem'>): boolean {
  return ACTIONS[action].write !== null && problem === undefined;
}

/** @returns whether a decision leaves the type with an own entry that the policy wants */
export function isWanted({ action }: Decision): boolean {
  return ACTIONS[action].isWanted;
}

/** What a decision shows of a time (milliseconds since 1970): null for "not at all" (0) and "no expiry" (Infinity). */
export function shownTime(expiresAt: number): number | null {
  return expiresAt > 0 && Number.isFinite(expiresAt) ? expiresAt : null;
}
