import { ACTIONS, type Decision } from '../decision.ts';
import { familyOf } from '../instance-types/instance-type.ts';
import { DAY } from '../words.ts';
import { authorOf, isByEvidence, type TargetNames } from './ownership.ts';

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

/** Identifies an entry within its cluster. The same for all entries with neither a known type nor a known family. */
export function keyOf({ instanceType, instanceFamily, lifecycle }: Omit<Entry, 'clusterId'>): string {
  const name = instanceType ?? instanceFamily;
  return name === null ? UNKNOWN_KEY : `${name} ${lifecycle}`;
}

/** @returns the type of an entry in the form that a target writes for this cluster: one type, Spot only; else null */
export function keyTypeOf(entry: Entry, clusterId: string): string | null {
  const { instanceFamily, lifecycle, unclear } = entry;
  const isKey = instanceFamily === null && unclear === null && lifecycle === 'spot';
  return isKey && entry.clusterId === clusterId ? entry.instanceType : null;
}

/** The key of an entry that cannot be read. */
export const UNKNOWN_KEY = '';

/** Times outside this range mean "not set": Go writes the year 1, other APIs 1970 or 9999. */
const EARLIEST = Date.UTC(2000);
const FURTHEST = 10 * 365 * DAY;

/** @returns whether a time (milliseconds since 1970) was set, and is not a placeholder for "not set" */
export function isSetTime(time: number, now: number): boolean {
  return time >= EARLIEST && time <= now + FURTHEST;
}

/** @returns when an entry expires (milliseconds since 1970); Infinity for no expiry */
export function expiryOf({ expiresAt }: Pick<Entry, 'expiresAt'>, now: number): number {
  return expiresAt !== null && isSetTime(expiresAt, now) ? expiresAt : Number.POSITIVE_INFINITY;
}

/** Records when an entry expires: of several with one key, the latest expiry counts. */
export function extend(ends: Map<string, number>, key: string, end: number): void {
  ends.set(key, Math.max(ends.get(key) ?? 0, end));
}

/** One cluster's blacklist as a target sees it: its own entries, and those of other owners. */
export interface Blacklist {
  readonly clusterId: string;
  /**
   * Live own entries: type -> when the last of them expires (milliseconds since 1970; Infinity for no expiry).
   * An API that adds duplicates can hold several for one type.
   */
  readonly own: ReadonlyMap<string, number>;
  /** The types whose own entry is due to own evidence, not to AWS's band. */
  readonly byEvidence: ReadonlySet<string>;
  /** Types for which another owner has a live entry under the key that this target writes: never to be removed. */
  readonly foreignKeys: ReadonlySet<string>;
  /**
   * The subset that is known to be another owner's: nothing may be added either, because an API with one entry per key
   * would change theirs. If no entry at all has a reason, the API may not return reasons, and the entry may be an own one.
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
  /** @returns until when live entries under the key that this target writes last, or 0 */
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
    const key = keyTypeOf(entry, clusterId);
    const expiresAt = expiryOf(entry, now);
    // An expired entry has no owner, and covers nothing.
    if (expiresAt <= now) continue;
    const author = authorOf(reason, names);
    if (key !== null) extend(keys, key, expiresAt);
    if (key !== null && author.kind === 'own') {
      extend(own, key, expiresAt);
      if (isByEvidence(reason, names)) byEvidence.add(key);
      continue;
    }
    if (author.kind === 'own' || author.kind === 'altered') altered.push(alteredEntry(entry, clusterId));
    if (entry.unclear !== null || lifecycle === 'on_demand') continue;
    if (instanceFamily !== null) extend(families, instanceFamily, expiresAt);
    if (instanceType !== null) extend(types, instanceType, expiresAt);
    if (key === null) continue;
    foreignKeys.add(key);
    if (reason !== '' || givesReasons) claimedKeys.add(key);
    if (author.kind === 'target')
      otherTargets.set(author.name ?? '', [...(otherTargets.get(author.name ?? '') ?? []), key]);
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

/**
 * @param isOff whether a live entry keeps a type from being bought as Spot
 * @returns how many types should be kept off Spot because they are risky, and are not
 */
export function uncoveredIn(
  decisions: readonly Decision[],
  isOff: (instanceType: string) => boolean,
): number {
  return decisions.filter(
    ({ action, instanceType }) => ACTIONS[action].isRisky && ACTIONS[action].keepsOff && !isOff(instanceType),
  ).length;
}
