import { type Decision, isWanted } from './decision.ts';
import { CeilingError } from './errors.ts';
import type { Policy } from './policy.ts';
import { shortList } from './short-list.ts';
import type { RegionFeed } from './spot-type.ts';

/** @throws {CeilingError} if the target would blacklist more of the region's types than the policy allows */
export function refuseAboveCeiling(decisions: readonly Decision[], feed: RegionFeed, policy: Policy): void {
  const held = decisions.filter(isWanted).length;
  const share = held / feed.types.length;
  if (share <= policy.maxBlacklistShare) return;
  const percent = (value: number) => `${Number((value * 100).toFixed(1))}%`;
  throw new CeilingError(
    { types: held, of: feed.types.length, ceiling: policy.maxBlacklistShare },
    `${held} of ${feed.types.length} types of ${feed.region}, ${feed.os}, would be blacklisted: ${percent(share)}, above the ceiling of ${percent(policy.maxBlacklistShare)}, so nothing was written. Most likely the threshold (${policy.interruptionThreshold}%) is too low, the always list${policy.alwaysBlacklist.length > 0 ? ` (${shortList(policy.alwaysBlacklist)})` : ''} too broad, or the feed wrong; if this is intended, raise MAX_BLACKLIST_SHARE.`,
  );
}
