import type { Blacklist } from './blacklist.ts';
import { type Action, type Decision, isHeld, shownTime } from './decision.ts';
import { CeilingError } from './errors.ts';
import { type Architecture, architectureOf, familyOf } from './instance-type.ts';
import type { Policy } from './settings.ts';
import { shortList } from './short-list.ts';
import type { RegionFeed, SpotType } from './spot-advisor.ts';

/** What stays available of one architecture. */
export interface Availability {
  readonly types: number;
  readonly families: number;
}

/**
 * Spares what has to stay available, in two steps. First what the floor asks for in the long run, when own entries
 * that are not wanted any longer have lapsed; then, until they have, further additions.
 *
 * @param types every type of the region; equal ones by name
 * @param proposals the decisions as they would be without a floor, riskiest first
 * @returns the proposals, some of them turned into `spare`
 */
export function holdFloor(
  types: readonly SpotType[],
  proposals: readonly Decision[],
  policy: Policy,
  blacklist: Blacklist,
): Decision[] {
  const leastRisky = types.toSorted(leastRiskyFirst).map(({ instanceType }) => instanceType);
  const isFree = (type: string) => blacklist.coveredUntil(type) === 0;
  const spareIn = (
    decisions: readonly Decision[],
    actions: readonly Action[],
    isAvailable: typeof isFree,
  ) => {
    const candidates = new Set(
      decisions.filter(({ action }) => actions.includes(action)).map(({ instanceType }) => instanceType),
    );
    const spared = sparedByFloor(
      leastRisky.filter(isAvailable),
      leastRisky.filter((type) => candidates.has(type) && isFree(type)),
      leastRisky.filter((type) => candidates.has(type) && !isFree(type)),
      policy,
    );
    return decisions.map((decision) =>
      spared.has(decision.instanceType) ? sparedForFloor(decision, policy, blacklist) : decision,
    );
  };
  const risky = new Set(proposals.filter(isHeld).map(({ instanceType }) => instanceType));
  const steady = spareIn(proposals, ['add', 'renew', 'keep'], (type) => isFree(type) && !risky.has(type));
  return spareIn(steady, ['add'], isAvailableAfter(steady, blacklist));
}

/** Up to so many live own entries, releasing them all at once is no sign of a broken feed. */
const FEW = 10;

/**
 * A region that is suddenly calm is likelier a broken feed: more than half of the live own entries are not released at
 * once, but left to lapse. What the never list names is released all the same: that is the user's own word.
 *
 * @param decisions the decisions as they would be without this limit
 */
export function limitReleases(
  decisions: readonly Decision[],
  isNever: (instanceType: string) => boolean,
  { own }: Blacklist,
): { decisions: readonly Decision[]; warnings: string[] } {
  const isLimited = ({ action, instanceType }: Decision) => action === 'release' && !isNever(instanceType);
  const released = decisions.filter(isLimited).length;
  if (own.size <= FEW || released <= own.size / 2) return { decisions, warnings: [] };
  return {
    decisions: decisions.map((decision) => (isLimited(decision) ? lapsing(decision, own) : decision)),
    warnings: [
      `${released} of the ${own.size} live entries of this target would be released at once. A feed that is broken is likelier than a region that is suddenly calm, so they are left to lapse. If it is calm, nothing has to be done; clear removes them at once.`,
    ],
  };
}

function lapsing({ action: _, ...decision }: Decision, own: Blacklist['own']): Decision {
  return {
    ...decision,
    action: 'lapse',
    reason: `${decision.reason}; not released, because more than half of the entries would be`,
    expiresAt: shownTime(own.get(decision.instanceType)?.until ?? 0),
  };
}

function sparedForFloor(
  decision: Decision,
  policy: Policy,
  { blacklistedUntil, coveredUntil }: Blacklist,
): Decision {
  const until = Math.max(blacklistedUntil(decision.instanceType), coveredUntil(decision.instanceType));
  return {
    ...decision,
    action: 'spare',
    reason: `${decision.reason}, but kept available: at least ${policy.minTypesPerArchitecture} types and ${policy.minFamiliesPerArchitecture} families of its architecture have to be`,
    expiresAt: shownTime(until),
  };
}

/** What stays available of a region's types, per architecture, once the decisions are carried out. */
export function availabilityAfter(
  types: readonly SpotType[],
  decisions: readonly Decision[],
  blacklist: Blacklist,
): { available: Map<Architecture, Availability>; unavailable: string[] } {
  const isAvailable = isAvailableAfter(decisions, blacklist);
  const told = new Set(
    decisions.filter(({ action }) => TELLING.includes(action)).map((one) => one.instanceType),
  );
  const untold = types.map(({ instanceType }) => instanceType).filter((type) => !told.has(type));
  const families = new Map<Architecture, string[]>();
  for (const { instanceType } of types) {
    const architecture = architectureOf(instanceType);
    const available = families.get(architecture) ?? [];
    families.set(architecture, available);
    if (isAvailable(instanceType)) available.push(familyOf(instanceType));
  }
  return {
    available: new Map(
      [...families].map(([architecture, names]) => [
        architecture,
        { types: names.length, families: new Set(names).size },
      ]),
    ),
    unavailable: untold.filter((type) => !isAvailable(type)).sort(),
  };
}

/** The actions that say by themselves that a type cannot be bought afterwards. */
const TELLING: readonly Action[] = ['add', 'renew', 'keep', 'covered', 'lapse'];

/** @throws {CeilingError} if the target would hold more of the region's types than the policy allows */
export function refuseAboveCeiling(decisions: readonly Decision[], feed: RegionFeed, policy: Policy): void {
  const held = decisions.filter(isHeld).length;
  const share = held / feed.types.length;
  if (share <= policy.maxBlacklistShare) return;
  const percent = (value: number) => `${Number((value * 100).toFixed(1))}%`;
  throw new CeilingError(
    `${held} of ${feed.types.length} types of ${feed.region}, ${feed.os}, would be blacklisted: ${percent(share)}, above the ceiling of ${percent(policy.maxBlacklistShare)}, so nothing was written. Most likely the threshold (${policy.interruptionThreshold}%) is too low, the always list${policy.alwaysBlacklist.length > 0 ? ` (${shortList(policy.alwaysBlacklist)})` : ''} too wide, or the feed wrong; if it is meant, raise MAX_BLACKLIST_SHARE.`,
  );
}

/** Whether a type can be bought as Spot once the decisions are carried out. */
function isAvailableAfter(decisions: readonly Decision[], { own, coveredUntil }: Blacklist) {
  const actions = new Map(decisions.map(({ instanceType, action }) => [instanceType, action]));
  return (type: string) => {
    const action = actions.get(type);
    if (coveredUntil(type) > 0 || action === 'add') return false;
    return !own.has(type) || action === 'release';
  };
}

/**
 * Lowest band first; in a band the highest saving first. The order in which types are spared. Sorting leaves equal ones
 * as they were.
 */
function leastRiskyFirst(a: SpotType, b: SpotType): number {
  return a.band.lower - b.band.lower || b.savings - a.savings;
}

/**
 * Finds the types that have to be spared so that the floor holds: of each architecture as many as it takes. They are
 * taken strictly in order, even where a type adds no family to those that are missing: so nothing riskier is ever
 * available in place of something calmer. If not even sparing all of them is enough, all are spared.
 *
 * @param available the types that are available before anything is spared
 * @param sparable the types that sparing makes available, least risky first
 * @param others the types that would be blacklisted too, but that sparing does not make available; if the floor
 *   cannot be held, they are spared as well, so that nothing makes it worse
 */
function sparedByFloor(
  available: readonly string[],
  sparable: readonly string[],
  others: readonly string[],
  { minTypesPerArchitecture, minFamiliesPerArchitecture }: Policy,
): Set<string> {
  const spared = new Set<string>();
  for (const architecture of new Set([...sparable, ...others].map(architectureOf))) {
    const isOne = (instanceType: string) => architectureOf(instanceType) === architecture;
    const left = new Set(available.filter(isOne));
    const families = new Set([...left].map(familyOf));
    const holds = () => left.size >= minTypesPerArchitecture && families.size >= minFamiliesPerArchitecture;
    for (const instanceType of sparable.filter(isOne)) {
      if (holds()) break;
      spared.add(instanceType);
      left.add(instanceType);
      families.add(familyOf(instanceType));
    }
    if (!holds()) for (const instanceType of others.filter(isOne)) spared.add(instanceType);
  }
  return spared;
}
