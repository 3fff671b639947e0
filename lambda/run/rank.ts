/** Compared number by number; the lowest comes first. */
export type Rank = readonly number[];

/** For sorting. */
export function compareRanks(a: Rank, b: Rank): number {
  const index = a.findIndex((value, place) => value !== b[place]);
  return index === -1 || a[index] === undefined ? 0 : a[index] < (b[index] ?? 0) ? -1 : 1;
}
