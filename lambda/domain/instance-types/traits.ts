import { acceleratedFamily, gpuCount, hasGpu } from './accelerator.ts';
import { type Architecture, architectureOf, familyOf, isAccelerated, isBareMetal } from './instance-type.ts';
import type { SpotType } from './spot-type.ts';

/** By AWS's naming, families of these letters have local disks only if a `d` follows the generation digit ... */
const WITHOUT_BY_NAME = /^(a|c|hpc|m|r|t|x)\d+[a-ce-z]*(-flex)?$/;

/** ... except the oldest. */
const OLD_WITH_DISKS = new Set(['c1', 'c3', 'm1', 'm2', 'm3', 'r3', 'x1', 'x1e']);

/** The names of accelerated families do not say. Of those that Spot Advisor has had, these have no local disks. */
const ACCELERATED_WITHOUT = new Set(['dl2q', 'g3', 'g3s', 'g5g', 'inf1', 'inf2', 'p2', 'p3', 'vt1']);

/**
 * Whether CAST AI counts a family's types as storage optimized, by which it means local NVMe disks or SSDs, not AWS's
 * category. Each type has the option always, on demand, or never, but which type has which is not published. So families
 * that AWS builds around local SSDs (`i`, `im`, `is`) count as always, and those without local disks as never.
 *
 * Source of the disks: AWS's instance store specifications; Karpenter's list of instance types of August 2026 agrees.
 *
 * @returns null for every other family: local SSDs or hard disks (`d`, `h`) that need not be used, or not known
 */
export function isStorageOptimized(family: string): boolean | null {
  if (/^i[ms]?\d/.test(family)) return true;
  const isWithout = WITHOUT_BY_NAME.test(family) && !OLD_WITH_DISKS.has(family);
  return isWithout || ACCELERATED_WITHOUT.has(family) ? false : null;
}

/** What a family's name says about its types; null if it does not say. */
interface FamilyTraits {
  readonly name: string;
  readonly architecture: Architecture;
  readonly cpuManufacturer: 'AMD' | 'AWS' | 'INTEL' | null;
  readonly isAccelerated: boolean;
  readonly hasGpu: boolean;
  readonly gpuManufacturer: string | null;
  readonly gpuModel: string | null;
  readonly hasFractionalGpus: boolean;
  readonly isBurstable: boolean;
  readonly isComputeOptimized: boolean | null;
  readonly isStorageOptimized: boolean | null;
}

/** The properties of a type that a template can constrain. Null if neither its name nor the feed says. */
export interface Traits {
  readonly type: SpotType;
  readonly family: FamilyTraits;
  readonly isBareMetal: boolean;
  readonly gpuCount: number | null;
}

/**
 * @returns what each type's name and the feed say about it. By AWS's naming, burstable families start with `t`, compute
 *   optimized ones with `c`; those with a part of a GPU have an `f` after the generation digit.
 */
export function traitsOf(types: readonly SpotType[]): Traits[] {
  const families = new Map<string, FamilyTraits>();
  return types.map((type) => {
    const { instanceType } = type;
    const family = families.get(familyOf(instanceType)) ?? familyTraitsOf(instanceType);
    families.set(family.name, family);
    return {
      ...{ type, family, isBareMetal: isBareMetal(instanceType) },
      gpuCount: family.hasGpu ? gpuCount(instanceType) : null,
    };
  });
}

/** @param instanceType any type of the family */
function familyTraitsOf(instanceType: string): FamilyTraits {
  const accelerated = isAccelerated(instanceType);
  const gpu = acceleratedFamily(instanceType)?.gpu;
  return {
    name: familyOf(instanceType),
    architecture: architectureOf(instanceType),
    cpuManufacturer: cpuManufacturerOf(instanceType, accelerated),
    isAccelerated: accelerated,
    hasGpu: accelerated && hasGpu(instanceType),
    gpuManufacturer: gpu?.manufacturer ?? null,
    gpuModel: gpu?.model ?? null,
    hasFractionalGpus: /^gr?\d+f\./.test(instanceType),
    isBurstable: /^t\d/.test(instanceType),
    // Whether CAST AI counts the families for high performance computing as such is not documented.
    isComputeOptimized: instanceType.startsWith('hpc') ? null : /^c\d/.test(instanceType),
    isStorageOptimized: isStorageOptimized(familyOf(instanceType)),
  };
}

/** By AWS's naming, an `a` right after the generation digit is AMD; names of accelerated families do not say. */
function cpuManufacturerOf(instanceType: string, accelerated: boolean): FamilyTraits['cpuManufacturer'] {
  if (accelerated) return acceleratedFamily(instanceType)?.cpu ?? null;
  if (architectureOf(instanceType) === 'arm64') return 'AWS';
  return /^[a-z]+\d+a/.test(instanceType) ? 'AMD' : 'INTEL';
}
