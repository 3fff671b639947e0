import { randomUUID } from 'node:crypto';
import type { Lifecycle } from './castai-requests.ts';
import type { RateLimit } from './rate-limiter.ts';

/** One item of the blacklist, as the list endpoint returns it. */
export interface BlacklistEntry {
  readonly organizationId: string;
  /** `null`: for the whole organization. */
  readonly clusterId: string | null;
  readonly disabledAt: string;
  /** `null`: no expiry. */
  readonly expiresAt: string | null;
  readonly instanceFamily: string | null;
  readonly instanceType: string | null;
  readonly reason: string;
  readonly lifecycle: Lifecycle;
}

/** The key that distinguishes entries; they have no id. */
export type EntryKey = Pick<
  BlacklistEntry,
  'organizationId' | 'clusterId' | 'instanceType' | 'instanceFamily' | 'lifecycle'
>;

export function sameKey(a: EntryKey, b: EntryKey): boolean {
  return (
    a.organizationId === b.organizationId &&
    a.clusterId === b.clusterId &&
    a.instanceType === b.instanceType &&
    a.instanceFamily === b.instanceFamily &&
    a.lifecycle === b.lifecycle
  );
}

/** One cluster, as the clusters endpoints return it. */
export interface Cluster {
  readonly id: string;
  readonly name: string;
  readonly organizationId: string;
  readonly providerType: string;
  readonly status: string;
  readonly agentStatus: string;
  readonly region: { readonly name: string; readonly displayName: string };
  readonly deletedAt?: string;
  /** False if CAST AI only reads it. */
  readonly isPhase2: boolean;
  /** What is installed in it, such as Karpenter. The sandbox does not check it. */
  readonly attributes: unknown;
}

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

/** Looks like a real key (prefix, 64 characters, 8 characters) to anything that redacts keys, but obviously is none. */
export const FAKE_API_KEY = `castai_v1_${'notarealkey00000'.repeat(4)}_sandbox0`;

/** Returns a cluster that is ready to be managed, with `overrides` applied. */
export function makeCluster(
  region: string,
  overrides: Partial<Cluster> & Pick<Cluster, 'organizationId'>,
): Cluster {
  return {
    id: randomUUID(),
    name: `sandbox-${region}`,
    providerType: 'eks',
    status: 'ready',
    agentStatus: 'online',
    region: { name: region, displayName: region },
    isPhase2: true,
    attributes: {},
    ...overrides,
  };
}

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
