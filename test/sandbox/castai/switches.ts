import type { Lifecycle } from '../../../cli/demo/sandbox/castai/castai.ts';
import type { RateLimit } from './rate-limiter.ts';

/** How this CAST AI behaves where the real one is not documented, and what its key may do. */
export interface CastAiSwitches {
  /** What adding a live entry again does; 'conflict' is a 409. */
  onAddExisting: 'extend' | 'ignore' | 'duplicate' | 'conflict';
  /** Whether responses include the `reason` that was written. */
  echoReason: boolean;
  /** Whether the list includes expired entries. */
  listExpired: boolean;
  /** Whether a cluster's list includes organization-wide entries. */
  clusterQueryIncludesOrganization: boolean;
  /** Whether an expiry loses its milliseconds. */
  roundExpiryToSeconds: boolean;
  /** Whether an expiry loses its seconds, too. */
  roundExpiryToMinutes: boolean;
  /** How far the list is behind the writes, in milliseconds. */
  listLagMs: number;
  /** Whether an expired row counts as existing when the same key is added. */
  expiredRowsConflict: boolean;
  /** How the API changes a reason when it stores it. */
  alterReason: ((reason: string) => string) | undefined;
  /** The lifecycle that the API stores, whatever is requested. */
  storeLifecycle: Lifecycle | undefined;
  /** Later expiries are silently shortened to this. */
  maxExpiryHours: number | undefined;
  /** JSON as protobuf may write it: without defaults (`lifecycle` all, empty texts and lists) and without nulls. */
  omitDefaults: boolean;
  /** Whether error bodies quote the caller's key: a client that logs bodies then leaks it. */
  echoKeyInErrors: boolean;
  keyMayReadClusters: boolean;
  /** Whether it may read node templates, nodes and policies. */
  keyMayReadInventory: boolean;
  keyMayWrite: boolean;
  /** Whether its evaluation of a template leaves out blacklisted types. */
  filterHeedsBlacklist: boolean;
  rateLimit: RateLimit | undefined;
}

export const DEFAULT_SWITCHES: Readonly<CastAiSwitches> = {
  onAddExisting: 'extend',
  echoReason: true,
  listExpired: false,
  clusterQueryIncludesOrganization: true,
  roundExpiryToSeconds: false,
  roundExpiryToMinutes: false,
  listLagMs: 0,
  expiredRowsConflict: false,
  alterReason: undefined,
  storeLifecycle: undefined,
  maxExpiryHours: undefined,
  omitDefaults: false,
  echoKeyInErrors: false,
  keyMayReadClusters: true,
  keyMayReadInventory: true,
  keyMayWrite: true,
  filterHeedsBlacklist: true,
  rateLimit: undefined,
};

const HOUR_MS = 3_600_000;

/**
 * Returns the expiry that an entry gets if `asked` was requested.
 *
 * @param now milliseconds since the epoch
 */
export function grantedExpiry(
  asked: string | null,
  now: number,
  { maxExpiryHours = Number.POSITIVE_INFINITY, roundExpiryToSeconds, roundExpiryToMinutes }: CastAiSwitches,
): string | null {
  if (asked === null) return null;
  const granted = new Date(Math.min(Date.parse(asked), now + maxExpiryHours * HOUR_MS)).toISOString();
  if (roundExpiryToMinutes) return granted.replace(/:\d\d\.\d+Z$/, ':00Z');
  return roundExpiryToSeconds ? granted.replace(/\.\d+Z$/, 'Z') : granted;
}

/**
 * Returns `value` as protobuf's JSON may represent it: without nulls, empty strings and lists, and without the enum's
 * default (`lifecycle: 'all'`).
 */
export function withoutDefaults(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDefaults);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name, field]) => !isDefault(name, field))
      .map(([name, field]) => [name, withoutDefaults(field)]),
  );
}

function isDefault(name: string, field: unknown): boolean {
  if (Array.isArray(field)) return field.length === 0;
  return field === null || field === '' || (name === 'lifecycle' && field === 'all');
}
