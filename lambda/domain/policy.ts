/** What a run blacklists, and its limits. */
export interface Policy {
  /** The interruption percentage that the user tolerates: 0, or from 1 to below 100. */
  readonly interruptionThreshold: number;
  /** How long an entry lasts, in hours: 1 to 168. */
  readonly blacklistHours: number;
  /** The floor: how many types of each machine class stay available. 0 disables it. */
  readonly minTypesPerArchitecture: number;
  /** The floor: how many families of each machine class stay available. 0 disables it. */
  readonly minFamiliesPerArchitecture: number;
  /** The floor: how many of the types that each Spot template allows stay available. 0 disables it. */
  readonly minTypesPerTemplate: number;
  /** The ceiling: the share of the region's types that may be blacklisted, 0 to 1. */
  readonly maxBlacklistShare: number;
  /** Type globs that are never blacklisted; they take precedence over `alwaysBlacklist`. */
  readonly neverBlacklist: readonly string[];
  /** Type globs that are blacklisted whatever their band. */
  readonly alwaysBlacklist: readonly string[];
  /** Whether own entries of types that are no longer risky are removed instead of lapsing. */
  readonly releaseCalm: boolean;
}
