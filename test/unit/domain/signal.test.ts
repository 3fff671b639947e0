import { describe, expect, it } from 'vitest';
import type { OwnDay } from '../../../lambda/domain/own-evidence/evidence.ts';
import { riskyAgainstOthers, signalInWords, tQuantile } from '../../../lambda/domain/own-evidence/signal.ts';
import { daysOf } from '../../support/evidence.ts';

describe('what the bands tell here', () => {
  const even = (count: number, days = 14) => Array.from({ length: days }, () => count);
  const signal = (risky: OwnDay[], others: OwnDay[]) =>
    riskyAgainstOthers([...risky, ...others], (_, type) => type === 'm5.large', 2);

  it('is a ratio of machines with an interval', () => {
    expect(signal(daysOf('m5.large', even(6)), daysOf('c5.large', even(2)))).toEqual({
      ratio: 3,
      // 3 · exp(±1.771 · √(1/84 + 1/28))
      interval: [2, 4.4],
      hours: [1_400, 1_400],
      interruptions: [84, 28],
    });
  });

  it('has a wider interval where interruptions come in bursts', () => {
    const burst = [42, ...even(0, 12), 42];
    const { interval } = signal(daysOf('m5.large', burst), daysOf('c5.large', even(2))) ?? {};
    // Σ(x − 6)² / 84 · 14/13 is 38.8, and 0: 19.4 on average. 3 · exp(±1.771 · √(19.4 · (1/84 + 1/28)))
    expect(interval).toEqual([0.55, 16]);
  });

  it('takes the mean of both sides’ bursts', () => {
    const uneven = [...even(0, 7), ...even(4, 7)];
    const { interval } = signal(daysOf('m5.large', even(6)), daysOf('c5.large', uneven)) ?? {};
    // 0, and 56 / 28 · 14/13 = 2.15: 1.08 on average. 3 · exp(±1.771 · √(1.08 · (1/84 + 1/28)))
    expect(interval).toEqual([2, 4.5]);
  });

  it('compares machines within each region: rates that differ between regions are no difference', () => {
    const inRegion = (region: string, days: OwnDay[]) => days.map((day) => ({ ...day, region }));
    const busy = (type: string, hours: number, count: number) =>
      daysOf(type, even(count)).map((day) => ({ ...day, hours }));
    const result = signal(
      [
        ...inRegion('eu-west-1', busy('m5.large', 1_000, 1)),
        ...inRegion('us-east-1', busy('m5.large', 50_000, 500)),
      ],
      [
        ...inRegion('eu-west-1', busy('c5.large', 50_000, 50)),
        ...inRegion('us-east-1', busy('c5.large', 1_000, 10)),
      ],
    );
    expect(result).toMatchObject({ ratio: 1, interruptions: [7_014, 840] });
  });

  it('keeps on the right side of 1 what would be rounded to it', () => {
    const result = signal(daysOf('m5.large', even(39)), daysOf('c5.large', even(34)));
    // 39/34 · exp(±1.771 · √(1/546 + 1/476)) is 1.026 to 1.282.
    expect(result?.interval).toEqual([1.03, 1.3]);
    expect(result && signalInWords(result, 2)).toContain(
      '1.1 times as often as your others (90% interval 1.03 to 1.3)',
    );
  });

  it.each([
    ['six days', daysOf('m5.large', even(6, 6)), daysOf('c5.large', even(2, 6))],
    ['interruptions on one day', daysOf('m5.large', [84, ...even(0, 13)]), daysOf('c5.large', even(2))],
    ['no others', daysOf('m5.large', even(6)), []],
    ['none above the threshold', [], daysOf('c5.large', even(2))],
  ])('is not said with %s', (_, risky, others) => {
    expect(signal(risky, others)).toBeNull();
  });

  it.each([
    [6, 1.9432],
    [13, 1.7709],
    [89, 1.6622],
  ])('takes Student’s t with %i degrees', (degrees, expected) => {
    expect(tQuantile(degrees) / expected).toBeCloseTo(1, 3);
  });

  it.each<[number, [number, number], string]>([
    [3, [1.5, 6], 'were interrupted 3 times as often as your others (90% interval 1.5 to 6)'],
    [
      1,
      [0.8, 1.3],
      "were interrupted about as often as your others (0.8 to 1.3): AWS's bands tell little here",
    ],
    [
      0.5,
      [0.3, 0.8],
      'were interrupted less often than your others: 0.5 times as often (90% interval 0.3 to 0.8)',
    ],
    [
      1.5,
      [0.7, 3],
      'were interrupted 1.5 times as often as your others, but no difference can be told yet (90% interval 0.7 to 3)',
    ],
  ])('in words: %d, %j', (ratio, interval, words) => {
    expect(signalInWords({ ratio, interval, hours: [1, 1], interruptions: [1, 1] }, 2)).toBe(words);
  });
});
