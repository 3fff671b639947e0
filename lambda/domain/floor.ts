import type { Action } from './action.ts';
import { isAvailableAfter } from './availability.ts';
import type { Blacklist } from './blacklist.ts';
import { type Decision, isWanted, shownTime } from './decision.ts';
import { architectureOf, familyOf } from './instance-type.ts';
import type { Policy } from './policy.ts';
import type { SpotType } from './spot-type.ts';

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
  const risky = new Set(proposals.filter(isWanted).map(({ instanceType }) => instanceType));
  const steady = spareIn(proposals, ['add', 'renew', 'keep'], (type) => isFree(type) && !risky.has(type));
  return spareIn(steady, ['add'], isAvailableAfter(steady, blacklist));
}

function sparedForFloor(
  decision: Decision,
  policy: Policy,
  { blacklistedUntil, coveredUntil, own, foreignKeys }: Blacklist,
): Decision {
  const { instanceType } = decision;
  const reason = `${decision.reason}, but kept available: at least ${policy.minTypesPerArchitecture} types and ${policy.minFamiliesPerArchitecture} families of its architecture have to be`;
  // An own entry without expiry would keep it off for good.
  if (own.get(instanceType) === Number.POSITIVE_INFINITY && !foreignKeys.has(instanceType))
    return { ...decision, action: 'release', reason, expiresAt: null };
  const until = Math.max(blacklistedUntil(instanceType), coveredUntil(instanceType));
  return { ...decision, action: 'spare', reason, expiresAt: shownTime(until) };
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
