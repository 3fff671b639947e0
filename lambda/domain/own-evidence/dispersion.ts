/** What happened on one day: machine-hours, and how often machines were interrupted. */
interface Day {
  /** Midnight UTC: milliseconds since 1970. */
  readonly day: number;
  readonly hours: number;
  readonly count: number;
}

/**
 * How much counts vary, compared with independent interruptions (1). Interruptions come in bursts, so a count of ten may
 * say no more than a count of two.
 *
 * @param series the days of each group of machines, such as a type; a missing day counts as 0
 * @param days the number of days that count
 * @returns Σ(x − e)² / Σx · D/(D − 1), where x is a day's count and e the count expected from the day's share of the hours;
 *   1 if it cannot be computed
 */
export function dispersionOf(series: readonly (readonly Day[])[], days: number): number {
  let squares = 0;
  let counts = 0;
  for (const group of series) {
    const hours = sumOf(group, ({ hours }) => hours);
    const count = sumOf(group, (day) => day.count);
    if (hours === 0) continue;
    counts += count;
    squares += sumOf(group, (day) => (day.count - (count * day.hours) / hours) ** 2);
  }
  return counts === 0 || days < 2 ? 1 : ((squares / counts) * days) / (days - 1);
}

function sumOf<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((sum, item) => sum + of(item), 0);
}

/**
 * @param odds p / (1 − p) that each of `of` events is counted
 * @returns the probability that at most `count` of them are
 */
export function binomialAtMost(count: number, of: number, odds: number): number {
  if (count >= of) return 1;
  // Summed as logarithms: with many events, the first term would underflow.
  let logarithm = -of * Math.log1p(odds);
  let sum = count < 0 ? 0 : Math.exp(logarithm);
  for (let value = 1; value <= count; value += 1) {
    logarithm += Math.log(((of - value + 1) / value) * odds);
    sum += Math.exp(logarithm);
  }
  return Math.min(1, sum);
}
