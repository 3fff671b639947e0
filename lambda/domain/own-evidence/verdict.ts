import type { OwnEvidence, OwnFigures, Verdict } from './evidence.ts';

/** Hours of a month of 365/12 days. */
const MONTH = 730;

/** On each side of a two-sided interval of 90%. */
const TAIL = 0.05;

/** So many interruptions are needed to call a type risky: one alone can happen to any. */
const FEWEST = 2;

/** What own figures mean where the band decides. */
const REMARKS: Readonly<Record<Verdict, string>> = {
  undecided: 'too few to tell',
  calm: 'calm by themselves',
  risky: 'risky by themselves',
};

/**
 * @param band the label of the type's band
 * @param threshold in percent, from 0 to below 100
 * @param replacesBand whether a verdict replaces the band
 */
export function weigh(
  figures: OwnFigures,
  band: string,
  threshold: number,
  replacesBand: boolean,
): OwnEvidence {
  const { hours, interruptions, machines } = figures;
  const rate = monthlyRate(figures);
  const verdict = verdictOn(figures, threshold);
  const words = inWords(figures, rate);
  return {
    summary: {
      hours: Math.round(hours),
      interruptions,
      ...(machines > interruptions && { machines }),
      monthlyRate: Math.round(rate),
    },
    monthlyRate: rate,
    verdict,
    decides: replacesBand && verdict !== 'undecided' ? verdict : null,
    inPlaceOfBand: `${words}, AWS's band is ${band}`,
    besideBand: `; ${words}: ${REMARKS[verdict]}`,
  };
}

/** @returns the chance in percent that a machine that runs for a month is interrupted */
export function monthlyRate({ hours, interruptions }: OwnFigures): number {
  return 100 * (1 - Math.exp((-MONTH * interruptions) / hours));
}

/**
 * Compares the two-sided 90% interval of the interruption rate with a threshold. Each side counts what speaks against it:
 * machines that go together are one interruption when they would make a type risky, and all of them when they would make
 * it calm.
 *
 * The interval's edges are quantiles of gamma distributions. An edge lies above the threshold's rate exactly if a Poisson
 * tail at that rate is below 5%, and a tail is a short sum, so no quantile is needed.
 *
 * @param threshold in percent, from 0 to below 100
 */
export function verdictOn({ hours, interruptions, machines }: OwnFigures, threshold: number): Verdict {
  const expected = (hours * -Math.log(1 - threshold / 100)) / MONTH;
  if (interruptions >= FEWEST && 1 - atMost(interruptions - 1, expected) < TAIL) return 'risky';
  return machines < expected && atMost(machines, expected) < TAIL ? 'calm' : 'undecided';
}

/** @returns the probability that a Poisson variable with this mean is at most `count` */
function atMost(count: number, mean: number): number {
  if (mean === 0) return 1;
  // Summed as logarithms: the first term of a large mean is too small for a number.
  let logarithm = -mean;
  let sum = Math.exp(logarithm);
  for (let value = 1; value <= count; value += 1) {
    logarithm += Math.log(mean / value);
    sum += Math.exp(logarithm);
  }
  return Math.min(1, sum);
}

function inWords({ hours, interruptions, machines }: OwnFigures, rate: number): string {
  const among = `in ${grouped(Math.round(hours))} of your own machine-hours`;
  if (interruptions === 0) return `never interrupted ${among}`;
  const times = interruptions === 1 ? 'once' : `${grouped(interruptions)} times`;
  const together = machines > interruptions ? ` (${grouped(machines)} machines)` : '';
  return `interrupted ${times}${together} ${among} (about ${Math.round(rate)}% a month)`;
}

function grouped(value: number): string {
  return value.toLocaleString('en-US');
}
