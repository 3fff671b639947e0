// What a cluster has too little of. Pure: facts in, facts out.
import type { SizeOutcome } from '../../lambda/domain/guard-rails/sizes.ts';
import type { TemplateOutcome } from '../../lambda/domain/instance-types/template.ts';
import type { ClusterResult, RunResult } from '../../lambda/report/result.ts';
import type { TypeFacts } from '../page/types.ts';

type Members = readonly Pick<TypeFacts, 'family' | 'machineClass'>[];

/** The floor of a machine class, as far as the region has so many types. */
export interface ClassFloor {
  readonly types: number;
  readonly families: number;
}

export function familiesOf(types: Members): number {
  return new Set(types.map(({ family }) => family)).size;
}

/**
 * @param types the region's; none if they are unknown
 * @returns the floor of a machine class; 0 where the result does not say
 */
export function floorOf(machineClass: string, types: Members, policy: RunResult['policy']): ClassFloor {
  const { minTypesPerArchitecture = 0, minFamiliesPerArchitecture = 0 } = policy ?? {};
  const ofClass = types.filter((type) => type.machineClass === machineClass);
  return {
    types: Math.min(minTypesPerArchitecture, ofClass.length || Number.POSITIVE_INFINITY),
    families: Math.min(minFamiliesPerArchitecture, familiesOf(ofClass) || Number.POSITIVE_INFINITY),
  };
}

/** @returns whether a template is left with fewer types than its floor, or allows none at all */
export function isBelowFloor({
  available,
  floor,
  allowed,
}: Pick<TemplateOutcome, 'available' | 'floor' | 'allowed'>): boolean {
  return available < floor || allowed === 0;
}

/** @returns a size as it fits beside a bar: `4–8 vCPU, 16–64 GiB` */
export function sizeInWords({ vcpus, gibPerVcpu }: Pick<SizeOutcome, 'vcpus' | 'gibPerVcpu'>): string {
  const least = vcpus * gibPerVcpu;
  return `${vcpus}–${2 * vcpus} vCPU, ${least}–${4 * least} GiB`;
}

/**
 * @param types the region's; none if they are unknown
 * @returns the machine classes, templates and sizes that are left with less than their floor, in words
 */
export function shortOf(
  { available, templates, sizes }: Pick<ClusterResult, 'available' | 'templates' | 'sizes'>,
  types: Members,
  policy: RunResult['policy'],
): string[] {
  const classes = Object.entries(available).flatMap(([machineClass, left]) => {
    const floor = floorOf(machineClass, types, policy);
    return left.types < floor.types || left.families < floor.families ? [`${machineClass} types`] : [];
  });
  const low = sizes.filter((size) => size.available < size.floor);
  return [
    ...classes,
    ...(templates ?? []).filter(isBelowFloor).map(({ name }) => `template ${name}`),
    ...low.map((size) => `${size.architecture} machines of ${sizeInWords(size)}`),
  ];
}
