import { gpuModel } from './accelerator.ts';
import type { Policy } from './policy.ts';
import type { SpotType } from './spot-type.ts';
import type { Constraints, Template, TemplateOutcome } from './template.ts';
import { type Traits, traitsOf } from './traits.ts';

/** A template, and the types of a region that it allows. */
export interface JudgedTemplate {
  readonly template: Template;
  readonly allowed: ReadonlySet<string>;
  /** Constraints that could not be evaluated, or not for every type, so that it may allow fewer types. */
  readonly unjudged: readonly string[];
}

/**
 * Determines which types each template allows. Constraints that cannot be evaluated are ignored, and named.
 *
 * @param types every type of the region
 */
export function judgeTemplates(
  templates: readonly Template[],
  types: readonly SpotType[],
): readonly JudgedTemplate[] {
  const traits = templates.length === 0 ? [] : traitsOf(types);
  return templates.map((template) => {
    const tests = testsOf(template.constraints);
    const allowed = new Set<string>();
    const unjudged = new Set([...template.constraints.unjudged, ...unknownGpus(template.constraints)]);
    for (const one of traits) {
      if (tests.some(({ passes }) => passes(one) === false)) continue;
      allowed.add(one.type.instanceType);
      for (const { name, passes } of tests) if (passes(one) === null) unjudged.add(name);
    }
    return { template, allowed, unjudged: [...unjudged] };
  });
}

/**
 * @param risky the types that the policy wants blacklisted
 * @param available the types that can be bought once the plan is carried out
 * @returns what a plan leaves of the types that each template allows
 */
export function outcomesOf(
  templates: readonly JudgedTemplate[],
  risky: readonly SpotType[],
  available: ReadonlySet<string>,
  { minTypesPerTemplate }: Policy,
): TemplateOutcome[] {
  const spared = risky.map(({ instanceType }) => instanceType).filter((type) => available.has(type));
  return templates.map(({ template: { name, fallsBackToOnDemand }, allowed, unjudged }) => ({
    name,
    allowed: allowed.size,
    available: [...allowed].filter((type) => available.has(type)).length,
    spared: spared.filter((type) => allowed.has(type)).length,
    floor: Math.min(minTypesPerTemplate, allowed.size),
    fallsBackToOnDemand,
    unjudged,
  }));
}

/** Whether a type satisfies a constraint; null if unknown. */
type Passes = (type: Traits) => boolean | null;

/** @returns the tests of the constraints that are set, each with its name in CAST AI's API */
function testsOf(constraints: Constraints): Array<{ name: string; passes: Passes }> {
  const tests: Readonly<Record<string, Passes | null>> = {
    architectures: oneOf(constraints.architectures, ({ family }) => family.architecture),
    // What a Linux target blacklists is also unavailable to the cluster's Windows machines. Windows needs x86_64.
    os: isWindowsOnly(constraints) ? ({ family }) => family.architecture === 'x86_64' : null,
    'instanceFamilies.include': oneOf(constraints.includeFamilies, ({ family }) => family.name),
    'instanceFamilies.exclude': noneOf(constraints.excludeFamilies, ({ family }) => family.name),
    minCpu: atLeast(constraints.minCpu, ({ type }) => type.cores),
    maxCpu: atMost(constraints.maxCpu, ({ type }) => type.cores),
    minMemory: atLeast(constraints.minMemory, ({ type }) => type.memory),
    maxMemory: atMost(constraints.maxMemory, ({ type }) => type.memory),
    burstable: constraints.burstable === false ? ({ family }) => !family.isBurstable : null,
    bareMetal: only(constraints.bareMetal, ({ isBareMetal }) => isBareMetal),
    computeOptimized: only(constraints.computeOptimized, ({ family }) => family.isComputeOptimized),
    storageOptimized: only(constraints.storageOptimized, ({ family }) => family.isStorageOptimized),
    cpuManufacturers: oneOf(constraints.cpuManufacturers, ({ family }) => family.cpuManufacturer),
    ...(asksForGpus(constraints) ? gpuTests(constraints) : { accelerated: withoutAccelerators(constraints) }),
  };
  return Object.entries(tests).flatMap(([name, passes]) => (passes === null ? [] : [{ name, passes }]));
}

function isWindowsOnly({ os }: Constraints): boolean {
  return os.length > 0 && os.every((name) => name === 'windows');
}

function asksForGpus({ gpu }: Constraints): boolean {
  const names = gpu.manufacturers.length + gpu.includeNames.length;
  return gpu.isRequired || names > 0 || (gpu.minCount ?? 0) > 0;
}

function gpuTests({ gpu }: Constraints): Record<string, Passes | null> {
  const { included, excluded } = modelsOf(gpu);
  return {
    gpu: ({ family }) => family.hasGpu,
    'gpu.manufacturers': oneOf(gpu.manufacturers, ({ family }) => family.gpuManufacturer),
    'gpu.includeNames': included.includes(null) ? null : oneOf(included, ({ family }) => family.gpuModel),
    'gpu.excludeNames': noneOf(excluded, ({ family }) => family.gpuModel),
    'gpu.minCount': atLeast(gpu.minCount, ({ gpuCount }) => gpuCount),
    'gpu.maxCount': atMost(gpu.maxCount, ({ gpuCount }) => gpuCount),
  };
}

/**
 * A template that does not require GPUs may buy GPU machines for pods that do, but its other pods cannot run there, because
 * CAST AI taints them. So they do not count for these pods.
 */
function withoutAccelerators({ includeFamilies }: Constraints): Passes {
  return ({ family }) => !family.isAccelerated || includeFamilies.includes(family.name);
}

function modelsOf({ includeNames, excludeNames }: Constraints['gpu']) {
  return { included: includeNames.map(gpuModel), excluded: excludeNames.map(gpuModel) };
}

/** A name that is not in the table of GPUs may be another spelling of any of them. */
function unknownGpus({ gpu }: Constraints): string[] {
  const { included, excluded } = modelsOf(gpu);
  return [
    ...(included.includes(null) ? ['gpu.includeNames'] : []),
    ...(excluded.includes(null) ? ['gpu.excludeNames'] : []),
  ];
}

function oneOf<T>(list: readonly unknown[], fact: (type: Traits) => T | null): Passes | null {
  return list.length === 0 ? null : (type) => judged(fact(type), (value) => list.includes(value));
}

function noneOf<T>(list: readonly unknown[], fact: (type: Traits) => T | null): Passes | null {
  return list.length === 0 ? null : (type) => judged(fact(type), (value) => !list.includes(value));
}

function atLeast(bound: number | null, fact: (type: Traits) => number | null): Passes | null {
  return bound === null ? null : (type) => judged(fact(type), (value) => value >= bound);
}

function atMost(bound: number | null, fact: (type: Traits) => number | null): Passes | null {
  return bound === null ? null : (type) => judged(fact(type), (value) => value <= bound);
}

function only(asked: boolean | null, fact: (type: Traits) => boolean | null): Passes | null {
  return asked === null ? null : (type) => judged(fact(type), (value) => value === asked);
}

function judged<T>(value: T | null, test: (value: T) => boolean): boolean | null {
  return value === null ? null : test(value);
}
