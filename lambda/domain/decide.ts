import type { Blacklist } from './blacklist/blacklist.ts';
import { type Decision, type Policy, shownTime } from './decision.ts';
import type { Globs } from './instance-types/globs.ts';
import { type Band, isAbove, type SpotType } from './instance-types/spot-type.ts';
import { expiryFrom, halfOf, isDueAt } from './renewal.ts';
import { hashOf } from './words.ts';

/** Why an own entry is not removed although it is no longer wanted. */
export const SHARED_KEY =
  'left to lapse: another owner has an entry under the same key, and removing one would remove both';

/** The part of a decision that describes the type. */
type Subject = Pick<Decision, 'instanceType' | 'band' | 'savings' | 'own' | 'cause'>;

const subjectOf = ({ instanceType, band, savings, own }: SpotType): Subject => ({
  instanceType,
  band: band.label,
  savings,
  ...(own && { own: own.summary }),
});

export function decideRisky(
  type: SpotType,
  { kind, words: cause }: Cause,
  policy: Policy,
  now: number,
  { clusterId, own, claimedKeys, coveredUntil }: Blacklist,
): Decision {
  const subject = { ...subjectOf(type), ...(kind === 'own evidence' && { cause: kind }) };
  const halfLife = halfOf(policy);
  const ownUntil = own.get(type.instanceType) ?? 0;
  const isDue = isDueAt(now, clusterId, type.instanceType, ownUntil, policy);
  // An own entry without expiry cannot lapse. It is not what was written, so it is written again.
  if (ownUntil !== Number.POSITIVE_INFINITY && !isDue) {
    return { ...subject, action: 'keep', reason: cause, expiresAt: ownUntil };
  }
  const othersUntil = coveredUntil(type.instanceType);
  const isClaimed = claimedKeys.has(type.instanceType);
  if (othersUntil - now >= halfLife || isClaimed) {
    const manner = isClaimed ? ', under the same key, which is left alone' : '';
    const reason = `${cause}; another owner blacklists it ${until(othersUntil)}${manner}`;
    return { ...subject, action: 'covered', reason, expiresAt: shownTime(othersUntil) };
  }
  const expiresAt = expiryFrom(now, policy);
  return { ...subject, action: ownUntil === 0 ? 'add' : 'renew', reason: cause, expiresAt };
}

export function decideNever(
  type: SpotType,
  glob: string,
  isRisky: boolean,
  blacklist: Blacklist,
): Decision[] {
  const reason = `on the never list (${glob})`;
  if (blacklist.own.has(type.instanceType)) return [endEntry(subjectOf(type), reason, 'urgent', blacklist)];
  const expiresAt = shownTime(blacklist.coveredUntil(type.instanceType));
  return isRisky ? [{ ...subjectOf(type), action: 'spare', reason, expiresAt }] : [];
}

/**
 * @returns whether a risky type is in the rollout: selected by a hash of target and type, so that it is the same in every
 *   run and cluster, and remains selected if the share (percent) is raised
 */
export function isInRollout(targetName: string, { instanceType }: SpotType, rollout: number): boolean {
  return 100 * hashOf(`${targetName} ${instanceType}`) < rollout;
}

/** Decides about a risky type outside the rollout: its own entry is no longer wanted, and lapses. */
export function decideOutside(
  type: SpotType,
  { words }: Cause,
  { rollout }: Policy,
  blacklist: Blacklist,
): Decision {
  const reason = `${words}, but outside the rollout of ${rollout}%`;
  if (blacklist.own.has(type.instanceType)) return endEntry(subjectOf(type), reason, 'lapse', blacklist);
  const expiresAt = shownTime(blacklist.coveredUntil(type.instanceType));
  return { ...subjectOf(type), action: 'spare', reason, expiresAt };
}

export function decideCalm(type: SpotType, { releaseCalm }: Policy, blacklist: Blacklist): Decision[] {
  if (!blacklist.own.has(type.instanceType)) return [];
  const unknown = whyUnknown(type, blacklist);
  const calm =
    type.own?.decides === 'calm' ? `no longer risky: ${type.own.inPlaceOfBand}` : 'no longer risky';
  const ending = releaseCalm && unknown === null ? 'calm' : 'lapse';
  return [endEntry(subjectOf(type), unknown ?? calm, ending, blacklist)];
}

/** @returns why it is unknown whether a type that is not risky is calm; null if it is calm */
export function whyUnknown(type: SpotType, blacklist: Blacklist): string | null {
  if (hasLostEvidence(type, blacklist)) return 'own evidence no longer decides about it';
  return type.noEvidence && !type.own?.decides ? 'AWS no longer has figures for it in this region' : null;
}

/**
 * @returns whether own evidence caused a type's entry, but no longer decides: missing evidence does not make a type calm
 */
export function hasLostEvidence({ instanceType, own }: SpotType, { byEvidence }: Blacklist): boolean {
  return byEvidence.has(instanceType) && !own?.decides;
}

/** Own entries of types that the feed no longer has: unknown is neither risky nor calm, so none is released. */
export function decideVanished(types: readonly SpotType[], blacklist: Blacklist): Decision[] {
  const known = new Set(types.map(({ instanceType }) => instanceType));
  return [...blacklist.own.keys()]
    .filter((instanceType) => !known.has(instanceType))
    .sort()
    .map((instanceType) => {
      const subject = { instanceType, band: null, savings: null };
      return endEntry(subject, 'the feed no longer has this type in this region', 'lapse', blacklist);
    });
}

/** How an own entry that is no longer wanted ends: removed urgently, removed because its type is calm, or left to lapse. */
type Ending = 'urgent' | 'calm' | 'lapse';

/** Ends an own entry, without touching another owner's. */
export function endEntry(
  subject: Subject,
  reason: string,
  ending: Ending,
  { own, foreignKeys }: Blacklist,
): Decision {
  const ownUntil = own.get(subject.instanceType) ?? 0;
  if (foreignKeys.has(subject.instanceType)) {
    return {
      ...subject,
      action: 'lapse',
      reason: `${reason}; ${SHARED_KEY}`,
      expiresAt: shownTime(ownUntil),
    };
  }
  const isEndless = ownUntil === Number.POSITIVE_INFINITY;
  if (ending === 'lapse' && !isEndless) return { ...subject, action: 'lapse', reason, expiresAt: ownUntil };
  const why = isEndless ? `${reason}; its entry has no expiry and would never lapse` : reason;
  return { ...subject, action: 'release', reason: why, expiresAt: null, urgent: ending === 'urgent' };
}

/** @returns when entries end (milliseconds since 1970; Infinity for no expiry), for the user */
export function until(expiresAt: number): string {
  return expiresAt === Number.POSITIVE_INFINITY
    ? 'without expiry'
    : `until ${new Date(expiresAt).toISOString()}`;
}

/** Why a type is to be blacklisted. */
export interface Cause {
  readonly kind: 'always list' | 'own evidence' | 'band';
  /** For the user. */
  readonly words: string;
}

/** @returns why a type is to be blacklisted; null if it is not */
export type CauseOf = (type: SpotType) => Cause | null;

/** States why each type is to be blacklisted: the always list first, then own evidence, then AWS's band. */
export function causesIn(types: readonly SpotType[], policy: Policy, always: Globs): CauseOf {
  const risks = risksOf(types, policy);
  return (type) => {
    const { instanceType, band, noEvidence, own } = type;
    const glob = always.matching(instanceType);
    if (glob !== undefined) return { kind: 'always list', words: `on the always list (${glob})` };
    if (own?.decides)
      return own.decides === 'risky' ? { kind: 'own evidence', words: own.inPlaceOfBand } : null;
    // For types without data, the feed says "never interrupted, no saving".
    const risk = noEvidence ? undefined : risks.get(band);
    return risk === undefined ? null : { kind: 'band', words: risk + (own?.besideBand ?? '') };
  };
}

/**
 * Why each band above the threshold is risky. One text for all types of a band, because a fleet's decisions stay in memory
 * until the run is reported.
 */
function risksOf(types: readonly SpotType[], { interruptionThreshold }: Policy): ReadonlyMap<Band, string> {
  const above = types.map(({ band }) => band).filter((band) => isAbove(band, interruptionThreshold));
  return new Map(
    [...new Set(above)].map((band) => [
      band,
      `AWS's band is ${band.label}, above the tolerated ${interruptionThreshold}%`,
    ]),
  );
}
