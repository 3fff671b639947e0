import { randomUUID } from 'node:crypto';
import type { Lifecycle } from './castai-requests.ts';

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
