/** Up to this size (in characters; twice the largest feed seen) a text needs little memory, however it is nested. */
const HARMLESS = 2_000_000;

/** No document that this project reads has more than one list or object per this many characters. */
const CHARACTERS_PER_BRACKET = 10;

/**
 * Parses JSON. A byte order mark is skipped. A large text that consists mostly of brackets is rejected: parsing 14 MB of
 * them takes 740 MB of memory.
 *
 * @returns the value, or undefined if the text is not JSON: JSON.parse's own error quotes its input
 */
export function parsedJson(text: string): unknown {
  if (text.length > HARMLESS && hasMoreBrackets(text, text.length / CHARACTERS_PER_BRACKET)) return undefined;
  try {
    return JSON.parse(text.startsWith('\ufeff') ? text.slice(1) : text);
  } catch {
    return undefined;
  }
}

/** @returns whether the value is a JSON object */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function hasMoreBrackets(text: string, most: number): boolean {
  let left = most;
  for (const bracket of ['[', '{']) {
    for (let at = text.indexOf(bracket); at >= 0; at = text.indexOf(bracket, at + 1)) {
      left -= 1;
      if (left < 0) return true;
    }
  }
  return false;
}
