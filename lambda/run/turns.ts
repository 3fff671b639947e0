import { drawFrom } from '../domain/decide.ts';

/** The golden ratio's inverse: its multiples, without their whole parts, are spread the most evenly. */
const GOLDEN = 0.6180339887498949;

const SECOND = 1000;

/**
 * @param startedAt when the run started, ISO 8601
 * @param gap the longest time between two runs, in milliseconds
 * @returns a run's number, for `inTurn`: one more in each interval, and another one if Lambda repeats the run
 */
export function turnOf(startedAt: string, gap: number): number {
  const start = Date.parse(startedAt);
  return Math.floor(start / gap) + Math.floor((start % gap) / SECOND);
}

/**
 * Puts clusters into another order in every turn, because time may run out before the last one. Their order in a list makes
 * no difference. Where a turn does only one in n of them, none waits for much longer than 3 n turns.
 */
export function inTurn<T>(clusters: readonly T[], idOf: (cluster: T) => string, turn: number): T[] {
  const drawn = clusters.toSorted((a, b) => drawFrom(idOf(a)) - drawFrom(idOf(b)));
  const first = Math.ceil((1 - ((turn * GOLDEN) % 1)) * drawn.length);
  return [...drawn.slice(first), ...drawn.slice(0, first)];
}

/** Compared number by number; the lowest comes first. */
export type Rank = readonly number[];

/** For sorting. */
export function compareRanks(a: Rank, b: Rank): number {
  const index = a.findIndex((value, place) => value !== b[place]);
  return index === -1 || a[index] === undefined ? 0 : a[index] < (b[index] ?? 0) ? -1 : 1;
}
