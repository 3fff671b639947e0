import * as v from 'valibot';
import { type Architecture, INSTANCE_FAMILY, INSTANCE_TYPE } from '../domain/instance-types/instance-type.ts';
import type { BoughtNodes, Constraints, Template } from '../domain/instance-types/template.ts';
import type { HttpAnswer } from '../http/exchange.ts';
import { isRecord } from '../input/json.ts';
import { plainName } from '../input/plain-text.ts';
import type { TemplateList } from '../run/ports.ts';
import { LenientReader } from './lenient.ts';
import { type Read, readWholeList, unreadable, untrusted } from './responses.ts';

const UNNAMED = '(unnamed)';

/**
 * Reads the node templates that are enabled and may buy Spot. A constraint that is not understood is ignored, and its name
 * is reported; where a template has no constraints at all, the response cannot be trusted.
 */
export function readTemplates(answer: HttpAnswer): Read<TemplateList> {
  const list = readWholeList(answer);
  if (list.value === null) return list;
  const templates: Template[] = [];
  const problems: string[] = [];
  const uncounted: string[] = [];
  for (const [index, item] of list.value.entries()) {
    const { template: described, stats } = isRecord(item) ? item : {};
    if (!isRecord(described)) return untrusted(unreadable(`items[${index}].template`));
    const reader = new LenientReader(described);
    // What the autoscaler does not use needs no constraints.
    if (reader.flag('isEnabled') === false) continue;
    if (!isRecord(described['constraints']))
      return untrusted(unreadable(`items[${index}].template.constraints`));
    const template = templateIn(reader, stats);
    if (template === null) continue;
    templates.push(template);
    if (template.bought === null) uncounted.push(template.name);
    const { misunderstood } = reader;
    if (misunderstood.length > 0) problems.push(`${template.name} (${misunderstood.join(', ')})`);
  }
  return { value: { templates, problems, uncounted }, fault: null };
}

/** @returns null for a template that the autoscaler does not use for Spot */
function templateIn(reader: LenientReader, stats: unknown): Template | null {
  const constraints = reader.within('constraints', '');
  // A template that does not say clearly whether it may buy Spot is protected as if it might.
  if (!isOnOrUnclear(constraints, 'spot')) return null;
  const name = reader.text('name');
  return {
    name: name === null ? UNNAMED : plainName(name),
    fallsBackToOnDemand: constraints.flag('useSpotFallbacks') === true,
    predictsInterruptions: isOnOrUnclear(constraints, 'spotInterruptionPredictionsEnabled'),
    bought: boughtIn(stats),
    constraints: constraintsIn(constraints),
  };
}

/** What is no number of nodes is not known: a missing number is not 0. */
function boughtIn(stats: unknown): BoughtNodes | null {
  const { success, output } = v.safeParse(statsSchema, stats);
  return success ? { spot: output.countSpot, fallback: output.countFallback } : null;
}

const nodes = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const statsSchema = v.object({ countSpot: nodes, countFallback: nodes });

function isOnOrUnclear(constraints: LenientReader, name: string): boolean {
  const before = constraints.misunderstood.length;
  return constraints.flag(name) === true || constraints.misunderstood.length > before;
}

function constraintsIn(reader: LenientReader): Constraints {
  const before = reader.misunderstood.length;
  const includeFamilies = familiesIn(reader, 'include');
  const excludeFamilies = familiesIn(reader, 'exclude');
  // A family that is both included and excluded: exclusion takes precedence.
  if (includeFamilies.some((family) => excludeFamilies.includes(family))) reader.note('instanceFamilies');
  const constraints = {
    architectures: reader.list('architectures', (text) => ARCHITECTURES.get(text.toLowerCase())),
    os: reader.list('os', oneOf(SYSTEMS)),
    minCpu: reader.amount('minCpu'),
    maxCpu: reader.amount('maxCpu'),
    minMemory: reader.amount('minMemory'),
    maxMemory: reader.amount('maxMemory'),
    includeFamilies,
    excludeFamilies,
    gpu: gpuIn(reader),
    burstable: stateIn(reader, 'burstable'),
    // According to CAST AI's Terraform provider, true is "only such", false "none such", and null "either".
    bareMetal: reader.flag('bareMetal'),
    computeOptimized: reader.flag('computeOptimized'),
    storageOptimized: reader.flag('storageOptimized'),
    cpuManufacturers: reader.list('cpuManufacturers', oneOf(MANUFACTURERS)),
  };
  return { ...constraints, unjudged: [...unjudgedIn(reader), ...reader.misunderstood.slice(before)] };
}

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

/** What CAST AI makes of a type in a list of families is not documented: it is kept, and the list reported. */
function familiesIn(reader: LenientReader, list: 'include' | 'exclude'): string[] {
  const families = reader.within('instanceFamilies');
  const names = families.list(list, (text) => {
    const name = text.toLowerCase();
    return INSTANCE_FAMILY.test(name) || INSTANCE_TYPE.test(name) ? name : undefined;
  });
  if (names.some((name) => !INSTANCE_FAMILY.test(name))) families.note(list);
  return names;
}

/** Manufacturers and models of GPUs are compared, and never shown. */
const inCapitals = (text: string) => text.toUpperCase();
const asItIs = (text: string) => text;

function gpuIn(reader: LenientReader): Constraints['gpu'] {
  const gpu = reader.within('gpu');
  return {
    isRequired: reader.flag('isGpuOnly') === true,
    manufacturers: gpu.list('manufacturers', inCapitals),
    includeNames: gpu.list('includeNames', asItIs),
    excludeNames: gpu.list('excludeNames', asItIs),
    minCount: gpu.amount('minCount'),
    maxCount: gpu.amount('maxCount'),
    fractional: stateIn(gpu, 'fractionalGpus'),
  };
}

/**
 * @returns whether types of a kind are included beside the others. According to CAST AI's Terraform provider, they are
 *   excluded if that is not set; whether the service does the same is not documented, so it is null.
 */
function stateIn(reader: LenientReader, name: string): boolean | null {
  const state = reader.text(name);
  if (state === 'ENABLED' || state === 'DISABLED') return state === 'ENABLED';
  return reader.isSet(name) ? reader.note(name) : null;
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
function unjudgedIn(reader: LenientReader): string[] {
  return reader.names.filter(
    (name) => !UNDERSTOOD.has(name) && /^[a-zA-Z]{1,40}$/.test(name) && reader.isSet(name),
  );
}
