import type { Blacklist } from '../blacklist/blacklist.ts';
import { ACTIONS, type Decision } from '../decision.ts';
import { classOf, familyOf, MACHINE_CLASSES, type MachineClass } from '../instance-types/instance-type.ts';
import type { SpotType } from '../instance-types/spot-type.ts';

/** What stays available of one machine class. */
export interface Availability {
  readonly types: number;
  readonly families: number;
}

/** @returns the types that no live entry of another owner keeps off */
export function freeOf(types: readonly SpotType[], { coveredUntil }: Blacklist): ReadonlySet<string> {
  return new Set(namesOf(types).filter((type) => coveredUntil(type) === 0));
}

/**
 * @param free the types that no live entry of another owner keeps off
 * @returns the types that can be bought as Spot once the decisions are carried out
 */
export function availableAfter(
  types: readonly SpotType[],
  decisions: readonly Decision[],
  { own }: Blacklist,
  free: ReadonlySet<string>,
): ReadonlySet<string> {
  const actions = new Map(decisions.map(({ instanceType, action }) => [instanceType, action]));
  const isAvailable = (type: string) => {
    const action = actions.get(type);
    if (!free.has(type) || action === 'add') return false;
    return !own.has(type) || action === 'release';
  };
  return new Set(namesOf(types).filter(isAvailable));
}

/**
 * @param available the types that stay available once the decisions are carried out
 * @returns their number per machine class, and the types that are unavailable although no decision says so
 */
export function availability(
  types: readonly SpotType[],
  decisions: readonly Decision[],
  available: ReadonlySet<string>,
): { available: Map<MachineClass, Availability>; unavailable: string[] } {
  const told = new Set(
    decisions.filter(({ action }) => ACTIONS[action].keepsOff).map(({ instanceType }) => instanceType),
  );
  const byClass = Object.groupBy(namesOf(types), classOf);
  const counts = MACHINE_CLASSES.flatMap((machineClass): Array<[MachineClass, Availability]> => {
    const ofClass = byClass[machineClass];
    if (ofClass === undefined) return [];
    const left = ofClass.filter((type) => available.has(type));
    return [[machineClass, { types: left.length, families: new Set(left.map(familyOf)).size }]];
  });
  return {
    available: new Map(counts),
    unavailable: namesOf(types)
      .filter((type) => !told.has(type) && !available.has(type))
      .sort(),
  };
}

function namesOf(types: readonly SpotType[]): string[] {
  return types.map(({ instanceType }) => instanceType);
}
