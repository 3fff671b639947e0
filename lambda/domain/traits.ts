import { acceleratedFamily, gpuCount, hasGpu } from './accelerator.ts';
import { type Architecture, architectureOf, familyOf, isAccelerated, sizeOf } from './instance-type.ts';
import { isStorageOptimized } from './local-disks.ts';
import type { SpotType } from './spot-type.ts';

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
 *   optimized ones with `c`; those with a part of a GPU have an `f` after the generation digit; sizes of bare metal start with
 *   `metal`.
 */
export function traitsOf(types: readonly SpotType[]): Traits[] {
  const families = new Map<string, FamilyTraits>();
  return types.map((type) => {
    const { instanceType } = type;
    const family = families.get(familyOf(instanceType)) ?? familyTraitsOf(instanceType);
    families.set(family.name, family);
    const isBareMetal = sizeOf(instanceType).startsWith('metal');
    return { type, family, isBareMetal, gpuCount: family.hasGpu ? gpuCount(instanceType) : null };
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
