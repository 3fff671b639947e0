import type { Blacklist } from './blacklist.ts';
import { type Decision, isWanted } from './decision.ts';
import { CeilingError, type Refusal } from './errors.ts';
import type { Policy } from './policy.ts';
import { shortList } from './short-list.ts';
import type { RegionFeed } from './spot-type.ts';
import { uncoveredIn } from './uncovered.ts';

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
