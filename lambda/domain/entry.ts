/** One item of CAST AI's blacklist, whoever wrote it. */
export interface Entry {
  readonly organizationId: string | null;
  /** The cluster that it is for, or null for the whole organization. */
  readonly clusterId: string | null;
  /** Exactly one of the two is there, by contract. */
  readonly instanceType: string | null;
  readonly instanceFamily: string | null;
  /** `unknown`: a value that this version does not know. */
  readonly lifecycle: 'all' | 'spot' | 'on_demand' | 'unknown';
  /** Milliseconds since 1970; null for no expiry. */
  readonly expiresAt: number | null;
  /** Free text; empty where CAST AI does not give it back. */
  readonly reason: string;
  /** Its place in the list (`items[17].lifecycle`) if something in it is not understood. It then covers nothing. */
  readonly unclear: string | null;
}

/** What APIs write for a time that is not set: Go the year 1, others the year 1970 or 9999. */
const EARLIEST = Date.UTC(2000);
const FURTHEST = 10 * 365 * 24 * 3_600_000;

/** @returns whether a time (milliseconds since 1970) is one that somebody set, and not one that stands for none */
export function isSetTime(time: number, now: number): boolean {
  return time >= EARLIEST && time <= now + FURTHEST;
}
