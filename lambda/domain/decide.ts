import type { Blacklist } from './blacklist.ts';
import { type Decision, shownTime } from './decision.ts';
import { drawFrom } from './draw.ts';
import type { Policy } from './policy.ts';
import type { SpotType } from './spot-type.ts';

const HOUR = 3_600_000;

/** Why an own entry is not removed although it is no longer wanted. */
export const SHARED_KEY =
  'left to lapse: another owner has an entry under the same key, and removing one would remove both';

/** The part of a decision that describes the type. */
type Subject = Pick<Decision, 'instanceType' | 'band' | 'savings' | 'own'>;

const subjectOf = ({ instanceType, band, savings, own }: SpotType): Subject => ({
  instanceType,
  band: band.label,
  savings,
  ...(own && { own: own.summary }),
});

/** @returns half of an entry's requested lifetime, in milliseconds */
export function halfOf({ blacklistHours }: Policy): number {
  return (blacklistHours * HOUR) / 2;
}

/** The share of entries that are renewed early ... */
const EARLY = 0.3;

/** ... and by how much of their lifetime at most. */
const EARLIEST = 0.25;

/**
 * Entries written together would always be due together, so some are renewed early, different ones each time. None is
 * renewed later than with half of its time left: that is why entries outlast a lost run.
 *
 * @param expiresAt when the entry expires: milliseconds since 1970
 * @returns with how many milliseconds left it is due for renewal
 */
function renewalPoint(clusterId: string, instanceType: string, expiresAt: number, policy: Policy): number {
  const draw = drawFrom(`${clusterId} ${instanceType} ${expiresAt}`);
  return halfOf(policy) * (1 + 2 * EARLIEST * Math.max(0, 1 - draw / EARLY));
}

/** @returns whether an entry is due for renewal at a time; both times in milliseconds since 1970 */
export function isDueAt(
  time: number,
  clusterId: string,
  instanceType: string,
  expiresAt: number,
  policy: Policy,
): boolean {
  return expiresAt - time < renewalPoint(clusterId, instanceType, expiresAt, policy);
}

/** @returns the expiry of an entry written now: milliseconds since 1970 */
export function expiryFrom(now: number, { blacklistHours }: Policy): number {
  return Math.round(now + blacklistHours * HOUR);
}

export function decideRisky(
  type: SpotType,
  cause: string,
  policy: Policy,
  now: number,
  { clusterId, own, claimedKeys, coveredUntil }: Blacklist,
): Decision {
  const subject = subjectOf(type);
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
  if (blacklist.own.has(type.instanceType)) return [lapseOrRelease(subjectOf(type), reason, true, blacklist)];
  const expiresAt = shownTime(blacklist.coveredUntil(type.instanceType));
  return isRisky ? [{ ...subjectOf(type), action: 'spare', reason, expiresAt }] : [];
}

export function decideCalm(type: SpotType, { releaseCalm }: Policy, blacklist: Blacklist): Decision[] {
  const { instanceType, own } = type;
  if (!blacklist.own.has(instanceType)) return [];
  if (own?.decides === 'calm') {
    const reason = `no longer risky: ${own.inPlaceOfBand}`;
    return [lapseOrRelease(subjectOf(type), reason, releaseCalm, blacklist)];
  }
  // Missing evidence is no sign of calm either.
  if (blacklist.byEvidence.has(instanceType))
    return [lapseOrRelease(subjectOf(type), 'own evidence no longer decides about it', false, blacklist)];
  // Unknown is neither risky nor calm.
  return type.noEvidence
    ? [lapseOrRelease(subjectOf(type), 'AWS no longer has figures for it in this region', false, blacklist)]
    : [lapseOrRelease(subjectOf(type), 'no longer risky', releaseCalm, blacklist)];
}

/** Own entries of types that the feed no longer has: unknown is neither risky nor calm, so none is released. */
export function decideVanished(types: readonly SpotType[], blacklist: Blacklist): Decision[] {
  const known = new Set(types.map(({ instanceType }) => instanceType));
  return [...blacklist.own.keys()]
    .filter((instanceType) => !known.has(instanceType))
    .sort()
    .map((instanceType) => {
      const subject = { instanceType, band: null, savings: null };
      return lapseOrRelease(subject, 'the feed no longer has this type in this region', false, blacklist);
    });
}

/** An own entry that is no longer wanted. */
function lapseOrRelease(
  subject: Subject,
  reason: string,
  mayRelease: boolean,
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
  if (ownUntil === Number.POSITIVE_INFINITY) {
    const endless = `${reason}; its entry has no expiry and would never lapse`;
    return { ...subject, action: 'release', reason: endless, expiresAt: null };
  }
  return mayRelease
    ? { ...subject, action: 'release', reason, expiresAt: null }
    : { ...subject, action: 'lapse', reason, expiresAt: ownUntil };
}

function until(expiresAt: number): string {
  return expiresAt === Number.POSITIVE_INFINITY
    ? 'without expiry'
    : `until ${new Date(expiresAt).toISOString()}`;
}
