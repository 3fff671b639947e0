import type { Policy } from '../decision.ts';
import { gpuModel } from './accelerator.ts';
import type { SpotType } from './spot-type.ts';
import type { Constraints, Template, TemplateOutcome } from './template.ts';
import { type Traits, traitsOf } from './traits.ts';

/** A template, and the types of a region that it allows or may allow. */
export interface JudgedTemplate {
  readonly template: Template;
  /** Type -> doubts: the constraints that cannot be evaluated for it. Without any, it is surely allowed. */
  readonly allowed: ReadonlyMap<string, readonly string[]>;
  /** Constraints that could not be evaluated, or not for every allowed type, so that it may allow fewer types. */
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
    const allowed = new Map<string, readonly string[]>();
    const unjudged = new Set(template.constraints.unjudged);
    for (const one of traits) {
      const answers = tests.map(({ passes }) => passes(one));
      if (answers.includes(false)) continue;
      const doubts = tests.filter((_, index) => answers[index] === null).map(({ name }) => name);
      allowed.set(one.type.instanceType, doubts);
      for (const name of doubts) unjudged.add(name);
    }
    return { template, allowed, unjudged: [...unjudged] };
  });
}

/** @returns the names of the constraints that exclude each type; none for those that are allowed, or may be */
export function exclusionsOf(
  { constraints }: Template,
  types: readonly SpotType[],
): ReadonlyMap<string, readonly string[]> {
  const tests = testsOf(constraints);
  return new Map(
    traitsOf(types).map((one) => [
      one.type.instanceType,
      tests.filter(({ passes }) => passes(one) === false).map(({ name }) => name),
    ]),
  );
}

/** @returns the allowed types with at most so many doubts */
export function allowedWith({ allowed }: JudgedTemplate, doubts: number): ReadonlySet<string> {
  return new Set([...allowed].filter(([, names]) => names.length <= doubts).map(([type]) => type));
}

/** @returns the types that hold a template's floor: those that it surely allows; if there are none, all that it may allow */
export function holdersOf(judged: JudgedTemplate): ReadonlySet<string> {
  const sure = allowedWith(judged, 0);
  return sure.size > 0 ? sure : new Set(judged.allowed.keys());
}

/**
 * @param risky the types that the policy wants blacklisted
 * @param available the types that can be bought once the plan is carried out
 * @param raised the floors that fallback raises, in types
 * @returns what a plan leaves of the types that each template allows
 */
export function outcomesOf(
  templates: readonly JudgedTemplate[],
  risky: readonly SpotType[],
  available: ReadonlySet<string>,
  { minTypesPerTemplate }: Policy,
  raised: ReadonlyMap<JudgedTemplate, number>,
): TemplateOutcome[] {
  const spared = risky.map(({ instanceType }) => instanceType).filter((type) => available.has(type));
  return templates.map((judged) => {
    const { template, allowed, unjudged } = judged;
    const holders = holdersOf(judged);
    return {
      name: template.name,
      allowed: allowed.size,
      sure: allowedWith(judged, 0).size,
      available: holders.intersection(available).size,
      spared: spared.filter((type) => allowed.has(type)).length,
      floor: Math.min(Math.max(raised.get(judged) ?? 0, minTypesPerTemplate), holders.size),
      fallback: template.bought,
      fallsBackToOnDemand: template.fallsBackToOnDemand,
      families: template.constraints.includeFamilies,
      unjudged,
    };
  });
}

/** Whether a type satisfies a constraint; null if unknown. */
type Passes = (type: Traits) => boolean | null;

/** @returns the tests of the constraints that are set, each with its name in CAST AI's API */
function testsOf(constraints: Constraints): Array<{ name: string; passes: Passes }> {
  const { architectures, includeFamilies, excludeFamilies, burstable, gpu } = constraints;
  const tests: Readonly<Record<string, Passes | null>> = {
    architectures: oneOf(architectures, ({ family }) => family.architecture) ?? mayBeOfArm,
    // What a Linux target blacklists is also unavailable to the cluster's Windows machines. Windows needs x86_64.
    os: isWindowsOnly(constraints) ? ({ family }) => family.architecture === 'x86_64' : null,
    'instanceFamilies.include':
      includeFamilies.length === 0 ? null : (type) => isNamed(type, includeFamilies),
    'instanceFamilies.exclude': (type) => judged(isNamed(type, excludeFamilies), (isExcluded) => !isExcluded),
    minCpu: atLeast(constraints.minCpu, ({ type }) => type.cores),
    maxCpu: atMost(constraints.maxCpu, ({ type }) => type.cores),
    minMemory: atLeast(constraints.minMemory, ({ type }) => type.memory),
    maxMemory: atMost(constraints.maxMemory, ({ type }) => type.memory),
    burstable: ({ family }) => !family.isBurstable || burstable,
    bareMetal: only(constraints.bareMetal, ({ isBareMetal }) => isBareMetal),
    computeOptimized: only(constraints.computeOptimized, ({ family }) => family.isComputeOptimized),
    storageOptimized: only(constraints.storageOptimized, ({ family }) => family.isStorageOptimized),
    cpuManufacturers: oneOf(constraints.cpuManufacturers, ({ family }) => family.cpuManufacturer),
    'gpu.fractionalGpus': ({ family }) => !family.hasFractionalGpus || gpu.fractional,
    ...(asksForGpus(constraints) ? gpuTests(constraints) : { accelerated: withoutAccelerators(constraints) }),
  };
  return Object.entries(tests).flatMap(([name, passes]) => (passes === null ? [] : [{ name, passes }]));
}

/**
 * According to CAST AI's Terraform provider, amd64 is the default. Whether the service has the same default is not
 * documented.
 */
const mayBeOfArm: Passes = ({ family }) => family.architecture === 'x86_64' || null;

/**
 * @returns whether a list has the type's family; null if it has the type itself, because how CAST AI reads that is unknown
 */
function isNamed({ family, type }: Traits, list: readonly string[]): boolean | null {
  return list.includes(family.name) || (list.includes(type.instanceType) ? null : false);
}

function isWindowsOnly({ os }: Constraints): boolean {
  return os.length > 0 && os.every((name) => name === 'windows');
}

function asksForGpus({ gpu }: Constraints): boolean {
  const names = gpu.manufacturers.length + gpu.includeNames.length;
  return gpu.isRequired || names > 0 || (gpu.minCount ?? 0) > 0;
}

function gpuTests({ gpu }: Constraints): Record<string, Passes | null> {
  return {
    gpu: ({ family }) => family.hasGpu,
    'gpu.manufacturers': oneOf(gpu.manufacturers, ({ family }) => family.gpuManufacturer),
    'gpu.includeNames': oneOf(gpu.includeNames.map(gpuModel), ({ family }) => family.gpuModel),
    'gpu.excludeNames': noneOf(gpu.excludeNames.map(gpuModel), ({ family }) => family.gpuModel),
    'gpu.minCount': atLeast(gpu.minCount, ({ gpuCount }) => gpuCount),
    'gpu.maxCount': atMost(gpu.maxCount, ({ gpuCount }) => gpuCount),
  };
}

/**
 * A template that does not require GPUs may buy GPU machines for pods that do, but its other pods cannot run there, because
 * CAST AI taints them. So they do not count for these pods.
 */
function withoutAccelerators({ includeFamilies }: Constraints): Passes {
  return (type) => !type.family.isAccelerated || isNamed(type, includeFamilies) !== false;
}

/** A null in the list is a name that is not understood, which may stand for any. */
function oneOf<T>(list: readonly (T | null)[], fact: (type: Traits) => T | null): Passes | null {
  const isListed = (value: T) => list.includes(value) || (list.includes(null) ? null : false);
  return list.length === 0 ? null : (type) => judged(fact(type), isListed);
}

function noneOf<T>(list: readonly (T | null)[], fact: (type: Traits) => T | null): Passes | null {
  const isOne = oneOf(list, fact);
  return isOne && ((type) => judged(isOne(type), (isListed) => !isListed));
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

function judged<T>(value: T | null, test: (value: T) => boolean | null): boolean | null {
  return value === null ? null : test(value);
}
