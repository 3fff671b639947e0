import { type Entry, expiryOf, extend } from './entry.ts';
import { isByEvidence } from './evidence.ts';
import { familyOf } from './instance-type.ts';
import { authorOf, type TargetNames } from './markers.ts';

/** One cluster's blacklist as a target sees it: its own entries, and those of other owners. */
export interface Blacklist {
  readonly clusterId: string;
  /**
   * Live own entries: type -> when the last of them expires (milliseconds since 1970; Infinity for no expiry).
   * An API that adds duplicates can hold several for one type.
   */
  readonly own: ReadonlyMap<string, number>;
  /** Those of them that own evidence caused, not AWS's band. */
  readonly byEvidence: ReadonlySet<string>;
  /** Types with another owner's live entry under the same key that this target writes: never to be removed. */
  readonly foreignKeys: ReadonlySet<string>;
  /**
   * Those of them known to be another owner's: nothing may be added either, because an API with one entry per key would
   * change theirs. If no entry at all has a reason, the API may not return reasons, and the entry may be an own one.
   */
  readonly claimedKeys: ReadonlySet<string>;
  /** Live entries with this target's marker that differ from what it writes. */
  readonly altered: readonly AlteredEntry[];
  /** Types with a live entry of another target under this target's key, by that target's name. */
  readonly otherTargets: ReadonlyMap<string, readonly string[]>;
  /** Places in the list (`items[17].lifecycle`) with unknown values. */
  readonly unclear: readonly string[];
  /**
   * @returns until when other owners' live entries keep a type from being bought as Spot (milliseconds since 1970;
   *   Infinity for no expiry), or 0 if none does
   */
  coveredUntil(instanceType: string): number;
  /** @returns until when live entries, own ones or others', keep a type from being bought as Spot, like `coveredUntil` */
  offUntil(instanceType: string): number;
  /** @returns until when any live entry of the very key that this target writes lasts, or 0 */
  blacklistedUntil(instanceType: string): number;
}

export interface AlteredEntry {
  readonly name: string;
  /** What differs from what the target writes. */
  readonly part: 'reason' | 'lifecycle' | 'scope';
}

/**
 * Sorts the entries that concern one cluster into own ones and other owners'. An entry is own only if it matches what this
 * target writes in every respect: its marker, this cluster, one type, lifecycle `spot`.
 *
 * @param now milliseconds since 1970; expired entries cover nothing
 */
export function readBlacklist(
  entries: readonly Entry[],
  clusterId: string,
  names: TargetNames,
  now: number,
): Blacklist {
  const own = new Map<string, number>();
  const byEvidence = new Set<string>();
  const foreignKeys = new Set<string>();
  const claimedKeys = new Set<string>();
  const altered: AlteredEntry[] = [];
  const otherTargets = new Map<string, string[]>();
  const keys = new Map<string, number>();
  const types = new Map<string, number>();
  const families = new Map<string, number>();
  const givesReasons = entries.some(({ reason }) => reason !== '');
  for (const entry of entries) {
    const { instanceType, instanceFamily, lifecycle, reason } = entry;
    const expiresAt = expiryOf(entry, now);
    // An expired entry has no owner, and covers nothing.
    if (expiresAt <= now) continue;
    const isType = instanceType !== null && instanceFamily === null && entry.unclear === null;
    const isKey = isType && entry.clusterId === clusterId && lifecycle === 'spot';
    const author = authorOf(reason, names);
    if (isKey) extend(keys, instanceType, expiresAt);
    if (isKey && author.kind === 'own') {
      extend(own, instanceType, expiresAt);
      if (isByEvidence(reason)) byEvidence.add(instanceType);
      continue;
    }
    if (author.kind === 'own' || author.kind === 'altered') altered.push(alteredEntry(entry, clusterId));
    if (entry.unclear !== null || lifecycle === 'on_demand') continue;
    if (instanceFamily !== null) extend(families, instanceFamily, expiresAt);
    if (instanceType !== null) extend(types, instanceType, expiresAt);
    if (!isKey) continue;
    foreignKeys.add(instanceType);
    if (reason !== '' || givesReasons) claimedKeys.add(instanceType);
    if (author.kind === 'target')
      otherTargets.set(author.name ?? '', [...(otherTargets.get(author.name ?? '') ?? []), instanceType]);
  }
  const coveredUntil = (type: string) => Math.max(types.get(type) ?? 0, families.get(familyOf(type)) ?? 0);
  return {
    clusterId,
    own,
    byEvidence,
    foreignKeys,
    claimedKeys,
    altered,
    otherTargets,
    unclear: entries.flatMap(({ unclear }) => unclear ?? []),
    coveredUntil,
    offUntil: (type) => Math.max(own.get(type) ?? 0, coveredUntil(type)),
    blacklistedUntil: (type) => keys.get(type) ?? 0,
  };
}

function alteredEntry(entry: Entry, clusterId: string): AlteredEntry {
  const { instanceType, instanceFamily, lifecycle } = entry;
  const isScope = instanceType === null || instanceFamily !== null || entry.clusterId !== clusterId;
  const part = lifecycle !== 'spot' ? 'lifecycle' : isScope ? 'scope' : 'reason';
  return { name: instanceType ?? instanceFamily ?? 'no type', part };
}
