import { describe, expect, it } from 'vitest';
import { monthlyRate, verdictOn, weigh } from '../../../lambda/domain/own-evidence/verdict.ts';
import { figures } from '../../support/evidence.ts';

/** Interruptions in an hour at which 20% of the machines that run for a month of 730 hours are interrupted. */
const RATE_OF_20 = -Math.log(0.8) / 730;

/** Quantiles of gamma distributions, from @stdlib/stats-base-dists-gamma-quantile: 5% of k, 95% of k + 1. */
const QUANTILES = [
  [2, 0.355361510698662, 6.295793621871988],
  [3, 0.8176914471639534, 7.753656527932725],
  [4, 1.366318396749831, 9.153519026637571],
  [5, 1.9701495680595296, 10.513034908741531],
  [10, 5.425405697091294, 16.9622192357219],
  [50, 38.96473258250863, 63.287074095747165],
] as const;

describe('the verdict changes where the two-sided 90% interval leaves the threshold', () => {
  it.each(QUANTILES)('with %d interruptions', (interruptions, lower, upper) => {
    const verdictAfter = (hours: number) => verdictOn(figures(hours, interruptions), 20);
    expect(verdictAfter((lower / RATE_OF_20) * 0.9999)).toBe('risky');
    expect(verdictAfter((lower / RATE_OF_20) * 1.0001)).toBe('undecided');
    expect(verdictAfter((upper / RATE_OF_20) * 0.9999)).toBe('undecided');
    expect(verdictAfter((upper / RATE_OF_20) * 1.0001)).toBe('calm');
  });

  it('without an interruption, after 9,801 machine-hours at a threshold of 20', () => {
    expect(verdictOn(figures(9_800, 0), 20)).toBe('undecided');
    expect(verdictOn(figures(9_801, 0), 20)).toBe('calm');
  });
});

describe('the verdict', () => {
  it('is never risky because of one interruption', () => {
    expect(verdictOn(figures(1, 1), 20)).toBe('undecided');
    expect(verdictOn(figures(1, 1, 50), 20)).toBe('undecided');
  });

  it('counts machines that go together once where that would make a type risky', () => {
    expect(verdictOn(figures(5_000, 5), 20)).toBe('risky');
    expect(verdictOn(figures(5_000, 2, 5), 20)).toBe('undecided');
  });

  it('counts all of them where that would make it calm', () => {
    expect(verdictOn(figures(40_000, 4), 20)).toBe('calm');
    expect(verdictOn(figures(40_000, 4, 200), 20)).toBe('undecided');
  });

  it('at a threshold of 0 is risky after two interruptions, and never calm', () => {
    expect(verdictOn(figures(1e8, 2), 0)).toBe('risky');
    expect(verdictOn(figures(1e9, 0), 0)).toBe('undecided');
  });

  it('at a threshold close to 100 needs many interruptions in little time', () => {
    expect(verdictOn(figures(730, 4), 99.9)).toBe('undecided');
    expect(verdictOn(figures(730, 13), 99.9)).toBe('risky');
  });

  it('of very many machines is reached, too', () => {
    expect(verdictOn(figures(1e9, 1_000), 20)).toBe('calm');
    expect(verdictOn(figures(1e6, 13_000, 1e6), 20)).toBe('risky');
  });
});

describe('the monthly rate', () => {
  it.each([
    [2_100, 4, 75.1],
    [730, 0, 0],
    [730, 1, 63.2],
    [7_300, 1, 9.5],
    [10, 100, 100],
  ])('after %d hours and %d interruptions', (hours, interruptions, rate) => {
    expect(monthlyRate(figures(hours, interruptions))).toBeCloseTo(rate, 1);
  });
});

describe('what own figures say, in words', () => {
  it.each([
    [
      figures(2_100, 4),
      "interrupted 4 times in 2,100 of your own machine-hours (about 75% a month), AWS's band is 5-10%",
    ],
    [
      figures(2_100.4, 4, 9),
      "interrupted 4 times (9 machines) in 2,100 of your own machine-hours (about 75% a month), AWS's band is 5-10%",
    ],
    [
      figures(730, 1),
      "interrupted once in 730 of your own machine-hours (about 63% a month), AWS's band is 5-10%",
    ],
    [figures(12_345, 0), "never interrupted in 12,345 of your own machine-hours, AWS's band is 5-10%"],
  ])('%j', (own, words) => {
    expect(weigh(own, '5-10%', 20, true).inPlaceOfBand).toBe(words);
  });

  it.each([
    [figures(730, 1), 'too few to tell'],
    [figures(12_345, 0), 'calm by themselves'],
    [figures(2_100, 4), 'risky by themselves'],
  ])('%j beside the band: %s', (own, remark) => {
    const { besideBand, inPlaceOfBand } = weigh(own, '>20%', 20, false);
    expect(besideBand).toBe(`; ${inPlaceOfBand.split(", AWS's")[0]}: ${remark}`);
  });
});

it('decides nothing where it is only to be reported, or undecided', () => {
  expect(weigh(figures(2_100, 4), '<5%', 20, true).decides).toBe('risky');
  expect(weigh(figures(12_000, 0), '>20%', 20, true).decides).toBe('calm');
  expect(weigh(figures(2_100, 4), '<5%', 20, false)).toMatchObject({ verdict: 'risky', decides: null });
  expect(weigh(figures(730, 1), '<5%', 20, true)).toMatchObject({ verdict: 'undecided', decides: null });
});
