/** @returns whether two ids are the same: they are UUIDs, whose case does not matter */
export function isSameId(a: string | null, b: string): boolean {
  return a?.toLowerCase() === b.toLowerCase();
}
