export const ACTIONS = ['add', 'renew', 'keep', 'covered', 'spare', 'lapse', 'release', 'remove'] as const;

/** What becomes of one type. */
export type Action = (typeof ACTIONS)[number];

interface Facts {
  readonly instanceType: string;
  /** The label; null where the feed does not have the type, or was not asked. */
  readonly band: string | null;
  /** Average saving over on-demand, in percent; null like the band. */
  readonly savings: number | null;
  /** Why, for people. */
  readonly reason: string;
}

/** An own entry to be written. */
export interface Placement extends Facts {
  readonly action: 'add' | 'renew';
  /** When the entry is to expire: milliseconds since 1970. */
  readonly expiresAt: number;
}

interface OtherDecision extends Facts {
  readonly action: Exclude<Action, Placement['action']>;
  /** Until when the type is blacklisted all the same: milliseconds since 1970; null for not at all or no expiry. */
  readonly expiresAt: number | null;
}

/** One instance type, and what becomes of it. */
export type Decision = Placement | OtherDecision;

export function isPlacement(decision: Decision): decision is Placement {
  return decision.action === 'add' || decision.action === 'renew';
}

/** @returns whether a decision has to be written to CAST AI */
export function isWrite(decision: Decision): boolean {
  return isPlacement(decision) || decision.action === 'release' || decision.action === 'remove';
}

/** @returns whether a decision leaves the type with an own entry that this run answers for */
export function isHeld(decision: Decision): boolean {
  return isPlacement(decision) || decision.action === 'keep';
}

/** What a decision shows of a time (milliseconds since 1970): null for "not at all" (0) and "no expiry" (Infinity). */
export function shownTime(expiresAt: number): number | null {
  return expiresAt > 0 && Number.isFinite(expiresAt) ? expiresAt : null;
}
