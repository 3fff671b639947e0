/*
 * The metrics that a run emits and that the alarms and the dashboard read: one name in both places. Each metric
 * of each target costs what CloudWatch asks for a custom metric, so there are few.
 *
 * They are made from the run's result, once, as its last act, also when the run is about to throw; a run that has
 * no result (unusable settings, no secret, no feed) emits none. The target's name is the only dimension. Over a
 * fleet each is the sum over the clusters, unless it says otherwise; a skipped cluster counts for nothing. A dry
 * run emits them too, but for `RunCompleted`: it writes nothing, so what counts writes is 0. `clear` emits only what
 * is marked "also clear".
 */

/** The namespace in CloudWatch. */
export const METRIC_NAMESPACE = 'SpotBlacklist';

/** The one dimension: the target's name. */
export const TARGET_DIMENSION = 'target';

/** The names, by what they say. The units are CloudWatch's. */
export const METRICS = {
  /**
   * 1 if the run's status is `completed`, else 0. Once a run, not once a cluster. Not for a dry run: one by hand must not
   * hide that the runs that renew are missing.
   */
  runCompleted: { name: 'RunCompleted', unit: 'Count' },
  /** Types that the policy wants blacklisted, whatever was done: decisions add, renew, keep, covered and spare. */
  riskyTypes: { name: 'RiskyTypes', unit: 'Count' },
  /**
   * Own entries that are live when the run ends, which is what this target keeps from being bought now: decisions
   * keep, lapse and renew, add where it succeeded, release and remove where they did not. Left out where a cluster
   * could not be read, so that the graph has a gap and not a dip. Also clear.
   */
  blacklistedTypes: { name: 'BlacklistedTypes', unit: 'Count' },
  /** Decisions add that succeeded. */
  added: { name: 'Added', unit: 'Count' },
  /** Decisions renew that succeeded. */
  renewed: { name: 'Renewed', unit: 'Count' },
  /** Decisions release and remove that succeeded. Also clear. */
  removed: { name: 'Removed', unit: 'Count' },
  /** Decisions spare: risky, but kept available by the floor or the never list. */
  spared: { name: 'Spared', unit: 'Count' },
  /** Writes that failed or were not confirmed, and 1 for each cluster that failed before its first write. Also clear. */
  failed: { name: 'Failed', unit: 'Count' },
  /** Writes that were left for the next run, and 1 for each cluster that was left as a whole. Also clear. */
  deferred: { name: 'Deferred', unit: 'Count' },
  /** Renewals for which there was no time, and which can wait for the next run: no failure. */
  postponed: { name: 'Postponed', unit: 'Count' },
  /**
   * Risky types that nothing kept off Spot when the run ended, spared ones aside, in the clusters that could be read. Left
   * out where there was none, and of a dry run.
   */
  uncovered: { name: 'Uncovered', unit: 'Count' },
  /**
   * Hours between the feed's Last-Modified and the run; once a run. Left out where the feed does not say.
   * CloudWatch has no unit for hours.
   */
  feedAgeHours: { name: 'FeedAgeHours', unit: 'None' },
} as const;
