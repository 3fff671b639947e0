/*
 * Names come from outside and end up at terminals, in logs and in errors. A line break or a control sequence in one of
 * them could print a line that this project never said.
 */

/** What moves the cursor, colours, hides or reorders text, or starts a line. */
export const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** The longest name that is shown, in characters. */
const LONGEST_NAME = 128;

/** @returns a text as one line, with a mark in place of what cannot be seen, so that it never passes for another */
export function plainText(text: string): string {
  return text.replaceAll(UNSEEN, '\ufffd').replaceAll(/\s+/g, ' ');
}

/** @returns the same of a name, whose length somebody else has chosen */
export function plainName(name: string): string {
  const characters = [...plainText(name.slice(0, 8 * LONGEST_NAME))];
  if (characters.length <= LONGEST_NAME) return characters.join('');
  return `${characters.slice(0, LONGEST_NAME - 1).join('')}…`;
}

/**
 * Escapes what `JSON.stringify` leaves as it is, although a terminal acts on it.
 *
 * @param text a JSON text, or one that is to become part of it
 */
export function escapeUnseen(text: string): string {
  return text.replaceAll(UNSEEN, (character) => {
    // These JSON.stringify escapes, or has put there as white space.
    if (character < ' ') return character;
    const units = character.split('');
    return units.map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');
  });
}
