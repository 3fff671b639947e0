// CAST AI's own evaluation of a node template, as far as the sandbox's templates need it.
import * as v from 'valibot';
import type { SandboxRequest } from '../../../cli/demo/sandbox/http/exchange.ts';
import { objectOf, parse } from './requests.ts';

const filterQuery = v.strictObject({
  disableInstanceTypeDeduplication: v.optional(v.picklist(['true', 'false'])),
});

const boolean = v.optional(v.boolean());
const nullableBoolean = v.nullish(v.boolean());
const integer = v.nullish(v.pipe(v.number(), v.integer()));
const texts = v.optional(v.array(v.string()));
const state = v.optional(v.picklist(['DISABLED', 'ENABLED', 'NOT_SET']));

/** Of what CAST AI publishes, what the sandbox's templates have. */
const constraints = objectOf({
  spot: nullableBoolean,
  onDemand: nullableBoolean,
  useSpotFallbacks: nullableBoolean,
  architectures: texts,
  azs: texts,
  os: texts,
  minCpu: integer,
  maxCpu: integer,
  minMemory: integer,
  maxMemory: integer,
  maxPricePerCpu: v.nullish(v.number()),
  resourceLimits: v.optional(
    objectOf({ cpuLimitEnabled: boolean, cpuLimitMaxCores: v.optional(v.pipe(v.number(), v.integer())) }),
  ),
  instanceFamilies: v.optional(objectOf({ include: texts, exclude: texts })),
  cpuManufacturers: v.optional(v.array(v.picklist(['AMD', 'AMPERE', 'APPLE', 'AWS', 'INTEL']))),
  bareMetal: nullableBoolean,
  computeOptimized: nullableBoolean,
  storageOptimized: nullableBoolean,
  burstable: state,
  customerSpecific: state,
  isGpuOnly: nullableBoolean,
  gpu: v.optional(
    objectOf({
      manufacturers: texts,
      includeNames: texts,
      excludeNames: texts,
      minCount: integer,
      maxCount: integer,
      fractionalGpus: state,
    }),
  ),
});

type Constraints = v.InferOutput<typeof constraints>;

const templateBody = objectOf({
  name: v.optional(v.string()),
  isDefault: boolean,
  isEnabled: boolean,
  constraints: v.optional(constraints, {}),
});

/** One type, as `filter-instance-types` returns it. */
export interface AvailableType {
  readonly name: string;
  readonly family: string;
  readonly region: string;
  readonly architecture: 'amd64' | 'arm64';
  readonly os: 'linux';
  /** 64-bit integers are texts in protobuf's JSON. */
  readonly cpu: string;
  /** MiB. */
  readonly memory: string;
  readonly burstable: boolean;
  readonly isBareMetal: boolean;
  readonly isComputeOptimized: boolean;
  readonly customerSpecific: boolean;
  readonly storageOptimizedOption: 'Always' | 'Never' | 'OnDemand';
  readonly availableGpuDevices: readonly {
    count: number;
    fractional: boolean;
    manufacturer: string;
    name: string;
  }[];
}

interface FeedDocument {
  readonly instance_types: Readonly<Record<string, { cores: number; ram_gb: number }>>;
  readonly spot_advisor: Readonly<
    Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>
  >;
}

/** The types of the feed in a region, with what their names tell. @throws {TypeError} if the feed is none. */
export function typesOfFeed(document: unknown, region: string): AvailableType[] {
  const { instance_types: types, spot_advisor: regions } = document as FeedDocument;
  return Object.keys(regions[region]?.['Linux'] ?? {}).flatMap((name) => {
    const [family = '', size = ''] = name.split('.');
    const { cores, ram_gb: memory } = types[name] ?? { cores: 0, ram_gb: 0 };
    const isGpu = /^(gr?\d|p\d|dl1)/.test(family);
    return {
      ...{ name, family, region, os: 'linux', customerSpecific: false },
      architecture: /^(a1|[a-z]+\d+g)/.test(family) ? 'arm64' : 'amd64',
      cpu: String(cores),
      memory: String(memory * 1024),
      burstable: /^t\d/.test(family),
      isBareMetal: size.startsWith('metal'),
      isComputeOptimized: /^c\d/.test(family),
      storageOptimizedOption: /^i[ms]?\d/.test(family)
        ? 'Always'
        : /^[a-z]+\d\w*d/.test(family)
          ? 'OnDemand'
          : 'Never',
      availableGpuDevices: isGpu
        ? [{ count: 1, fractional: /^gr?\d+f/.test(family), manufacturer: 'NVIDIA', name: 'unknown' }]
        : [],
    };
  });
}

/**
 * Answers `filter-instance-types`.
 *
 * @param isOff whether a type is left out whatever the template allows
 * @throws {Refusal} if the request is not as the contract has it
 */
export function evaluate(
  { query, body }: Pick<SandboxRequest, 'query' | 'body'>,
  types: readonly AvailableType[],
  isOff: (type: AvailableType) => boolean,
): AvailableType[] {
  const { disableInstanceTypeDeduplication: keepsAll } = parse(filterQuery, query);
  const offered = allowedBy(parse(templateBody, body).constraints, types).filter((type) => !isOff(type));
  return keepsAll === 'true' ? offered : withoutDuplicates(offered);
}

/** What a template allows. Constraints that the sandbox does not know select nothing. */
function allowedBy(constraints: Constraints, types: readonly AvailableType[]): AvailableType[] {
  const { minCpu, maxCpu, minMemory, maxMemory, isGpuOnly, burstable, storageOptimized, bareMetal } =
    constraints;
  const { architectures = ['amd64'], instanceFamilies = {}, gpu = {} } = constraints;
  const { include = [], exclude = [] } = instanceFamilies;
  const isWithin = (value: string, min: unknown, max: unknown) =>
    Number(value) >= (Number(min) || 0) && Number(value) <= (Number(max) || Number.POSITIVE_INFINITY);
  return types.filter((type) => {
    const [device] = type.availableGpuDevices;
    return (
      architectures.includes(type.architecture) &&
      (include.length === 0 || include.includes(type.family)) &&
      !exclude.includes(type.family) &&
      isWithin(type.cpu, minCpu, maxCpu) &&
      isWithin(type.memory, minMemory, maxMemory) &&
      (isGpuOnly === true) === (device !== undefined) &&
      (!device?.fractional || gpu.fractionalGpus === 'ENABLED') &&
      (!type.burstable || burstable === 'ENABLED') &&
      (typeof bareMetal !== 'boolean' || type.isBareMetal === bareMetal) &&
      (typeof storageOptimized !== 'boolean' ||
        (type.storageOptimizedOption !== 'Never') === storageOptimized)
    );
  });
}

/** One type of each architecture and size. What CAST AI takes for duplicates is not documented. */
function withoutDuplicates(types: readonly AvailableType[]): AvailableType[] {
  const alike = Map.groupBy(types, ({ architecture, cpu, memory }) => [architecture, cpu, memory].join());
  return [...alike.values()].flatMap(([first]) => first ?? []);
}
