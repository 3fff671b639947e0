/** Milliseconds. */
export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** @returns a time (milliseconds since 1970) in ISO 8601 */
export function isoTime(time: number | null): string | null {
  return time === null ? null : new Date(time).toISOString();
}

/** @returns the date (UTC) of a time (milliseconds since 1970): `2026-02-13` */
export function dateOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

/** @returns a whole number in groups of three digits: `2,100` */
export function grouped(value: number): string {
  return value.toLocaleString('en-US');
}

/** @returns a number of things: `1 type`, `2 types` */
export function countOf(count: number, thing: string): string {
  return `${grouped(count)} ${thing}${count === 1 ? '' : 's'}`;
}

/** The form of CAST AI's ids. */
export const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** @returns whether two ids are the same: they are UUIDs, whose case does not matter */
export function isSameId(a: string | null, b: string): boolean {
  return a?.toLowerCase() === b.toLowerCase();
}

/** How many items an error or a warning lists: a longer list is hard to read, and could reach a megabyte. */
const SHOWN = 40;

/** @returns the items as text: at most 40 of them, or as many as are given, and how many more there are */
export function shortList(items: readonly string[], separator = ', ', most = SHOWN): string {
  const shown = items.slice(0, most).join(separator);
  return items.length > most ? `${shown}${separator}and ${items.length - most} more` : shown;
}

/**
 * Hashes a text, in place of a random number: runs have no state, and equal runs must decide equally.
 *
 * @returns from 0 to below 1, evenly spread over texts; the same for the same text
 */
export function hashOf(text: string): number {
  // FNV-1a, and the finalizer of MurmurHash3, without which similar texts would give similar numbers.
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
