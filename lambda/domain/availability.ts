import { ACTIONS } from './action.ts';
import type { Blacklist } from './blacklist.ts';
import type { Decision } from './decision.ts';
import { type Architecture, architectureOf, familyOf } from './instance-type.ts';
import type { SpotType } from './spot-type.ts';

/** What stays available in one architecture. */
export interface Availability {
  readonly types: number;
  readonly families: number;
}

/** What stays available of a region's types, by architecture, once the decisions are carried out. */
export function availabilityAfter(
  types: readonly SpotType[],
  decisions: readonly Decision[],
  blacklist: Blacklist,
): { available: Map<Architecture, Availability>; unavailable: string[] } {
  const isAvailable = isAvailableAfter(decisions, blacklist);
  const reported = new Set(
    decisions.filter(({ action }) => ACTIONS[action].keepsOff).map((one) => one.instanceType),
  );
  const others = types.map(({ instanceType }) => instanceType).filter((type) => !reported.has(type));
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
    unavailable: others.filter((type) => !isAvailable(type)).sort(),
  };
}

/** Whether a type can be bought as Spot once the decisions are carried out. */
export function isAvailableAfter(decisions: readonly Decision[], { own, coveredUntil }: Blacklist) {
  const actions = new Map(decisions.map(({ instanceType, action }) => [instanceType, action]));
  return (type: string) => {
    const action = actions.get(type);
    if (coveredUntil(type) > 0 || action === 'add') return false;
    return !own.has(type) || action === 'release';
  };
}
