import { acceleratedFamily, gpuCount, hasGpu } from './accelerator.ts';
import { type Architecture, architectureOf, familyOf, isAccelerated, sizeOf } from './instance-type.ts';
import type { SpotType } from './spot-type.ts';

/** What a template can ask about a type. Null wherever neither its name nor the feed tells. */
export interface Traits {
  readonly instanceType: string;
  readonly family: string;
  readonly architecture: Architecture;
  readonly cpuManufacturer: 'AMD' | 'AWS' | 'INTEL' | null;
  /** vCPUs. */
  readonly cores: number | null;
  /** MiB. */
  readonly memory: number | null;
  readonly isAccelerated: boolean;
  readonly hasGpu: boolean;
  readonly gpuManufacturer: string | null;
  readonly gpuModel: string | null;
  readonly gpuCount: number | null;
  readonly isBurstable: boolean;
  readonly isBareMetal: boolean;
  readonly isComputeOptimized: boolean | null;
  readonly isStorageOptimized: boolean;
}

/**
 * @returns what a type's name and the feed say of it. By AWS's naming, burstable families start with `t`, compute
 *   optimized ones with `c`, storage optimized ones with `i`, `im`, `is`, `d` or `h1`; sizes of bare metal with `metal`.
 */
export function traitsOf({ instanceType, cores, memory }: SpotType): Traits {
  const accelerated = isAccelerated(instanceType);
  const gpu = accelerated ? (acceleratedFamily(instanceType)?.gpu ?? null) : null;
  return {
    instanceType,
    family: familyOf(instanceType),
    architecture: architectureOf(instanceType),
    cpuManufacturer: cpuManufacturerOf(instanceType, accelerated),
    cores,
    memory,
    isAccelerated: accelerated,
    hasGpu: accelerated && hasGpu(instanceType),
    gpuManufacturer: gpu?.manufacturer ?? null,
    gpuModel: gpu?.model ?? null,
    gpuCount: gpu === null ? null : gpuCount(instanceType, gpu),
    isBurstable: /^t\d/.test(instanceType),
    isBareMetal: sizeOf(instanceType).startsWith('metal'),
    // Whether CAST AI counts the families for high performance computing as such is not documented.
    isComputeOptimized: instanceType.startsWith('hpc') ? null : /^c\d/.test(instanceType),
    isStorageOptimized: /^(i[ms]?\d|d\d|h1\.)/.test(instanceType),
  };
}

/** By AWS's naming, an `a` right after the generation digit is AMD; names of accelerated families do not say. */
function cpuManufacturerOf(instanceType: string, accelerated: boolean): Traits['cpuManufacturer'] {
  if (accelerated) return acceleratedFamily(instanceType)?.cpu ?? null;
  if (architectureOf(instanceType) === 'arm64') return 'AWS';
  return /^[a-z]+\d+a/.test(instanceType) ? 'AMD' : 'INTEL';
}
