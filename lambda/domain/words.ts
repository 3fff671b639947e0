/** The form of CAST AI's ids. */
export const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** @returns whether two ids are the same: they are UUIDs, whose case does not matter */
export function isSameId(a: string | null, b: string): boolean {
  return a?.toLowerCase() === b.toLowerCase();
}

/** How many items an error or a warning lists: more are not read, and could be a megabyte. */
const SHOWN = 40;

/** @returns the items as text: at most 40 of them, and how many more there are */
export function shortList(items: readonly string[], separator = ', '): string {
  const shown = items.slice(0, SHOWN).join(separator);
  return items.length > SHOWN ? `${shown}${separator}and ${items.length - SHOWN} more` : shown;
}
