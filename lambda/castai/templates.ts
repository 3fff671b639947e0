import * as v from 'valibot';
import { type Architecture, INSTANCE_FAMILY, INSTANCE_TYPE } from '../domain/instance-types/instance-type.ts';
import type { BoughtNodes, Template } from '../domain/instance-types/template.ts';
import type { HttpResponse } from '../http/exchange.ts';
import { isRecord } from '../input/json.ts';
import { plainName } from '../input/plain-text.ts';
import type { TemplateList } from '../run/ports.ts';
import { type Read, readWholeList, unreadable, untrusted } from './list.ts';

const UNNAMED = '(unnamed)';

/**
 * Reads the node templates that are enabled and may buy Spot. A constraint that is not understood is ignored, and its name
 * is reported; where a template has no constraints at all, the response cannot be trusted.
 */
export function readTemplates(response: HttpResponse): Read<TemplateList> {
  const list = readWholeList(response);
  if (list.value === null) return list;
  const templates: Template[] = [];
  const problems: string[] = [];
  const uncounted: string[] = [];
  for (const [index, item] of list.value.entries()) {
    const { template, stats } = isRecord(item) ? item : {};
    if (!isRecord(template)) return untrusted(unreadable(`items[${index}].template`));
    const misunderstood = new Set<string>();
    const fields = fieldsOf(misunderstood);
    // A template that the autoscaler does not use needs no constraints.
    if (v.parse(fields.flag('isEnabled'), template['isEnabled']) === false) continue;
    const { name, constraints } = template;
    if (!isRecord(constraints)) return untrusted(unreadable(`items[${index}].template.constraints`));
    const isSpot = v.parse(fields.flag('spot'), constraints['spot']);
    // A template that does not say clearly whether it may buy Spot is protected as if it might.
    if (isSpot !== true && !misunderstood.has('spot')) continue;
    const shown = typeof name === 'string' && name !== '' ? plainName(name) : UNNAMED;
    const bought = boughtIn(stats);
    if (bought === null) uncounted.push(shown);
    templates.push({ name: shown, bought, ...readConstraints(constraints, misunderstood) });
    if (misunderstood.size > 0) problems.push(`${shown} (${[...misunderstood].join(', ')})`);
  }
  return { value: { templates, problems, uncounted }, fault: null };
}

/** Anything but a number of nodes is unknown: a missing number is not 0. */
function boughtIn(stats: unknown): BoughtNodes | null {
  const { success, output } = v.safeParse(statsSchema, stats);
  return success ? { spot: output.countSpot, fallback: output.countFallback } : null;
}

const nodes = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const statsSchema = v.object({ countSpot: nodes, countFallback: nodes });

/** JSON generated from protobuf omits unset fields, or writes them as null or empty texts. */
const isUnset = (value: unknown) => value === null || value === undefined || value === '';

const unset = v.pipe(
  v.custom(isUnset),
  v.transform(() => null),
);

/** JSON generated from protobuf writes large numbers as text; 0 stands for no limit. */
const amount = v.pipe(
  v.union([nodes, v.pipe(v.string(), v.regex(/^\d{1,15}$/), v.transform(Number))]),
  v.transform((number) => number || null),
);

const flag = v.union([
  v.boolean(),
  v.pipe(
    v.picklist(['true', 'false']),
    v.transform((text) => text === 'true'),
  ),
]);

const state = v.union([
  v.pipe(
    v.picklist(['ENABLED', 'DISABLED']),
    v.transform((text) => text === 'ENABLED'),
  ),
  v.pipe(
    v.custom((value) => !holdsAnything(value)),
    v.transform(() => null),
  ),
]);

/**
 * The fields of a template, by their names. One that is not understood counts as unset.
 *
 * @param misunderstood collects the names of fields that are not understood
 */
function fieldsOf(misunderstood: Set<string>) {
  const ignored = (name: string) => {
    misunderstood.add(name);
    return null;
  };
  const field = <T>(name: string, schema: v.GenericSchema<unknown, T>) =>
    v.optional(
      v.fallback(v.union([unset, schema]), () => ignored(name)),
      null,
    );
  return {
    ignored,
    flag: (name: string) => field(name, flag),
    amount: (name: string) => field(name, amount),
    /**
     * Whether types of a kind are included beside the others. According to CAST AI's Terraform provider, they are excluded
     * if that is not set; whether the service does the same is not documented, so it is null.
     */
    state: (name: string) => field(name, state),
    /** @param meaningOf what a text means; null if it means nothing, undefined if it is unknown */
    list: <T>(name: string, meaningOf: (text: string) => T | null | undefined) => {
      const meaning = v.pipe(
        v.string(),
        v.transform((text) => meaningOf(text.trim())),
        v.check((known) => known !== undefined),
      );
      return v.pipe(
        field(name, v.array(field(name, meaning))),
        v.transform((meanings) => [...new Set(meanings)].filter((one) => one !== null && one !== undefined)),
      );
    },
    object: <T extends v.ObjectEntries>(name: string, entries: T) =>
      v.pipe(
        field(name, v.custom<Record<string, unknown>>(isRecord)),
        v.transform((value) => value ?? {}),
        v.object(entries),
      ),
  };
}

function readConstraints(
  constraints: Readonly<Record<string, unknown>>,
  misunderstood: Set<string>,
): Omit<Template, 'name' | 'bought'> {
  const { flag, amount, state, list, object, ignored } = fieldsOf(misunderstood);
  const schema = v.object({
    useSpotFallbacks: flag('useSpotFallbacks'),
    spotInterruptionPredictionsEnabled: flag('spotInterruptionPredictionsEnabled'),
    instanceFamilies: object('instanceFamilies', {
      include: list('instanceFamilies.include', familyOf),
      exclude: list('instanceFamilies.exclude', familyOf),
    }),
    architectures: list('architectures', (text) => ARCHITECTURES.get(text.toLowerCase())),
    os: list('os', oneOf(SYSTEMS)),
    minCpu: amount('minCpu'),
    maxCpu: amount('maxCpu'),
    minMemory: amount('minMemory'),
    maxMemory: amount('maxMemory'),
    isGpuOnly: flag('isGpuOnly'),
    // Manufacturers and models of GPUs are compared, and never shown.
    gpu: object('gpu', {
      manufacturers: list('gpu.manufacturers', (text) => text.toUpperCase()),
      includeNames: list('gpu.includeNames', (text) => text),
      excludeNames: list('gpu.excludeNames', (text) => text),
      minCount: amount('gpu.minCount'),
      maxCount: amount('gpu.maxCount'),
      fractionalGpus: state('gpu.fractionalGpus'),
    }),
    burstable: state('burstable'),
    // According to CAST AI's Terraform provider, true is "only such", false "none such", and null "either".
    bareMetal: flag('bareMetal'),
    computeOptimized: flag('computeOptimized'),
    storageOptimized: flag('storageOptimized'),
    cpuManufacturers: list('cpuManufacturers', oneOf(MANUFACTURERS)),
  });
  const {
    useSpotFallbacks,
    spotInterruptionPredictionsEnabled: predictions,
    ...read
  } = v.parse(schema, constraints);
  const { instanceFamilies, isGpuOnly, gpu, ...rest } = read;
  const { include: includeFamilies, exclude: excludeFamilies } = instanceFamilies;
  const { fractionalGpus: fractional, ...ofGpu } = gpu;
  const isType = (name: string) => !INSTANCE_FAMILY.test(name);
  // What CAST AI makes of a type in a list of families is not documented.
  if (includeFamilies.some(isType)) ignored('instanceFamilies.include');
  if (excludeFamilies.some(isType)) ignored('instanceFamilies.exclude');
  // Exclusion takes precedence.
  if (includeFamilies.some((family) => excludeFamilies.includes(family))) ignored('instanceFamilies');
  return {
    fallsBackToOnDemand: useSpotFallbacks === true,
    predictsInterruptions: predictions === true || misunderstood.has('spotInterruptionPredictionsEnabled'),
    constraints: {
      ...rest,
      includeFamilies,
      excludeFamilies,
      gpu: { isRequired: isGpuOnly === true, ...ofGpu, fractional },
      unjudged: [
        ...unjudgedIn(constraints),
        ...[...misunderstood].filter((name) => !NO_CONSTRAINTS.has(name)),
      ],
    },
  };
}

/** Fields of a template that say nothing about types. */
const NO_CONSTRAINTS = new Set([
  'isEnabled',
  'spot',
  'useSpotFallbacks',
  'spotInterruptionPredictionsEnabled',
]);

const ARCHITECTURES: ReadonlyMap<string, Architecture> = new Map([
  ['amd64', 'x86_64'],
  ['x86_64', 'x86_64'],
  ['arm64', 'arm64'],
]);

const SYSTEMS = ['linux', 'windows'];
const MANUFACTURERS = ['AMD', 'AMPERE', 'APPLE', 'AWS', 'INTEL'];

/** Protobuf's names for "not set" end like this. */
const UNSPECIFIED = /(^|_)UNSPECIFIED$/i;

/** @returns the known text that it equals; null if it stands for "not set" */
const oneOf = (known: readonly string[]) => (text: string) =>
  UNSPECIFIED.test(text) ? null : known.find((one) => one.toLowerCase() === text.toLowerCase());

function familyOf(text: string): string | undefined {
  const name = text.toLowerCase();
  return INSTANCE_FAMILY.test(name) || INSTANCE_TYPE.test(name) ? name : undefined;
}

/**
 * The constraints that are evaluated, and the fields that do not affect which types of the feed a template may buy:
 * `customerSpecific` is about preview types, which the feed does not have.
 */
const UNDERSTOOD = new Set([
  ...['spot', 'onDemand', 'useSpotFallbacks', 'fallbackRestoreRateSeconds', 'architectures', 'os', 'minCpu'],
  ...['maxCpu', 'minMemory', 'maxMemory', 'instanceFamilies', 'isGpuOnly', 'gpu', 'burstable', 'bareMetal'],
  ...['computeOptimized', 'storageOptimized', 'cpuManufacturers', 'architecturePriority'],
  ...['enableSpotDiversity', 'spotDiversityPriceIncreaseLimitPercent', 'enableSpotReliability'],
  ...['spotReliabilityPriceIncreaseLimitPercent', 'spotInterruptionPredictionsEnabled'],
  ...['spotInterruptionPredictionsType', 'customerSpecific', 'resourceLimits', 'lifecycleTaintsDisabled'],
]);

/** Also names constraints of a later version, if they look like names. */
function unjudgedIn(constraints: Readonly<Record<string, unknown>>): string[] {
  return Object.keys(constraints).filter(
    (name) => !UNDERSTOOD.has(name) && /^[a-zA-Z]{1,40}$/.test(name) && holdsAnything(constraints[name]),
  );
}

/** Whether anything is set in a value, at any depth. */
function holdsAnything(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(holdsAnything);
  if (isRecord(value)) return Object.values(value).some(holdsAnything);
  return Boolean(value) && value !== '0' && value !== 'NOT_SET' && value !== 'false';
}
