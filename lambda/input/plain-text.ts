/*
 * Names come from outside and appear on terminals, in logs and in errors. A line break or a control sequence in one of
 * them could forge a line of output.
 */

/** Characters that move the cursor, colour, hide or reorder text, or start a line. */
export const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** The longest name that is shown, in characters. */
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
 * Escapes the characters that `JSON.stringify` leaves as they are although a terminal interprets them.
 *
 * @param text a JSON text, or one that is to become part of it
 */
export function escapeInvisible(text: string): string {
  return text.replaceAll(INVISIBLE, (character) => {
    // JSON.stringify escapes these itself, or has inserted them as white space.
    if (character < ' ') return character;
    const units = character.split('');
    return units.map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');
  });
}
