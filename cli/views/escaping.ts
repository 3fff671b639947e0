// Untrusted texts as cells of documents, for forges and spreadsheets.
import { plainText } from '../../lambda/input/plain-text.ts';

/**
 * What forges turn into mentions, links and references to issues. They do so after Markdown's own escapes are resolved, so only
 * a character in between prevents it.
 */
const LIVE = /@|#|:(?=\/\/)|www(?=\.)|(?<![a-z\d])gh(?=-\d)/gi;

/** @returns a name of unknown origin as text on one line, and neither as markup nor as a mention or link */
export function escaped(text: string): string {
  return plainText(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll(/[\\`*_[\]|~#!]/g, (character) => `\\${character}`)
    .replaceAll(LIVE, '$&&#8203;');
}

/** @param cells texts that are not escaped yet */
export function tableRow(cells: readonly string[]): string {
  return `| ${cells.map(escaped).join(' | ')} |`;
}

/**
 * What a spreadsheet would take for a formula starts with an apostrophe: a cluster can have any name. That includes the
 * full-width forms of the signs.
 */
const FORMULA = /^\s*[=+\-@＝＋－＠|%]/;

/** @returns a value as a cell of a CSV document */
export function csvCell(value: string | number | null | undefined): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number') return String(value);
  const text = plainText(value);
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return /[",;]/.test(safe) || safe !== safe.trim() ? `"${safe.replaceAll('"', '""')}"` : safe;
}
