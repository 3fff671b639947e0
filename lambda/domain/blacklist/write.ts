import type { Decision } from '../decision.ts';
import type { SpotBlacklistError } from '../errors.ts';

/** One write of a plan, and CAST AI's response. Only the list shows whether it took effect. */
export interface Write {
  readonly decision: Decision;
  /**
   * `accepted`: CAST AI accepted the request. `refused`: it did not, or its response cannot be trusted. `unanswered`:
   * aborted before the response. `unsent`: never started.
   */
  readonly state: 'accepted' | 'refused' | 'unanswered' | 'unsent';
  /** Why it was refused, or what stopped writing; null if it was accepted, or if time ran out. */
  readonly error: SpotBlacklistError | null;
}

/** The outcome of a write, according to CAST AI's list. */
export interface Outcome {
  readonly instanceType: string;
  /**
   * `deferred`: not done, with the type uncovered or soon uncovered, or with an entry that must go. `postponed`: left to the
   * next run, without harm.
   */
  readonly state: 'succeeded' | 'failed' | 'deferred' | 'postponed';
  /** Why it did not succeed, for the user; null if it did. */
  readonly problem: string | null;
}

/** How the plan of one cluster was carried out. */
export interface Execution {
  /** Every decision of the plan; an `add` or `renew` whose key turned out to be another owner's is now `covered`. */
  readonly decisions: readonly Decision[];
  readonly outcomes: readonly Outcome[];
  /** How many writes the list confirms; null if there was nothing to confirm. */
  readonly verified: number | null;
  /** The number of types that should be kept off Spot, but are not after writing. */
  readonly uncovered: number;
  /** CAST AI's longest lifetime of entries, in hours; null if it honours the requested one. */
  readonly longestHours: number | null;
  /** Warnings about the list after writing. */
  readonly warnings: readonly string[];
  /** Whether it is unknown what is left to do; a warning says why. */
  readonly isUnjudged?: true;
}
