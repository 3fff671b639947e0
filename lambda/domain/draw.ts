/**
 * Derives a number from a text instead of drawing it at random: runs have no state, and equal runs must decide equally.
 *
 * @returns from 0 to below 1, evenly spread over texts; the same for the same text
 */
export function drawFrom(text: string): number {
  // FNV-1a, and the finalizer of MurmurHash3, without which similar texts would give similar numbers.
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
