import { grouped } from '../words.ts';
import { binomialAtMost, dispersionOf } from './dispersion.ts';
import type { OwnDay, OwnEvidence, OwnFigures, Verdict } from './evidence.ts';

/** How unlikely figures like these must be for a type that is no different. */
const TAIL = 0.05;

/** A risky type was interrupted on at least this many days: a single burst can hit any type. */
const MIN_DAYS = 2;

/** What own figures mean where the band decides. */
const REMARKS: Readonly<Record<Verdict, string>> = {
  undecided: 'not enough to decide',
  calm: 'calm by themselves',
  risky: 'risky by themselves',
};

/** What a type is compared with. */
export interface Comparison {
  /** The account's other machines of the same region and OS. */
  readonly others: OwnFigures;
  /** How much more the region's interruptions vary than independent ones: 1 or more. */
  readonly dispersion: number;
  /**
   * The same for interrupted machines: several that go together count as one interruption, which hides their dispersion.
   */
  readonly machineDispersion: number;
  /** On how many days the type was interrupted. */
  readonly daysInterrupted: number;
  /** The number of days that count, in the whole region. */
  readonly days: number;
}

/** The own figures of a region, each with what it is compared with. */
export interface Compared {
  readonly types: ReadonlyMap<string, readonly [OwnFigures, Comparison]>;
  readonly dispersion: number;
}

/**
 * @param figures of one region's types
 * @param days the same by day
 */
export function compareInRegion(figures: ReadonlyMap<string, OwnFigures>, days: readonly OwnDay[]): Compared {
  const byType = Map.groupBy(days, ({ instanceType }) => instanceType);
  const count = new Set(days.map(({ day }) => day)).size;
  const scatterOf = (of: 'interruptions' | 'machines') => {
    const series = [...byType.values()].map((ofType) => ofType.map((day) => ({ ...day, count: day[of] })));
    return Math.max(1, dispersionOf(series, count));
  };
  const dispersion = scatterOf('interruptions');
  const scatter = { dispersion, machineDispersion: scatterOf('machines') };
  const all = [...figures.values()].reduce(plus, { hours: 0, interruptions: 0, machines: 0 });
  const types = [...figures].map(([instanceType, own]): [string, [OwnFigures, Comparison]] => {
    const interrupted = byType.get(instanceType)?.filter(({ interruptions }) => interruptions > 0) ?? [];
    const facts = { ...scatter, daysInterrupted: interrupted.length, days: count };
    // With no other type, a difference of sums could leave a rounding error.
    const others = figures.size === 1 ? NOTHING : minus(all, own);
    return [instanceType, [own, { others, ...facts }]];
  });
  return { types: new Map(types), dispersion };
}

const NOTHING: OwnFigures = { hours: 0, interruptions: 0, machines: 0 };

function plus(a: OwnFigures, b: OwnFigures): OwnFigures {
  return {
    hours: a.hours + b.hours,
    interruptions: a.interruptions + b.interruptions,
    machines: a.machines + b.machines,
  };
}

function minus(a: OwnFigures, b: OwnFigures): OwnFigures {
  return {
    hours: a.hours - b.hours,
    interruptions: a.interruptions - b.interruptions,
    machines: a.machines - b.machines,
  };
}

/**
 * @param band the label of the type's band
 * @param least how many times as often as the others a risky type is interrupted
 * @param replacesBand whether a verdict replaces the band
 */
export function judge(
  figures: OwnFigures,
  comparison: Comparison,
  band: string,
  least: number,
  replacesBand: boolean,
): OwnEvidence {
  const { hours, interruptions, machines } = figures;
  const ratio = ratioOf(figures, comparison.others);
  const verdict = verdictOn(figures, comparison, least);
  const words = inWords(figures, comparison.others, ratio);
  return {
    summary: {
      hours: Math.round(hours),
      interruptions,
      ...(machines > interruptions && { machines }),
      ratio: ratio === null ? null : rounded(ratio),
    },
    ratio,
    verdict,
    decides: replacesBand && verdict !== 'undecided' ? verdict : null,
    inPlaceOfBand: `${words}, AWS's band is ${band}`,
    besideBand: `; ${words}: ${REMARKS[verdict]}`,
  };
}

/** @returns how many times as often as the others a type was interrupted; null if the others never were, or do not exist */
export function ratioOf(figures: OwnFigures, others: OwnFigures): number | null {
  if (others.interruptions === 0) return null;
  return (figures.interruptions / others.interruptions) * (others.hours / figures.hours);
}

/** @returns two significant digits of a ratio */
export function rounded(ratio: number): number {
  return Number(ratio.toPrecision(2));
}

/**
 * Compares a type with the account's other machines: if it is no different, its expected share of the interruptions is its
 * share of the hours. Both verdicts are cautious: machines that go together count as one interruption for risky, and each
 * of them counts for calm. How often machines are interrupted at all, and how long they live, makes no difference.
 *
 * @param least how many times as often as the others a risky type is interrupted, and a calm one is the other way round
 */
export function verdictOn(figures: OwnFigures, comparison: Comparison, least: number): Verdict {
  const { others, dispersion, machineDispersion, daysInterrupted, days } = comparison;
  if (others.hours <= 0 || days < MIN_DAYS) return 'undecided';
  const share = figures.hours / others.hours;
  const risky = {
    own: Math.floor(figures.interruptions / dispersion),
    others: Math.round(others.interruptions / dispersion),
  };
  const isRare = 1 - binomialAtMost(risky.own - 1, risky.own + risky.others, least * share) < TAIL;
  if (daysInterrupted >= MIN_DAYS && risky.own > 0 && isRare) return 'risky';
  const calm = {
    own: Math.ceil(figures.machines / machineDispersion),
    others: Math.round(others.machines / machineDispersion),
  };
  return binomialAtMost(calm.own, calm.own + calm.others, share / least) < TAIL ? 'calm' : 'undecided';
}

function inWords(
  { hours, interruptions, machines }: OwnFigures,
  others: OwnFigures,
  ratio: number | null,
): string {
  const among = `in ${grouped(Math.round(hours))} of your machine-hours`;
  const times = interruptions === 1 ? 'once' : `${grouped(interruptions)} times`;
  const together = machines > interruptions ? ` (${grouped(machines)} machines)` : '';
  const happened =
    interruptions === 0 ? `never interrupted ${among}` : `interrupted ${times}${together} ${among}`;
  if (others.hours <= 0) return `${happened}, with no others to compare`;
  if (ratio === null)
    return `${happened}, ${interruptions === 0 ? 'nor were your others' : 'your others never'}`;
  return interruptions === 0 ? happened : `${happened}, ${timesAsOften(ratio)} as your others`;
}

/** @returns `8 times as often`, `as often` */
export function timesAsOften(ratio: number): string {
  const times = ratio.toLocaleString('en-US', { maximumSignificantDigits: 2 });
  return times === '1' ? 'as often' : `${times} times as often`;
}
