import { type Blacklist, type Entry, readBlacklist } from './blacklist/blacklist.ts';
import { warningsAboutList, warnOfEndingTargets, warnOfNothingToClear } from './blacklist/list-warnings.ts';
import { BY_EVIDENCE, markerOf, type TargetNames } from './blacklist/ownership.ts';
import {
  causesIn,
  decideCalm,
  decideNever,
  decideOutside,
  decideRisky,
  decideVanished,
  isInRollout,
  SHARED_KEY,
} from './decide.ts';
import { type Decision, isCalmRelease, type Placement, type Policy, shownTime } from './decision.ts';
import type { CeilingError } from './errors.ts';
import { type Availability, availability, availableAfter, freeOf } from './guard-rails/availability.ts';
import { relaxOnFallback, type Schedule } from './guard-rails/fallback.ts';
import { floorsOf } from './guard-rails/floors.ts';
import { holdFloors } from './guard-rails/hold-floors.ts';
import {
  ceilingProblem,
  isTooMuch,
  warnOfDroppedEvidence,
  warnOfTooManyReleases,
  withoutReleases,
} from './guard-rails/limits.ts';
import { familyShortfalls, floorShortfalls } from './guard-rails/shortfalls.ts';
import { outcomesOfSizes, type SizeOutcome, sizesOf } from './guard-rails/sizes.ts';
import { judgeTemplates, outcomesOf } from './instance-types/allowed-types.ts';
import { compileTypeGlobs } from './instance-types/globs.ts';
import type { MachineClass } from './instance-types/instance-type.ts';
import { type NodeCounts, withNodes } from './instance-types/spot-nodes.ts';
import { type RegionFeed, riskOf, type SpotType } from './instance-types/spot-type.ts';
import type { Template, TemplateOutcome } from './instance-types/template.ts';
import { expiryFrom, halfOf } from './renewal.ts';
import { shortList } from './words.ts';

/** All decisions for one cluster, complete before the first write. */
export interface Plan {
  /** The cluster's list, as the plan reads it. */
  readonly blacklist: Blacklist;
  /** Riskiest first. */
  readonly decisions: readonly Decision[];
  /** How many live own entries there are, and how many of them are released because their types are calm. */
  readonly releases: { readonly own: number; readonly calm: number };
  /** What stays available once the plan is carried out; empty where the feed was not asked. */
  readonly available: ReadonlyMap<MachineClass, Availability>;
  /** The types that do not stay available, although their decision, if any, does not say so. */
  readonly unavailable: readonly string[];
  /** Null if the templates are unknown. In the API's order. */
  readonly templates: readonly TemplateOutcome[] | null;
  /** The common machine sizes of which a floor keeps something available, or of which types are missing. */
  readonly sizes: readonly SizeOutcome[];
  /** Null if the nodes are unknown. */
  readonly nodes: NodeCounts | null;
  /** The Spot nodes by type, of the types without a decision. */
  readonly calmNodes: Readonly<Record<string, number>>;
  /**
   * How many guard rails cannot hold: classes, templates or sizes below their floor, templates that allow nothing, families in
   * use that lose their last type.
   */
  readonly shortfalls: number;
  /** Why a part of it must not be carried out in this run, for the user; omitted if all of it may be. */
  readonly problem?: string;
  /** What the user should look at, in sentences. */
  readonly warnings: readonly string[];
}

/** The state of one cluster that a plan is made for. */
export interface ClusterState extends TargetNames {
  readonly clusterId: string;
  /** Whether calm types are not released, because over all clusters of the run they would be too many at once. */
  readonly holdReleases?: boolean;
  /** Every entry that concerns the cluster, in any order. */
  readonly entries: readonly Entry[];
  /** The Spot templates; null if unknown. */
  readonly templates: readonly Template[] | null;
  /** The number of running Spot nodes by type; null if unknown. */
  readonly spotNodes: ReadonlyMap<string, number> | null;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Why own interruptions may be missing, in words, so that no type counts as calm by them; omitted if they are not. */
  readonly hidden?: string | null;
  /** Omitted for runs without one. */
  readonly schedule?: Schedule;
}

/**
 * Decides about every type of a region in one cluster. The same facts give the same plan, whatever the
 * order of the feed or of the entries, and once a plan is carried out the next one has nothing to write.
 *
 * Own evidence is optional, so it never stops a run: if it takes the plan above the ceiling, AWS's bands alone decide.
 *
 * @throws {CeilingError} if more of the region would be blacklisted than the policy allows
 */
export function planApply(feed: RegionFeed, policy: Policy, state: ClusterState): Plan {
  const blacklist = readBlacklist(state.entries, state.clusterId, state, state.now);
  const believed = state.hidden ? withoutCalm(feed) : feed;
  const { plan, problem } = planWith(believed, policy, state, blacklist);
  if (problem === null) return plan;
  if (!feed.types.some(({ own }) => own?.decides)) throw problem;
  const byBands = planApply(withoutEvidence(feed), policy, state);
  return { ...byBands, warnings: [warnOfDroppedEvidence(problem.refusal, feed), ...byBands.warnings] };
}

/** @returns the region's types with own figures that decide nothing */
function withoutEvidence(feed: RegionFeed): RegionFeed {
  const types = feed.types.map((type) =>
    type.own ? { ...type, own: { ...type.own, decides: null } } : type,
  );
  return { ...feed, types };
}

/** @returns the region's types, none of them calm by own figures, because interruptions may be missing */
function withoutCalm(feed: RegionFeed): RegionFeed {
  const types = feed.types.map((type): SpotType => {
    if (type.own?.decides !== 'calm') return type;
    const besideBand = `${type.own.besideBand}, which does not count`;
    return { ...type, own: { ...type.own, decides: null, besideBand } };
  });
  return { ...feed, types };
}

/** @returns a plan, and the error if it may not be carried out */
function planWith(
  feed: RegionFeed,
  policy: Policy,
  state: ClusterState,
  blacklist: Blacklist,
): { plan: Plan; problem: CeilingError | null } {
  const lists = {
    never: compileTypeGlobs(policy.neverBlacklist),
    always: compileTypeGlobs(policy.alwaysBlacklist),
  };
  const types = [...feed.types].sort(riskiestFirst);
  const names = types.map(({ instanceType }) => instanceType);
  const causeOf = causesIn(types, policy, lists.always);

  const proposals = types.flatMap((type) => {
    const cause = causeOf(type);
    const never = lists.never.matching(type.instanceType);
    if (never !== undefined) return decideNever(type, never, cause !== null, blacklist);
    if (cause === null) return decideCalm(type, policy, blacklist);
    if (cause.kind !== 'always list' && !isInRollout(state.targetName, type, policy.rollout))
      return decideOutside(type, cause, policy, blacklist);
    return decideRisky(type, cause, policy, state.now, blacklist);
  });
  const templates = judgeTemplates(state.templates ?? [], types);
  const { sizes } = sizesOf(types);
  const floors = floorsOf(types, policy, templates, sizes);
  const free = freeOf(types, blacklist);
  const wanted = [...proposals, ...decideVanished(types, blacklist)];
  const { decisions: held, kept } = holdFloors(types, wanted, floors, blacklist, free);
  // Whether the threshold is plausible does not depend on what fallback gives back for the moment.
  const problem = ceilingProblem(held, feed, policy, blacklist);
  const always = types
    .filter((type) => causeOf(type)?.kind === 'always list')
    .map((type) => type.instanceType);
  const { decisions: relaxed, raised } = relaxOnFallback({
    ...{ types, decisions: held, templates, policy, blacklist, free },
    ...{ always: new Set(always), schedule: state.schedule },
  });
  // No floor relies on calm releases.
  const releases = relaxed.filter(isCalmRelease).length;
  const isHeldBack = state.holdReleases || isTooMuch(releases, blacklist.own.size);
  const decisions = isHeldBack ? withoutReleases(relaxed, blacklist, expiryFrom(state.now, policy)) : relaxed;
  const available = availableAfter(types, decisions, blacklist, free);
  const shortfalls = [
    floorShortfalls(floors, feed, available, blacklist),
    familyShortfalls(feed, policy, state.spotNodes, available),
  ];
  const risky = types.filter((type) => causeOf(type) !== null);
  const plan = {
    blacklist,
    ...withNodes(decisions, state.spotNodes),
    releases: { own: blacklist.own.size, calm: isHeldBack ? 0 : releases },
    ...availability(types, decisions, available),
    templates: state.templates && outcomesOf(templates, risky, available, policy, raised),
    sizes: outcomesOfSizes(sizes, policy, kept, available),
    shortfalls: shortfalls.reduce((sum, { count }) => sum + count, 0),
    warnings: [
      ...shortfalls.flatMap(({ warnings }) => warnings),
      ...(risky.length > 0 ? [] : [nothingRisky(feed, policy)]),
      ...idleWarnings('never', lists.never.idle(names)),
      ...idleWarnings('always', lists.always.idle(names)),
      ...(isHeldBack && !state.holdReleases ? [warnOfTooManyReleases(releases, blacklist.own.size)] : []),
      ...warningsAboutList(blacklist),
      ...warnOfEndingTargets(blacklist, decisions, state.now + halfOf(policy)),
    ],
  };
  return { plan, problem };
}

/** Decides to remove every own entry of a target from one cluster. It is the rollback, so it needs no feed. */
export function planClear(state: ClusterState): Plan {
  const blacklist = readBlacklist(state.entries, state.clusterId, state, state.now);
  const decisions = [...blacklist.own].sort().map(([instanceType]): Decision => {
    const base = { instanceType, band: null, savings: null };
    return blacklist.foreignKeys.has(instanceType)
      ? {
          ...base,
          action: 'lapse',
          reason: SHARED_KEY,
          expiresAt: shownTime(blacklist.blacklistedUntil(instanceType)),
        }
      : { ...base, action: 'remove', reason: 'own entry, to be cleared', expiresAt: null };
  });
  const warnings = [...warnOfNothingToClear(blacklist, state.targetName), ...warningsAboutList(blacklist)];
  const releases = { own: blacklist.own.size, calm: 0 };
  return {
    blacklist,
    ...withNodes(decisions, state.spotNodes),
    releases,
    available: new Map(),
    unavailable: [],
    templates: null,
    sizes: [],
    shortfalls: 0,
    warnings,
  };
}

/**
 * @returns the reason that an own entry shows in CAST AI: the marker first, then the cause, which a later run understands
 */
export function entryReason(targetName: string, { reason, cause }: Placement): string {
  return `${markerOf(targetName)}${cause === 'own evidence' ? BY_EVIDENCE : ''}${reason}`;
}

/** Highest risk first; within a band, the lowest saving first, because losing it costs the least. */
function riskiestFirst(a: SpotType, b: SpotType): number {
  return riskOf(b) - riskOf(a) || a.savings - b.savings || (a.instanceType < b.instanceType ? -1 : 1);
}

function nothingRisky({ region, os }: RegionFeed, { interruptionThreshold }: Policy): string {
  return `No type of ${region}, ${os}, is risky at a threshold of ${interruptionThreshold}%, so there is nothing to blacklist.`;
}

function idleWarnings(list: string, globs: readonly string[]): string[] {
  if (globs.length === 0) return [];
  return [
    `${shortList(globs)} on the ${list} list ${globs.length === 1 ? 'matches' : 'match'} no type of this region. Check the spelling.`,
  ];
}
