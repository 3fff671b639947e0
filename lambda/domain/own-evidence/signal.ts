import { dispersionOf } from './dispersion.ts';
import type { OwnDay } from './evidence.ts';
import { timesAsOften } from './verdict.ts';

/** How often the account's machines of types above the threshold were interrupted, compared with its others. */
export interface RiskyAgainstOthers {
  /** Of interrupted machines per machine-hour. */
  readonly ratio: number;
  /** The 90% confidence interval of the ratio. */
  readonly interval: readonly [number, number];
  /** Machine-hours and interrupted machines: of types above the threshold, and of the others. */
  readonly hours: readonly [number, number];
  readonly interruptions: readonly [number, number];
}

/** With fewer days, there is no result. */
const MIN_DAYS = 7;

/** Each side must have been interrupted on at least this many days. */
const MIN_DAYS_INTERRUPTED = 2;

/**
 * Shows whether AWS's bands predict anything for this account. Interruptions come in bursts, so an interval from the counts
 * alone would be far too narrow: it is widened by the dispersion of each side's daily counts. Regions differ, so machines
 * are compared within each; over several, the ratio is that of Mantel and Haenszel.
 *
 * @param isAbove whether a type's band is above the threshold
 * @param least the smallest ratio that matters
 * @returns null where there are too few days or interruptions on either side
 */
export function riskyAgainstOthers(
  days: readonly OwnDay[],
  isAbove: (region: string, instanceType: string) => boolean,
  least: number,
): RiskyAgainstOthers | null {
  const count = new Set(days.map(({ day }) => day)).size;
  if (count < MIN_DAYS) return null;
  const regions = [...Map.groupBy(days, ({ region }) => region)]
    .map(([region, some]) => {
      const of = (above: boolean) =>
        sideOf(some.filter(({ instanceType }) => isAbove(region, instanceType) === above));
      return { risky: of(true), others: of(false) };
    })
    .filter(({ risky, others }) => risky.hours > 0 && others.hours > 0);
  const risky = totalOf(regions.map((region) => region.risky));
  const others = totalOf(regions.map((region) => region.others));
  if ([risky, others].some(({ daysInterrupted }) => daysInterrupted < MIN_DAYS_INTERRUPTED)) return null;
  const weighted = (side: Side, other: Side) => (side.machines * other.hours) / (side.hours + other.hours);
  const ratio =
    sum(regions, (region) => weighted(region.risky, region.others)) /
    sum(regions, (region) => weighted(region.others, region.risky));
  const scatter = [risky, others].map(({ series }) => dispersionOf(series, count));
  const dispersion = Math.max(1, sum(scatter, (one) => one) / 2);
  const width = tQuantile(count - 1) * Math.sqrt(dispersion * (1 / risky.machines + 1 / others.machines));
  return {
    ratio: roundedApart(ratio, []),
    interval: [roundedApart(ratio / Math.exp(width), [1]), roundedApart(ratio * Math.exp(width), [1, least])],
    hours: [Math.round(risky.hours), Math.round(others.hours)],
    interruptions: [risky.machines, others.machines],
  };
}

/** One side's machines of a region, by day. */
interface Side {
  readonly byDay: readonly { readonly day: number; readonly hours: number; readonly count: number }[];
  readonly hours: number;
  readonly machines: number;
}

function sideOf(days: readonly OwnDay[]): Side {
  const byDay = [...Map.groupBy(days, ({ day }) => day)].map(([day, figures]) => ({
    day,
    hours: sum(figures, ({ hours }) => hours),
    count: sum(figures, ({ machines }) => machines),
  }));
  return { byDay, hours: sum(byDay, ({ hours }) => hours), machines: sum(byDay, (day) => day.count) };
}

function totalOf(sides: readonly Side[]) {
  const interrupted = sides.flatMap(({ byDay }) => byDay.filter((day) => day.count > 0));
  return {
    series: sides.map(({ byDay }) => byDay),
    hours: sum(sides, ({ hours }) => hours),
    machines: sum(sides, ({ machines }) => machines),
    daysInterrupted: new Set(interrupted.map(({ day }) => day)).size,
  };
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}

/** Rounds to two significant digits; to more, if the result would be one of the bounds that the value is compared with. */
function roundedApart(value: number, bounds: readonly number[]): number {
  const digits = [2, 3, 4, 5].find((some) => !bounds.includes(Number(value.toPrecision(some))));
  return Number(value.toPrecision(digits ?? 2));
}

/** The 95% quantile of the normal distribution. */
const Z = 1.6448536269514722;

/**
 * @returns the 95% quantile of Student's t, by Cornish and Fisher's expansion: accurate to 0.1% from six degrees of freedom
 */
export function tQuantile(degrees: number): number {
  const terms = [
    (Z ** 3 + Z) / 4,
    (5 * Z ** 5 + 16 * Z ** 3 + 3 * Z) / 96,
    (3 * Z ** 7 + 19 * Z ** 5 + 17 * Z ** 3 - 15 * Z) / 384,
  ];
  return terms.reduce((sum, term, index) => sum + term / degrees ** (index + 1), Z);
}

/**
 * @param least the smallest ratio that matters
 * @returns the result of the comparison, for the user: the end of a sentence about machines above the threshold
 */
export function signalInWords({ ratio, interval: [low, high] }: RiskyAgainstOthers, least: number): string {
  const range = `${low} to ${high}`;
  const often = `${timesAsOften(ratio)} as your others`;
  if (low > 1) return `were interrupted ${often} (90% interval ${range})`;
  if (high < 1)
    return `were interrupted less often than your others: ${timesAsOften(ratio)} (90% interval ${range})`;
  if (high < least)
    return `were interrupted about as often as your others (${range}): AWS's bands tell little here`;
  return `were interrupted ${often}, but no difference can be told yet (90% interval ${range})`;
}
