import type { Policy } from '../decision.ts';
import {
  type Architecture,
  architectureOf,
  isAccelerated,
  isBareMetal,
} from '../instance-types/instance-type.ts';
import type { SpotType } from '../instance-types/spot-type.ts';

const ARCHITECTURES: readonly Architecture[] = ['x86_64', 'arm64'];
const VCPUS = [2, 4, 8, 16, 32, 64];
const GIB_PER_VCPU = [2, 4, 8];

/** A size with fewer types is not common, and has no floor. */
const MIN_TYPES_OF_COMMON_SIZE = 6;

/** What determines a type's size. */
type Shape = Pick<SpotType, 'instanceType' | 'cores' | 'memory'>;

/** What a pod needs of a machine: from `vcpus` to twice as many, with one to four times `gibPerVcpu` of memory each. */
interface Size {
  readonly architecture: Architecture;
  readonly vcpus: number;
  readonly gibPerVcpu: number;
}

/** A size's types, by their names. */
export interface SizeTypes extends Size {
  readonly members: ReadonlySet<string>;
}

/** A size with types that a floor keeps available, or that are missing. */
export interface SizeOutcome extends Size {
  /** The number of the region's types. */
  readonly types: number;
  /** How many of them can be bought as Spot once the plan is carried out. */
  readonly available: number;
  /** How many should at least be available. */
  readonly floor: number;
}

/**
 * Sorts types by the size of their machines, as the feed states it. Sizes overlap, so that a pod that needs slightly more
 * than one of them fits the next: a type is in three on average.
 *
 * @param types every type of the region; accelerated and bare-metal ones are left out, because ordinary pods do not run there
 * @returns the common sizes, and how many of these types are in no size at all: of an unusual shape, or unknown to the feed
 */
export function sizesOf(types: readonly Shape[]): {
  readonly sizes: readonly SizeTypes[];
  readonly outside: number;
} {
  const ordinary = types.filter(
    ({ instanceType }) => !isAccelerated(instanceType) && !isBareMetal(instanceType),
  );
  const all = ARCHITECTURES.flatMap((architecture) =>
    VCPUS.flatMap((vcpus) =>
      GIB_PER_VCPU.map((gibPerVcpu): SizeTypes => {
        const size = { architecture, vcpus, gibPerVcpu };
        const members = ordinary.filter((type) => isOfSize(type, size));
        return { ...size, members: new Set(members.map(({ instanceType }) => instanceType)) };
      }),
    ),
  );
  const inside = new Set(all.flatMap(({ members }) => [...members]));
  return {
    sizes: all.filter(({ members }) => members.size >= MIN_TYPES_OF_COMMON_SIZE),
    outside: ordinary.length - inside.size,
  };
}

/** Bounds included. A type whose vCPUs or memory the feed does not state has no size. */
function isOfSize(
  { instanceType, cores, memory }: Shape,
  { architecture, vcpus, gibPerVcpu }: Size,
): boolean {
  if (cores === null || memory === null || architectureOf(instanceType) !== architecture) return false;
  const gib = memory / 1024;
  return isWithin(cores, vcpus, 2 * vcpus) && isWithin(gib, vcpus * gibPerVcpu, 4 * vcpus * gibPerVcpu);
}

function isWithin(value: number, least: number, most: number): boolean {
  return value >= least && value <= most;
}

/** @returns a size's name for the user: `arm64 with 16 to 32 vCPUs and 64 to 256 GiB` */
export function nameOf({ architecture, vcpus, gibPerVcpu }: Size): string {
  const least = vcpus * gibPerVcpu;
  return `${architecture} with ${vcpus} to ${2 * vcpus} vCPUs and ${least} to ${4 * least} GiB`;
}

/**
 * @param kept the types that floors keep available
 * @param available the types that can be bought once the plan is carried out
 * @returns the sizes with types that floors keep available, or that are missing
 */
export function outcomesOfSizes(
  sizes: readonly SizeTypes[],
  { minTypesPerSize }: Policy,
  kept: ReadonlySet<string>,
  available: ReadonlySet<string>,
): SizeOutcome[] {
  if (minTypesPerSize === 0) return [];
  return sizes
    .map(({ members, ...size }) => ({
      outcome: {
        ...size,
        types: members.size,
        available: members.intersection(available).size,
        floor: Math.min(minTypesPerSize, members.size),
      },
      isConcerned: !members.isDisjointFrom(kept),
    }))
    .filter(({ outcome, isConcerned }) => isConcerned || outcome.available < outcome.floor)
    .map(({ outcome }) => outcome);
}
