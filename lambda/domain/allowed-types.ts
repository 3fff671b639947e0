import { gpuModel } from './accelerator.ts';
import type { Decision } from './decision.ts';
import type { Policy } from './policy.ts';
import type { SpotType } from './spot-type.ts';
import type { Constraints, Template, TemplateOutcome } from './template.ts';
import { type Traits, traitsOf } from './traits.ts';

/** A template, and the types of a region that it allows. */
export interface JudgedTemplate {
  readonly template: Template;
  readonly allowed: ReadonlySet<string>;
  /** Constraints that could not be judged, or not for every type, so that it may allow fewer types. */
  readonly unjudged: readonly string[];
}

/**
 * Finds out which types each template allows. What cannot be judged narrows nothing, and is named.
 *
 * @param types every type of the region
 */
export function judgeTemplates(
  templates: readonly Template[],
  types: readonly SpotType[],
): readonly JudgedTemplate[] {
  const traits = templates.length === 0 ? [] : types.map(traitsOf);
  return templates.map((template) => {
    const tests = testsOf(template.constraints);
    const allowed = new Set<string>();
    const unjudged = new Set([...template.constraints.unjudged, ...unknownGpus(template.constraints)]);
    for (const type of traits) {
      if (tests.some(([, passes]) => passes(type) === false)) continue;
      allowed.add(type.instanceType);
      for (const [name, passes] of tests) if (passes(type) === null) unjudged.add(name);
    }
    return { template, allowed, unjudged: [...unjudged] };
  });
}

/** @returns what a plan leaves of the types that each template allows */
export function outcomesOf(
  templates: readonly JudgedTemplate[],
  decisions: readonly Decision[],
  isAvailable: (instanceType: string) => boolean,
  { minTypesPerTemplate }: Policy,
): TemplateOutcome[] {
  const spared = decisions.filter(({ action }) => action === 'spare').map(({ instanceType }) => instanceType);
  return templates.map(({ template: { name, fallsBackToOnDemand }, allowed, unjudged }) => ({
    name,
    allowed: allowed.size,
    available: [...allowed].filter(isAvailable).length,
    spared: spared.filter((type) => allowed.has(type)).length,
    floor: Math.min(minTypesPerTemplate, allowed.size),
    fallsBackToOnDemand,
    unjudged,
  }));
}

/** Whether a type is as a constraint asks; null where nothing tells. */
type Test = (type: Traits) => boolean | null;

/** @returns the tests of the constraints that are set, each with its name in CAST AI's API */
function testsOf(constraints: Constraints): ReadonlyArray<readonly [string, Test]> {
  const tests: Readonly<Record<string, Test | null>> = {
    architectures: oneOf(constraints.architectures, ({ architecture }) => architecture),
    // What a Linux target blacklists, Windows machines of the cluster miss as well. Windows needs x86_64.
    os: isWindowsOnly(constraints) ? ({ architecture }) => architecture === 'x86_64' : null,
    'instanceFamilies.include': oneOf(constraints.includeFamilies, ({ family }) => family),
    'instanceFamilies.exclude': noneOf(constraints.excludeFamilies, ({ family }) => family),
    minCpu: atLeast(constraints.minCpu, ({ cores }) => cores),
    maxCpu: atMost(constraints.maxCpu, ({ cores }) => cores),
    minMemory: atLeast(constraints.minMemory, ({ memory }) => memory),
    maxMemory: atMost(constraints.maxMemory, ({ memory }) => memory),
    burstable: constraints.burstable === false ? ({ isBurstable }) => !isBurstable : null,
    bareMetal: only(constraints.bareMetal, ({ isBareMetal }) => isBareMetal),
    computeOptimized: only(constraints.computeOptimized, ({ isComputeOptimized }) => isComputeOptimized),
    storageOptimized: only(constraints.storageOptimized, ({ isStorageOptimized }) => isStorageOptimized),
    cpuManufacturers: oneOf(constraints.cpuManufacturers, ({ cpuManufacturer }) => cpuManufacturer),
    ...(asksForGpus(constraints) ? gpuTests(constraints) : { accelerated: withoutAccelerators(constraints) }),
  };
  return Object.entries(tests).flatMap(([name, test]) => (test === null ? [] : [[name, test] as const]));
}

function isWindowsOnly({ os }: Constraints): boolean {
  return os.length > 0 && os.every((name) => name === 'windows');
}

function asksForGpus({ gpu }: Constraints): boolean {
  const names = gpu.manufacturers.length + gpu.includeNames.length;
  return gpu.isRequired || names > 0 || (gpu.minCount ?? 0) > 0;
}

function gpuTests({ gpu }: Constraints): Record<string, Test | null> {
  const { included, excluded } = modelsOf(gpu);
  return {
    gpu: ({ hasGpu }) => hasGpu,
    'gpu.manufacturers': oneOf(gpu.manufacturers, ({ gpuManufacturer }) => gpuManufacturer),
    'gpu.includeNames': included.includes(null) ? null : oneOf(included, (type) => type.gpuModel),
    'gpu.excludeNames': noneOf(excluded, (type) => type.gpuModel),
    'gpu.minCount': atLeast(gpu.minCount, (type) => type.gpuCount),
    'gpu.maxCount': atMost(gpu.maxCount, (type) => type.gpuCount),
  };
}

/**
 * A template that does not ask for GPUs may buy such machines for pods that do, but its other pods cannot run there:
 * CAST AI taints them. They must not count for those.
 */
function withoutAccelerators({ includeFamilies }: Constraints): Test {
  return ({ isAccelerated, family }) => !isAccelerated || includeFamilies.includes(family);
}

function modelsOf({ includeNames, excludeNames }: Constraints['gpu']) {
  return { included: includeNames.map(gpuModel), excluded: excludeNames.map(gpuModel) };
}

/** A name that the table of GPUs lacks may be another spelling of any of them. */
function unknownGpus({ gpu }: Constraints): string[] {
  const { included, excluded } = modelsOf(gpu);
  return [
    ...(included.includes(null) ? ['gpu.includeNames'] : []),
    ...(excluded.includes(null) ? ['gpu.excludeNames'] : []),
  ];
}

function oneOf<T>(list: readonly unknown[], fact: (type: Traits) => T | null): Test | null {
  return list.length === 0 ? null : (type) => judged(fact(type), (value) => list.includes(value));
}

function noneOf<T>(list: readonly unknown[], fact: (type: Traits) => T | null): Test | null {
  return list.length === 0 ? null : (type) => judged(fact(type), (value) => !list.includes(value));
}

function atLeast(bound: number | null, fact: (type: Traits) => number | null): Test | null {
  return bound === null ? null : (type) => judged(fact(type), (value) => value >= bound);
}

function atMost(bound: number | null, fact: (type: Traits) => number | null): Test | null {
  return bound === null ? null : (type) => judged(fact(type), (value) => value <= bound);
}

function only(asked: boolean | null, fact: (type: Traits) => boolean | null): Test | null {
  return asked === null ? null : (type) => judged(fact(type), (value) => value === asked);
}

function judged<T>(value: T | null, test: (value: T) => boolean): boolean | null {
  return value === null ? null : test(value);
}
