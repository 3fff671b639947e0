import type { Policy } from '../decision.ts';
import { allowedWith, holdersOf, type JudgedTemplate } from '../instance-types/allowed-types.ts';
import { classOf, familyOf, MACHINE_CLASSES } from '../instance-types/instance-type.ts';
import type { SpotType } from '../instance-types/spot-type.ts';
import type { BoughtNodes } from '../instance-types/template.ts';
import { nameOf, type SizeTypes } from './sizes.ts';

/** How many types of a set have to stay available. */
export interface Floor {
  /** A machine class, the name of a template, or a size in words. */
  readonly name: string;
  /** `maybe` is a further floor of a template, a precaution: if it does not hold, that is no shortfall. */
  readonly kind: 'class' | 'template' | 'maybe' | 'size';
  readonly members: ReadonlySet<string>;
  readonly types: number;
  readonly families: number;
  /** Why a template's floor is higher than the setting; omitted if it is not. */
  readonly bought?: BoughtNodes;
}

/**
 * A template's floor is held by the types that it surely allows. Where these do not suffice, or there are none, further
 * floors keep those that it may allow, the likelier ones first.
 *
 * @returns the floors of a region and a cluster: of each machine class, each template and each common size, without those of zero
 */
export function floorsOf(
  types: readonly SpotType[],
  policy: Policy,
  templates: readonly JudgedTemplate[],
  sizes: readonly SizeTypes[],
): Floor[] {
  const { minTypesPerArchitecture, minFamiliesPerArchitecture, minTypesPerTemplate, minTypesPerSize } =
    policy;
  const byClass = Object.groupBy(types, ({ instanceType }) => classOf(instanceType));
  const classes = MACHINE_CLASSES.map((machineClass): Floor => {
    const members = new Set(byClass[machineClass]?.map(({ instanceType }) => instanceType));
    const least = { types: minTypesPerArchitecture, families: minFamiliesPerArchitecture };
    return { name: machineClass, kind: 'class', members, ...least };
  });
  const ofTemplates = templates.flatMap((judged): Floor[] => {
    const floor = { name: judged.template.name, types: minTypesPerTemplate, families: 0 };
    const holders = holdersOf(judged);
    const tiers = [...new Set([...judged.allowed.values()].map(({ length }) => length))]
      .map((doubts) => allowedWith(judged, doubts))
      .filter(({ size }) => size !== holders.size);
    return [
      { ...floor, kind: 'template', members: holders },
      ...tiers.map((members): Floor => ({ ...floor, kind: 'maybe', members })),
    ];
  });
  const ofSizes = sizes.map((size): Floor => {
    return { name: nameOf(size), kind: 'size', members: size.members, types: minTypesPerSize, families: 0 };
  });
  return [...classes, ...ofTemplates, ...ofSizes].filter((floor) => floor.types > 0 || floor.families > 0);
}

/**
 * Finds the types that have to be spared so that every floor holds.
 *
 * All are spared at first; then, riskiest first, those that no floor needs are dropped. So what stays spared is needed by
 * a floor even if everything calmer is available: it cannot be dropped, nor exchanged for anything calmer. Floors that
 * cannot hold, even if all are spared, keep all of their types, so that nothing makes them worse.
 *
 * @param available the types that are available before anything is spared
 * @param sparable the types that sparing makes available, least risky first
 * @param others the types that would be blacklisted too, but that sparing does not make available; they are spared only
 *   for floors that cannot be held
 * @returns the spared types, each with the floors that need it
 */
export function sparedFor(
  floors: readonly Floor[],
  available: ReadonlySet<string>,
  sparable: readonly string[],
  others: readonly string[],
): Map<string, readonly Floor[]> {
  const spared = new Map<string, readonly Floor[]>();
  const inQuestion = floors.filter((floor) => !holdsWith(floor, available));
  if (inQuestion.length === 0) return spared;
  const reachable = new Set([...available, ...sparable]);
  const states = inQuestion.map((floor) => new FloorState(floor, reachable));
  const spareIf = (type: string, isNeeded: (state: FloorState) => boolean) => {
    const concerned = states.filter(({ floor }) => floor.members.has(type));
    const needing = concerned.filter(isNeeded);
    if (needing.length > 0)
      spared.set(
        type,
        needing.map(({ floor }) => floor),
      );
    else for (const state of concerned) state.giveUp(type);
  };
  for (const type of sparable.toReversed()) spareIf(type, (state) => state.needs(type));
  for (const type of others) spareIf(type, ({ isHeld }) => !isHeld);
  return spared;
}

/** @returns whether a floor holds, if these types are available */
function holdsWith({ members, types, families }: Floor, available: ReadonlySet<string>): boolean {
  const found = new Set<string>();
  let count = 0;
  for (const type of members) {
    if (count >= types && found.size >= families) break;
    if (!available.has(type)) continue;
    count += 1;
    if (families > 0) found.add(familyOf(type));
  }
  return count >= types && found.size >= families;
}

/** A floor, and which of its types are available. */
class FloorState {
  readonly floor: Floor;
  /** Whether it holds if everything is spared. */
  readonly isHeld: boolean;
  #types = 0;
  /** Family -> the number of its available types; empty for a floor that does not count families. */
  readonly #families = new Map<string, number>();

  constructor(floor: Floor, available: ReadonlySet<string>) {
    this.floor = floor;
    for (const type of floor.members) if (available.has(type)) this.#count(type, 1);
    this.isHeld = this.#types >= floor.types && this.#families.size >= floor.families;
  }

  /** @returns whether the floor would no longer hold without an available type */
  needs(type: string): boolean {
    if (!this.isHeld || this.#types <= this.floor.types) return true;
    if (this.floor.families === 0 || this.#families.size > this.floor.families) return false;
    return this.#families.get(familyOf(type)) === 1;
  }

  giveUp(type: string): void {
    this.#count(type, -1);
  }

  #count(type: string, change: 1 | -1): void {
    this.#types += change;
    if (this.floor.families === 0) return;
    const family = familyOf(type);
    const left = (this.#families.get(family) ?? 0) + change;
    if (left > 0) this.#families.set(family, left);
    else this.#families.delete(family);
  }
}
