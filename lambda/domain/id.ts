/** The form of CAST AI's ids. */
export const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** @returns whether two ids are the same: they are UUIDs, whose case does not matter */
export function isSameId(a: string | null, b: string): boolean {
  return a?.toLowerCase() === b.toLowerCase();
}
