/** The source of the events; the role's permission and users' rules depend on it. */
export const EVENT_SOURCE = 'spot-blacklist';

/*
 * The metrics that a run emits, and that the alarms and the dashboard read. Each metric of each target is billed as a
 * custom metric, so there are few.
 *
 * They are computed from the run's result, once, at its end, even if the run then throws; a run without a result
 * (unusable settings, no secret, no feed) emits none. The target's name is the only dimension. For a fleet, each is the
 * sum over the clusters unless noted otherwise; skipped clusters are not counted. A dry run emits all but `RunCompleted`;
 * those that count writes are 0. `clear` emits only those marked "also clear".
 */

/** The namespace in CloudWatch. */
export const METRIC_NAMESPACE = 'SpotBlacklist';

/** The one dimension: the target's name. */
export const TARGET_DIMENSION = 'target';

/** Names and CloudWatch units. */
export const METRICS = {
  /**
   * 1 if the run's status is `completed` and every cluster could be judged, else 0. Once per run, not per cluster. Not for
   * a dry run: a manual one must not hide that live runs are missing.
   */
  runCompleted: { name: 'RunCompleted', unit: 'Count' },
  /** Types that the policy wants blacklisted, whatever the outcome: decisions add, renew, keep, covered and spare. */
  riskyTypes: { name: 'RiskyTypes', unit: 'Count' },
  /**
   * Own entries that are live when the run ends: decisions keep, lapse and renew, add if it succeeded, release and remove
   * if they did not. Omitted if a cluster could not be read, so that the graph has a gap, not a dip. Also clear.
   */
  blacklistedTypes: { name: 'BlacklistedTypes', unit: 'Count' },
  /** Decisions add that succeeded. */
  added: { name: 'Added', unit: 'Count' },
  /** Decisions renew that succeeded. */
  renewed: { name: 'Renewed', unit: 'Count' },
  /** Decisions release and remove that succeeded. Also clear. */
  removed: { name: 'Removed', unit: 'Count' },
  /** Decisions spare: risky, but kept available by a floor, the never list or the rollout. */
  spared: { name: 'Spared', unit: 'Count' },
  /**
   * Running Spot nodes, and those of blacklisted types: they keep running, and are not bought again. Omitted if the nodes
   * of a cluster are unknown.
   */
  spotNodes: { name: 'SpotNodes', unit: 'Count' },
  spotNodesOnBlacklisted: { name: 'SpotNodesOnBlacklisted', unit: 'Count' },
  /**
   * On-demand nodes that Spot templates had to buy because Spot was short, as CAST AI counts them. Omitted if those of a
   * template are unknown.
   */
  fallbackNodes: { name: 'FallbackNodes', unit: 'Count' },
  /**
   * With own evidence: how often the account's Spot machines of types above the threshold were interrupted, as a multiple
   * of the others' rate. Once per run. Omitted without own evidence, and if there is too little of it.
   */
  riskyAgainstOthers: { name: 'RiskyAgainstOthers', unit: 'None' },
  /**
   * Guard rails that cannot hold, mostly because of other owners' entries: machine classes, templates and sizes below
   * their floor, templates that allow no type, and families in use that lose their last type.
   */
  unheldGuardRails: { name: 'UnheldGuardRails', unit: 'Count' },
  /** Writes that failed or were not confirmed, plus 1 for each cluster that failed before its first write. Also clear. */
  failed: { name: 'Failed', unit: 'Count' },
  /** Writes deferred or withheld until the next run, plus 1 for each cluster deferred as a whole. Also clear. */
  deferred: { name: 'Deferred', unit: 'Count' },
  /** Renewals and calm releases for which there was no time, and which can wait for the next run: no failure. */
  postponed: { name: 'Postponed', unit: 'Count' },
  /**
   * Risky types, except spared ones, that nothing kept off Spot when the run ended, in the clusters whose list could be
   * read, however the run ended. Omitted if there was none, and for a dry run.
   */
  uncovered: { name: 'Uncovered', unit: 'Count' },
  /**
   * Hours between the feed's Last-Modified and the run; once per run. Omitted if the feed has no date. CloudWatch has no
   * unit for hours.
   */
  feedAgeHours: { name: 'FeedAgeHours', unit: 'None' },
} as const;
