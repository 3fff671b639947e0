import { type Blacklist, uncoveredIn } from '../blacklist/blacklist.ts';
import { type Decision, isCalmRelease, isWanted, type Policy } from '../decision.ts';
import { CeilingError, type Refusal } from '../errors.ts';
import type { RegionFeed } from '../instance-types/spot-type.ts';
import { shortList } from '../words.ts';

/** @returns the error if the target would blacklist more of the region's types than the policy allows; otherwise null */
export function ceilingProblem(
  decisions: readonly Decision[],
  feed: RegionFeed,
  policy: Policy,
  { offUntil }: Blacklist,
): CeilingError | null {
  const held = decisions.filter(isWanted).length;
  const share = held / feed.types.length;
  if (share <= policy.maxBlacklistShare) return null;
  return new CeilingError(
    { types: held, of: feed.types.length, ceiling: policy.maxBlacklistShare },
    `${held} of ${feed.types.length} types of ${feed.region}, ${feed.os}, would be blacklisted: ${percent(share)}, above the ceiling of ${percent(policy.maxBlacklistShare)}, so nothing was written. Most likely the threshold (${policy.interruptionThreshold}%) is too low, the always list${policy.alwaysBlacklist.length > 0 ? ` (${shortList(policy.alwaysBlacklist)})` : ''} too broad, or the feed wrong; if this is intended, raise MAX_BLACKLIST_SHARE.`,
    uncoveredIn(decisions, (type) => offUntil(type) > 0),
  );
}

/** @param refusal of the plan in which own evidence decides */
export function warnOfDroppedEvidence({ types, of, ceiling }: Refusal, { region, os }: RegionFeed): string {
  return `With own evidence, ${types} of ${of} types of ${region}, ${os}, would be blacklisted, above the ceiling of ${percent(ceiling)}, so AWS's bands alone decide. See what it says with OWN_EVIDENCE=report; if that many types are risky, raise MAX_BLACKLIST_SHARE.`;
}

function percent(share: number): string {
  return `${Number((share * 100).toFixed(1))}%`;
}

/** Up to this many live own entries, releasing all at once is no sign of a broken feed. */
const FEW = 10;

/**
 * A suddenly calm region is more likely a broken feed, so a run does not release more than half of its live own entries at
 * once.
 *
 * @param released how many entries a run would release because their types are calm
 * @param own how many live entries the target has, in all clusters of the run
 */
export function isTooMuch(released: number, own: number): boolean {
  return own > FEW && released > own / 2;
}

/**
 * Lets entries of calm types lapse instead of releasing them. An entry without expiry would never lapse, so it gets one.
 *
 * @param expiresAt the new expiry of such an entry: milliseconds since 1970
 */
export function withoutReleases(
  decisions: readonly Decision[],
  { own }: Blacklist,
  expiresAt: number,
): Decision[] {
  return decisions.map((decision): Decision => {
    if (!isCalmRelease(decision)) return decision;
    const { action: _, urgent: __, ...facts } = decision;
    const reason = `${decision.reason}; not released, because more than half of the entries would be`;
    const until = own.get(decision.instanceType) ?? 0;
    return Number.isFinite(until)
      ? { ...facts, action: 'lapse', reason, expiresAt: until }
      : { ...facts, action: 'renew', reason, expiresAt };
  });
}

export function warnOfTooManyReleases(released: number, own: number): string {
  return `${released} of the ${own} live entries of this target would be released at once. A broken feed is more likely than a suddenly calm region, so they lapse instead. If the region is calm, no action is needed; clear removes them at once.`;
}
