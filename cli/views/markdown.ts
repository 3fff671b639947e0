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
