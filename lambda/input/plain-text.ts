/*
 * Names from outside appear on terminals, in logs and in errors. A line break or control sequence in one of them could
 * forge a line of output.
 */

/** Characters that move the cursor, colour, hide or reorder text, or start a line. */
export const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** The longest name shown, in characters. */
const LONGEST_NAME = 128;

/** @returns the text on one line, with U+FFFD in place of each invisible character, so that it never equals another name */
export function plainText(text: string): string {
  return text.replaceAll(INVISIBLE, '\ufffd').replaceAll(/\s+/g, ' ');
}

/** @returns a name as `plainText` returns it, cut to 128 characters */
export function plainName(name: string): string {
  const characters = [...plainText(name.slice(0, 8 * LONGEST_NAME))];
  if (characters.length <= LONGEST_NAME) return characters.join('');
  return `${characters.slice(0, LONGEST_NAME - 1).join('')}…`;
}

/**
 * Escapes the characters that a terminal interprets but `JSON.stringify` does not escape.
 *
 * @param text a JSON text, or a string to be serialized into one
 */
export function escapeInvisible(text: string): string {
  return text.replaceAll(INVISIBLE, (character) => {
    // JSON.stringify escapes these itself, or inserted them as white space.
    if (character < ' ') return character;
    const units = character.split('');
    return units.map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');
  });
}

/*
 * CAST AI's keys consist of `castai_v1_` and 64 letters and digits; older ones lack the prefix. Used to hide a key pasted
 * in the wrong place, never to validate one.
 */
const KEY = /castai_v\d|[a-z0-9]{40}/i;

/** @returns whether a text could be or contain an API key */
export function looksLikeKey(text: string): boolean {
  return KEY.test(text);
}

/** @returns the text without the words that could contain an API key */
export function withoutKeys(text: string): string {
  return text.replaceAll(/[^\s'"=:;,.()]+/g, (word) =>
    looksLikeKey(word) ? '(looks like an API key)' : word,
  );
}

/** The ETags that are accepted from a feed's server: short, and without characters that need escaping. */
export const ETAG = /^(W\/)?"[\w.+/=-]{1,64}"$/;
