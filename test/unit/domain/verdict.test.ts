import { describe, expect, it } from 'vitest';
import { binomialAtMost, dispersionOf } from '../../../lambda/domain/own-evidence/dispersion.ts';
import { compareInRegion, judge, verdictOn } from '../../../lambda/domain/own-evidence/verdict.ts';
import { comparedWith, daysOf, figures } from '../../support/evidence.ts';

describe('the binomial distribution', () => {
  // From SciPy: binom.cdf(2, 10, 1/4), binom.cdf(40, 100, 1/2), binom.cdf(100_000, 1_000_000, 1/10).
  it.each([
    [2, 10, 1 / 3, 0.5255928],
    [40, 100, 1, 0.02844397],
    [100_000, 1_000_000, 1 / 9, 0.5008422],
    [-1, 10, 1, 0],
    [10, 10, 1, 1],
    [0, 0, 1, 1],
  ])('at most %i of %i', (count, of, odds, expected) => {
    expect(binomialAtMost(count, of, odds)).toBeCloseTo(expected, 6);
  });
});

describe('the dispersion', () => {
  const of = (...counts: (readonly number[])[]) =>
    dispersionOf(
      counts.map((ofType) => ofType.map((count, day) => ({ day, hours: 100, count }))),
      4,
    );

  it.each([
    ['of even counts is 0', [[2, 2, 2, 2]], 0],
    // x − e = 6, −2, −2, −2: 48 / 8 · 4/3.
    ['of one burst is as large as the burst', [[8, 0, 0, 0]], 8],
    [
      'of several types is theirs together',
      [
        [8, 0, 0, 0],
        [2, 2, 2, 2],
      ],
      4,
    ],
    ['of no interruption is 1', [[0, 0, 0, 0]], 1],
  ])('%s', (_, counts, expected) => {
    expect(of(...counts)).toBeCloseTo(expected);
  });

  it('does not count what more hours explain', () => {
    const days = [
      { day: 0, hours: 900, count: 9 },
      { day: 1, hours: 100, count: 1 },
    ];
    expect(dispersionOf([days], 2)).toBe(0);
  });
});

describe('a type is risky', () => {
  // Others: one in 1,000 hours. At twice their rate, 2,100 hours let expect 4.2: eight or more have 6.5%, nine 2.8%.
  it.each([
    [8, 'undecided'],
    [9, 'risky'],
  ])('if it was interrupted clearly more than twice as often: %i times is %s', (count, verdict) => {
    expect(verdictOn(figures(2_100, count), comparedWith(), 2)).toBe(verdict);
  });

  it('only if it was on two days', () => {
    const comparison = comparedWith({ daysInterrupted: 1 });
    expect(verdictOn(figures(2_100, 90), comparison, 2)).toBe('undecided');
  });

  it('only if bursts do not explain it', () => {
    expect(verdictOn(figures(2_100, 12), comparedWith({ dispersion: 3.4 }), 2)).toBe('undecided');
    expect(verdictOn(figures(2_100, 90), comparedWith({ dispersion: 3.4 }), 2)).toBe('risky');
  });

  // Divided by 2.5, the others' 40 are 16: with them, 5 have 9.2%, 6 have 3.7%. 43 are 17: 6 have 4.6%. 44 are 18: 5.5%.
  it.each([
    [14, 40, 'undecided'],
    [15, 40, 'risky'],
    [15, 43, 'risky'],
    [15, 44, 'undecided'],
  ])(
    'by whole interruptions that bursts leave: %i times, the others %i, is %s',
    (count, ofOthers, verdict) => {
      const comparison = comparedWith({ dispersion: 2.5, others: figures(30_000, ofOthers) });
      expect(verdictOn(figures(2_000, count), comparison, 2)).toBe(verdict);
    },
  );

  it('by machines that went together once, not by each', () => {
    expect(verdictOn(figures(2_100, 4, 90), comparedWith(), 2)).toBe('undecided');
  });

  it('also if the others were never interrupted', () => {
    const comparison = comparedWith({ others: figures(100_000, 0) });
    expect(verdictOn(figures(2_000, 3), comparison, 2)).toBe('risky');
  });
});

describe('a type is calm', () => {
  // Half of what the others' rate lets expect is 3 in 6,000 hours: none at all has 5.0%.
  it.each([
    [5_900, 'undecided'],
    [6_100, 'calm'],
  ])('if it was interrupted clearly less than half as often: never in %i hours is %s', (hours, verdict) => {
    expect(verdictOn(figures(hours, 0), comparedWith(), 2)).toBe(verdict);
  });

  // Divided by 2.5, the others' 40 are 16: with them, none has 4.3%, 1 has 17%.
  it.each([
    [0, 'calm'],
    [1, 'undecided'],
  ])('by as many as bursts may leave, rounded up: %i times is %s', (count, verdict) => {
    const comparison = comparedWith({ machineDispersion: 2.5, others: figures(30_000, 40) });
    expect(verdictOn(figures(13_000, count), comparison, 2)).toBe(verdict);
  });

  it('by every machine, also of those that went together', () => {
    expect(verdictOn(figures(20_000, 1, 1), comparedWith(), 2)).toBe('calm');
    expect(verdictOn(figures(20_000, 1, 9), comparedWith(), 2)).toBe('undecided');
  });
});

describe('nothing is decided', () => {
  it.each([
    ['without others', comparedWith({ others: figures(0, 0) })],
    ['on a single day', comparedWith({ days: 1, daysInterrupted: 1 })],
  ])('%s', (_, comparison) => {
    expect(verdictOn(figures(2_100, 90), comparison, 2)).toBe('undecided');
    expect(verdictOn(figures(90_000, 0), comparison, 2)).toBe('undecided');
  });

  it('where it is only to be reported, or undecided', () => {
    const judged = (hours: number, count: number, replaces: boolean) =>
      judge(figures(hours, count), comparedWith(), '<5%', 2, replaces);
    expect(judged(2_100, 10, true).decides).toBe('risky');
    expect(judged(12_000, 0, true).decides).toBe('calm');
    expect(judged(2_100, 10, false)).toMatchObject({ verdict: 'risky', decides: null });
    expect(judged(730, 1, true)).toMatchObject({ verdict: 'undecided', decides: null });
  });
});

it('a type is compared with all others of its region', () => {
  const days = [
    ...daysOf('m5.large', [1, 0, 1, 0]),
    ...daysOf('c5.large', [0, 2, 0, 0]),
    ...daysOf('r5.large', [0, 0, 0, 1]),
  ];
  const own = new Map([
    ['m5.large', figures(400, 2)],
    ['c5.large', figures(400, 2)],
    ['r5.large', figures(400, 1)],
  ]);
  const { types } = compareInRegion(own, days);
  // Σ(x − e)² is 4 · 0.5², 1.5² + 3 · 0.5², 0.75² + 3 · 0.25².
  const dispersion = expect.closeTo((4.75 / 5) * (4 / 3));
  expect(types.get('m5.large')).toEqual([
    figures(400, 2),
    { others: figures(800, 3), daysInterrupted: 2, days: 4, dispersion, machineDispersion: dispersion },
  ]);
});

it('machines that go together scatter more than what counts as one interruption', () => {
  const days = daysOf('m5.large', [1, 1, 1, 1]).map((day, index) => ({
    ...day,
    machines: index === 0 ? 9 : 1,
  }));
  const { types } = compareInRegion(new Map([['m5.large', figures(400, 4, 12)]]), days);
  // x − e = 6, −2, −2, −2: 48 / 12 · 4/3.
  expect(types.get('m5.large')?.[1]).toMatchObject({ dispersion: 1, machineDispersion: 16 / 3 });
});

describe('what own figures say, in words', () => {
  it.each([
    [
      figures(2_000, 10),
      { others: figures(160_000, 100) },
      'interrupted 10 times in 2,000 of your machine-hours, 8 times as often as your others',
    ],
    [
      figures(9_000_000, 1),
      {},
      'interrupted once in 9,000,000 of your machine-hours, 0.00011 times as often as your others',
    ],
    [
      figures(1, 2),
      {},
      'interrupted 2 times in 1 of your machine-hours, 2,000 times as often as your others',
    ],
    [
      figures(2_000.4, 2, 9),
      {},
      'interrupted 2 times (9 machines) in 2,000 of your machine-hours, as often as your others',
    ],
    [figures(730, 1), {}, 'interrupted once in 730 of your machine-hours, 1.4 times as often as your others'],
    [figures(12_345, 0), {}, 'never interrupted in 12,345 of your machine-hours'],
    [
      figures(730, 3),
      { others: figures(9_000, 0) },
      'interrupted 3 times in 730 of your machine-hours, your others never',
    ],
    [
      figures(730, 0),
      { others: figures(9_000, 0) },
      'never interrupted in 730 of your machine-hours, nor were your others',
    ],
    [
      figures(730, 3),
      { others: figures(0, 0) },
      'interrupted 3 times in 730 of your machine-hours, with no others to compare',
    ],
  ])('%j', (own, facts, words) => {
    const judged = judge(own, comparedWith(facts), '5-10%', 2, true);
    expect(judged.inPlaceOfBand).toBe(`${words}, AWS's band is 5-10%`);
  });

  it.each([
    [figures(730, 1), 'not enough to decide'],
    [figures(1_000_000, 1_200), 'not enough to decide'],
    [figures(12_345, 0), 'calm by themselves'],
    [figures(2_100, 10), 'risky by themselves'],
  ])('%j beside the band: %s', (own, remark) => {
    const { besideBand, inPlaceOfBand } = judge(own, comparedWith(), '>20%', 2, false);
    expect(besideBand).toBe(`; ${inPlaceOfBand.split(", AWS's")[0]}: ${remark}`);
  });

  it('the ratio has two digits, and is null without interruptions of others', () => {
    expect(judge(figures(2_100, 4), comparedWith(), '<5%', 2, true).summary.ratio).toBe(1.9);
    const never = comparedWith({ others: figures(100, 0) });
    expect(judge(figures(2_100, 4), never, '<5%', 2, true).summary.ratio).toBeNull();
  });
});
