import { plainText } from '../lambda/input/plain-text.ts';

/** @returns a name of unknown origin as text on one line, and not as markup */
export function escaped(text: string): string {
  return plainText(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll(/[\\`*_[\]|~#!]/g, (character) => `\\${character}`);
}

/** @param cells texts that are not escaped yet */
export function tableRow(cells: readonly string[]): string {
  return `| ${cells.map(escaped).join(' | ')} |`;
}
