/** @returns whether two ids are the same: they are UUIDs, which are written in either case */
export function isSameId(a: string | null, b: string): boolean {
  return a?.toLowerCase() === b.toLowerCase();
}
