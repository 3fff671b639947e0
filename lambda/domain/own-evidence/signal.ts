import { dispersionOf } from './dispersion.ts';
import type { OwnDay } from './evidence.ts';
import { rounded } from './verdict.ts';

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
 * alone would be far too narrow: it is widened by the dispersion of each side's daily counts.
 *
 * @param isAbove whether a type's band is above the threshold
 * @returns null where there are too few days or interruptions on either side
 */
export function riskyAgainstOthers(
  days: readonly OwnDay[],
  isAbove: (region: string, instanceType: string) => boolean,
): RiskyAgainstOthers | null {
  const count = new Set(days.map(({ day }) => day)).size;
  if (count < MIN_DAYS) return null;
  const sides = [true, false].map((above) => {
    const some = days.filter(({ region, instanceType }) => isAbove(region, instanceType) === above);
    return sideOf(some, count);
  });
  const [risky, others] = sides;
  if (risky === undefined || others === undefined) return null;
  if (sides.some(({ interrupted }) => interrupted < MIN_DAYS_INTERRUPTED)) return null;
  const ratio = (risky.machines / others.machines) * (others.hours / risky.hours);
  const dispersion = Math.max(1, (risky.dispersion + others.dispersion) / 2);
  const width = tQuantile(count - 1) * Math.sqrt(dispersion * (1 / risky.machines + 1 / others.machines));
  return {
    ratio: rounded(ratio),
    interval: [rounded(ratio * Math.exp(-width)), rounded(ratio * Math.exp(width))],
    hours: [Math.round(risky.hours), Math.round(others.hours)],
    interruptions: [risky.machines, others.machines],
  };
}

function sideOf(days: readonly OwnDay[], count: number) {
  const byDay = [...Map.groupBy(days, ({ day }) => day)].map(([day, figures]) => ({
    day,
    hours: figures.reduce((sum, { hours }) => sum + hours, 0),
    count: figures.reduce((sum, { machines }) => sum + machines, 0),
  }));
  return {
    hours: byDay.reduce((sum, { hours }) => sum + hours, 0),
    machines: byDay.reduce((sum, day) => sum + day.count, 0),
    interrupted: byDay.filter((day) => day.count > 0).length,
    dispersion: dispersionOf([byDay], count),
  };
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
  if (low > 1) return `were interrupted ${ratio} times as often as your others (90% interval ${range})`;
  if (high < 1)
    return `were interrupted less often than your others: ${ratio} times as often (90% interval ${range})`;
  if (high < least)
    return `were interrupted about as often as your others (${range}): AWS's bands tell little here`;
  return `were interrupted ${ratio} times as often as your others, but no difference can be told yet (90% interval ${range})`;
}
