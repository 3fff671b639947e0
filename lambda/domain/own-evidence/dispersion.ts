/** What happened on one day: machine-hours, and how often machines were interrupted. */
interface Day {
  /** Midnight UTC: milliseconds since 1970. */
  readonly day: number;
  readonly hours: number;
  readonly count: number;
}

/**
 * How much counts scatter, compared with independent interruptions, which have 1. Interruptions come in bursts, so that a
 * count of ten may say no more than one of two.
 *
 * @param series the days of each group of machines, such as a type; a day that is missing has none of it
 * @param days the number of days that count
 * @returns Σ(x − e)² / Σx · D/(D − 1), where x is a day's count and e what the day's share of the hours lets expect; 1
 *   where that cannot be told
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
 * @param odds of each of `of` events to be counted, p / (1 − p)
 * @returns the probability that at most `count` of them are
 */
export function binomialAtMost(count: number, of: number, odds: number): number {
  if (count >= of) return 1;
  // Summed as logarithms: the first term of many events is too small for a number.
  let logarithm = -of * Math.log1p(odds);
  let sum = count < 0 ? 0 : Math.exp(logarithm);
  for (let value = 1; value <= count; value += 1) {
    logarithm += Math.log(((of - value + 1) / value) * odds);
    sum += Math.exp(logarithm);
  }
  return Math.min(1, sum);
}
