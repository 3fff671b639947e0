import type { Entry } from './castai-answers.ts';
import { familyOf } from './instance-type.ts';

/** What a target's blacklist looks like in one cluster: its own entries, and what others have put there. */
export interface Blacklist {
  /**
   * Live own entries: type -> when the last of them expires (milliseconds since 1970; Infinity for never).
   * An API that adds duplicates can hold several for one type.
   */
  readonly own: ReadonlyMap<string, number>;
  /** Types with an own entry, live or expired: those that removing the key would take away. */
  readonly ownKeys: ReadonlySet<string>;
  /** Types with a live entry of somebody else under the very key that this target writes: never to be removed. */
  readonly foreignKeys: ReadonlySet<string>;
  /**
   * Those of them that say whose they are: never to be added to either, because an API that has one entry for a key
   * would change theirs. Without a reason it may be an own one, from an API that does not echo reasons.
   */
  readonly claimedKeys: ReadonlySet<string>;
  /**
   * @returns until when somebody else's live entries keep a type from being bought as Spot (milliseconds since
   *   1970; Infinity for ever), or 0 if none does
   */
  coveredUntil(instanceType: string): number;
  /** @returns until when any live entry of the very key that this target writes lasts, or 0 */
  blacklistedUntil(instanceType: string): number;
}

/** @returns how the reason of every entry of a target starts */
export function markerOf(targetName: string): string {
  return `spot-blacklist/${targetName}: `;
}

/**
 * Sorts the entries that bear on one cluster into own ones and those of others. An entry is own only if it is in
 * every respect one that this target writes: its marker, this cluster, one type, lifecycle `spot`.
 *
 * @param now milliseconds since 1970; entries that have expired by then cover nothing
 */
export function readBlacklist(
  entries: readonly Entry[],
  clusterId: string,
  targetName: string,
  now: number,
): Blacklist {
  const own = new Map<string, number>();
  const ownKeys = new Set<string>();
  const foreignKeys = new Set<string>();
  const claimedKeys = new Set<string>();
  const keys = new Map<string, number>();
  const types = new Map<string, number>();
  const families = new Map<string, number>();
  const marker = markerOf(targetName);
  for (const { clusterId: cluster, instanceType, instanceFamily, lifecycle, reason, ...entry } of entries) {
    const expiresAt = entry.expiresAt ?? Number.POSITIVE_INFINITY;
    const isLive = expiresAt > now;
    const isOfType = instanceType !== null && instanceFamily === null;
    const isKey = isOfType && cluster === clusterId && lifecycle === 'spot';
    if (isKey && isLive) extend(keys, instanceType, expiresAt);
    if (isKey && reason.startsWith(marker)) {
      ownKeys.add(instanceType);
      if (isLive) extend(own, instanceType, expiresAt);
      continue;
    }
    if (!isLive || (lifecycle !== 'spot' && lifecycle !== 'all')) continue;
    if (instanceFamily !== null) extend(families, instanceFamily, expiresAt);
    if (instanceType !== null) extend(types, instanceType, expiresAt);
    if (!isKey) continue;
    foreignKeys.add(instanceType);
    if (reason !== '') claimedKeys.add(instanceType);
  }
  return {
    own,
    ownKeys,
    foreignKeys,
    claimedKeys,
    coveredUntil: (type) => Math.max(types.get(type) ?? 0, families.get(familyOf(type)) ?? 0),
    blacklistedUntil: (type) => keys.get(type) ?? 0,
  };
}

function extend(until: Map<string, number>, key: string, expiresAt: number): void {
  until.set(key, Math.max(until.get(key) ?? 0, expiresAt));
}
