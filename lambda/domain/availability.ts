import { ACTIONS } from './action.ts';
import type { Blacklist } from './blacklist.ts';
import type { Decision } from './decision.ts';
import { familyOf } from './instance-type.ts';
import { classOf, MACHINE_CLASSES, type MachineClass } from './machine-class.ts';
import type { SpotType } from './spot-type.ts';

/** What stays available of one machine class. */
export interface Availability {
  readonly types: number;
  readonly families: number;
}

/** What stays available of a region's types, per machine class, once the decisions are carried out. */
export function availabilityAfter(
  types: readonly SpotType[],
  decisions: readonly Decision[],
  blacklist: Blacklist,
): { available: Map<MachineClass, Availability>; unavailable: string[] } {
  const isAvailable = isAvailableAfter(decisions, blacklist);
  const told = new Set(
    decisions.filter(({ action }) => ACTIONS[action].keepsOff).map((one) => one.instanceType),
  );
  const untold = types.map(({ instanceType }) => instanceType).filter((type) => !told.has(type));
  const families = new Map<MachineClass, string[]>();
  for (const { instanceType } of types) {
    const machineClass = classOf(instanceType);
    const available = families.get(machineClass) ?? [];
    families.set(machineClass, available);
    if (isAvailable(instanceType)) available.push(familyOf(instanceType));
  }
  return {
    available: new Map(
      MACHINE_CLASSES.flatMap((machineClass) => {
        const names = families.get(machineClass);
        if (names === undefined) return [];
        return [[machineClass, { types: names.length, families: new Set(names).size }]];
      }),
    ),
    unavailable: untold.filter((type) => !isAvailable(type)).sort(),
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
