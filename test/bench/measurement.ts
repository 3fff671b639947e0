// What the parts of the benchmark have in common.
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { DEFAULT_FEED_FILE } from '../../cli/demo/sandbox/aws/feed.ts';

/** One part of the benchmark: what it asks, what it should come to, and what was measured. */
export interface Measurement {
  readonly title: string;
  /** What the figures should be, or what to make of them, in one sentence. */
  readonly aim: string;
  /** Rows of named cells; every row has the same names. */
  readonly rows: readonly Readonly<Record<string, string | number>>[];
}

/** The feed of February 2026, as AWS sends it. */
export function feedBytes(): Buffer {
  return gunzipSync(readFileSync(DEFAULT_FEED_FILE));
}

/** @returns the middle one; of an even number of values the mean of the two in the middle */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const [low = Number.NaN, high = low] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return (low + high) / 2;
}

export function rounded(value: number, digits = 2): number {
  return Number(value.toFixed(digits));
}
