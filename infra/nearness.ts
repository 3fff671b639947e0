/** What a setting is called in the payload or in the environment, and here. */
const OTHER_NAMES = new Map([
  ['secretid', 'secretName'],
  ['targetname', 'name'],
]);

/** @returns the letters and digits alone, in lower case: what is left of a name however it is spelled */
export function plain(name: string): string {
  return name
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, '');
}

/**
 * @param word what was given
 * @param names what there is
 * @returns the name that was probably meant: the same but for its spelling, or hardly another
 */
export function meantBy(word: string, names: readonly string[]): string | undefined {
  const given = plain(word);
  const other = OTHER_NAMES.get(given);
  if (other !== undefined && names.includes(other)) return other;
  const ranked = names
    .map((name) => ({ name, edits: editsBetween(given, plain(name)), most: Math.floor(name.length / 3) }))
    .filter(({ edits, most }) => edits <= Math.min(2, most))
    .sort((a, b) => a.edits - b.edits);
  return ranked[0]?.name;
}

/**
 * @param text where to look
 * @param where whether the whole text is compared, its start, or whatever part of it is nearest
 * @returns how many letters have to be added, removed or replaced (Levenshtein; Sellers for parts)
 */
export function editsBetween(
  pattern: string,
  text: string,
  where: 'whole' | 'start' | 'anywhere' = 'whole',
): number {
  let row = Array.from({ length: text.length + 1 }, (_, column) => (where === 'anywhere' ? 0 : column));
  for (const [index, letter] of [...pattern].entries()) {
    const next = [index + 1];
    for (const [column, other] of [...text].entries()) {
      const replaced = (row[column] ?? 0) + Number(letter !== other);
      next.push(Math.min(replaced, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1));
    }
    row = next;
  }
  return where === 'whole' ? (row.at(-1) ?? 0) : Math.min(...row);
}
