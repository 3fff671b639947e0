import {
  type Architecture,
  architectureOf,
  classOf,
  familyOf,
  type MachineClass,
} from '../../lambda/domain/instance-types/instance-type.ts';
import type { RunResult } from '../../lambda/report/result.ts';

/** What is known about an instance type in any cluster of a region. */
export interface TypeFacts {
  readonly instanceType: string;
  readonly family: string;
  readonly size: string;
  readonly architecture: Architecture;
  readonly machineClass: MachineClass;
  /** Null if the result does not say. */
  readonly cores: number | null;
  /** GiB; null if the result does not say. */
  readonly memory: number | null;
  /** The label; null if the feed lacks the type, or was not read. */
  readonly band: string | null;
  readonly savings: number | null;
  /** What happened to the account's own machines of the type; null if that is unknown. */
  readonly own: OwnFacts | null;
}

export interface OwnFacts {
  readonly hours: number;
  readonly interruptions: number;
  readonly ratio: number | null;
  /** Whether the type is calm because of them, whatever its band. */
  readonly isCalm: boolean;
}

/** @returns a type by its name, its band, its savings and its own evidence */
export function factsOf(
  instanceType: string,
  { band, savings }: Pick<TypeFacts, 'band' | 'savings'>,
  own: OwnFacts | null,
  { machines }: Pick<RunResult, 'machines'>,
): TypeFacts {
  const family = instanceType.includes('.') ? familyOf(instanceType) : instanceType;
  const size = instanceType.slice(family.length + 1);
  const sizes = Object.hasOwn(machines, family) ? (machines[family] ?? {}) : {};
  const [cores, memory] = (Object.hasOwn(sizes, size) && sizes[size]) || [null, null];
  const kind = { architecture: architectureOf(instanceType), machineClass: classOf(instanceType) };
  return { instanceType, family, size, ...kind, cores, memory, band, savings, own };
}

/** What AWS calls the kinds of families, by the letters that their names start with; the first that fits counts. */
const KINDS: readonly [string, RegExp][] = [
  ['General purpose', /^(m|a|mac)\d/],
  ['Compute optimized', /^c\d/],
  ['Memory optimized', /^(r|z)\d/],
  ['Large memory', /^(x|u)/],
  ['Storage optimized', /^(i|d|h|is|im)\d/],
  ['Burstable', /^t\d/],
  ['Accelerated', /^(g|gr|p|inf|trn|dl|vt|f)\d/],
];
const OTHER = 'Others';

export const FAMILY_KINDS: readonly string[] = [...KINDS.map(([kind]) => kind), OTHER];

/** @returns the kind of a type's family, one of `FAMILY_KINDS` */
export function kindOf({ family }: Pick<TypeFacts, 'family'>): string {
  return KINDS.find(([, pattern]) => pattern.test(family))?.[0] ?? OTHER;
}

const SMALL = ['nano', 'micro', 'small', 'medium', 'large', 'xlarge'];

/** Sorts sizes from the smallest to the largest, bare metal last. */
export function bySize(a: string, b: string): number {
  return rankOf(a) - rankOf(b) || naturally(a, b);
}

function rankOf(size: string): number {
  if (SMALL.includes(size)) return SMALL.indexOf(size);
  const [, metal, times] = /^(metal)?-?(\d+)?x?l?/.exec(size) ?? [];
  return (metal === undefined ? 100 : 10_000) + Number(times ?? 0);
}

/** @returns a size as it fits over a column: `2xl` for `2xlarge`, `m24` for `metal-24xl` */
export function shortSize(size: string): string {
  return size.replace('xlarge', 'xl').replace(/^metal-(\d+)xl$/, 'metal $1');
}

/** @returns bands in the order of their lower edges */
export function calmestFirst(bands: readonly string[]): string[] {
  return bands.toSorted((a, b) => lowerEdge(a) - lowerEdge(b));
}

/** @returns a band's lower edge in percent; below 0 for the calmest */
export function lowerEdge(band: string): number {
  return band.startsWith('<') ? -1 : Number.parseFloat(band.replace('>', '')) || 0;
}

const collator = new Intl.Collator('en', { numeric: true });

/** In natural order: `m5` before `m10`. */
export function naturally(a: string, b: string): number {
  return collator.compare(a, b);
}
