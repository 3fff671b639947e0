import type { Decision } from './decision.ts';
import type { SpotBlacklistError } from './errors.ts';

/** One write of a plan: what was sent, and what CAST AI answered. Whether it took effect, only the list tells. */
export interface Write {
  readonly decision: Decision;
  /**
   * `accepted`: CAST AI took the request. `refused`: it did not, or answered what cannot be trusted. `unanswered`: it was
   * given up before the answer came. `unsent`: its turn did not come.
   */
  readonly state: 'accepted' | 'refused' | 'unanswered' | 'unsent';
  /** Why it was refused, or what stopped the writing; null if it was accepted, or if time ran out. */
  readonly error: SpotBlacklistError | null;
}

/** How a write ended, by CAST AI's list. */
export interface Outcome {
  readonly instanceType: string;
  /** `deferred`: left undone, with the type uncovered or not for long. `postponed`: left to the next run, for which it can wait. */
  readonly state: 'succeeded' | 'failed' | 'deferred' | 'postponed';
  /** Why it did not succeed, for the user; null if it did. */
  readonly problem: string | null;
}

/** How the plan of one cluster was carried out. */
export interface Execution {
  /** Every decision of the plan; an `add` or `renew` whose key another owner holds has become `covered`. */
  readonly decisions: readonly Decision[];
  readonly outcomes: readonly Outcome[];
  /** How many writes the list confirms; null if there was nothing to confirm. */
  readonly verified: number | null;
  /** How many types that are to be kept off Spot nothing keeps off it when the writing is over. */
  readonly uncovered: number;
  /** For how many hours CAST AI keeps entries at most; null where it keeps them as long as it is asked to. */
  readonly longestHours: number | null;
  /** What the user should know of the list as it is after writing, in sentences. */
  readonly warnings: readonly string[];
}
