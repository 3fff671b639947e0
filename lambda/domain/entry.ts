/** One item of CAST AI's blacklist, whoever wrote it. */
export interface Entry {
  readonly organizationId: string | null;
  /** The cluster that it applies to, or null for the whole organization. */
  readonly clusterId: string | null;
  /** Exactly one of these two is set, by contract. */
  readonly instanceType: string | null;
  readonly instanceFamily: string | null;
  /** `unknown`: a value that this version does not know. */
  readonly lifecycle: 'all' | 'spot' | 'on_demand' | 'unknown';
  /** Milliseconds since 1970; null for no expiry. */
  readonly expiresAt: number | null;
  /** Free text; empty if CAST AI does not return it. */
  readonly reason: string;
  /** The place (`items[17].lifecycle`) of a value that this version does not know. The entry then covers nothing. */
  readonly unclear: string | null;
}

/** What tells the entries of one cluster apart. Equal for all of which neither type nor family is known. */
export function keyOf({ instanceType, instanceFamily, lifecycle }: Entry): string {
  const name = instanceType ?? instanceFamily;
  return name === null ? UNKNOWN_KEY : `${name} ${lifecycle}`;
}

/** The key of an entry that cannot be read. */
export const UNKNOWN_KEY = '';

/** Times outside this range mean "not set": Go writes the year 1, other APIs 1970 or 9999. */
const EARLIEST = Date.UTC(2000);
const FURTHEST = 10 * 365 * 24 * 3_600_000;

/** @returns whether a time (milliseconds since 1970) was set, and is not a placeholder for "not set" */
export function isSetTime(time: number, now: number): boolean {
  return time >= EARLIEST && time <= now + FURTHEST;
}

/** @returns when an entry expires (milliseconds since 1970); Infinity for no expiry */
export function expiryOf({ expiresAt }: Pick<Entry, 'expiresAt'>, now: number): number {
  return expiresAt !== null && isSetTime(expiresAt, now) ? expiresAt : Number.POSITIVE_INFINITY;
}

/** Notes when an entry ends: of several with one key, the latest end counts. */
export function extend(ends: Map<string, number>, key: string, end: number): void {
  ends.set(key, Math.max(ends.get(key) ?? 0, end));
}
