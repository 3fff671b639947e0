import { distance } from 'fastest-levenshtein';

/** @returns a name without case, hyphens, underscores and spaces */
function letters(name: string): string {
  return name.toLowerCase().replaceAll(/[\s_-]/g, '');
}

/** @returns how many letters differ; two transposed neighbours count as one, as in `us-esat-1` */
function slips(written: string, known: string): number {
  const first = [...known].findIndex((letter, index) => letter !== written[index]);
  const [one = '', other = ''] = written.slice(first);
  const swapped = written.slice(0, first) + other + one + written.slice(first + 2);
  return first >= 0 && swapped === known ? 1 : distance(written, known);
}

/** @returns the name that was probably intended, as a question to append; empty if none is near. See {@link nearestName} */
export function suggestion(name: string, known: readonly string[], edits?: number): string {
  const nearest = nearestName(name, known, edits);
  return nearest === undefined ? '' : ` (did you mean ${nearest}?)`;
}

/**
 * Finds the name that was probably intended, such as `cluster-id` for `clusterId` or `cluster-idd`.
 *
 * @param name what was written
 * @param known the names that exist
 * @param edits how many letters may differ; by default up to two, in a short name fewer
 * @returns the nearest known name (an exact match included), or undefined if none is near
 */
export function nearestName(name: string, known: readonly string[], edits?: number): string | undefined {
  const written = letters(name);
  // Far longer than any known name: not worth comparing, and slow for a megabyte.
  if (written.length > 64) return undefined;
  const candidates = known.map((candidate) => {
    return { candidate, apart: slips(written, letters(candidate)) };
  });
  const [nearest] = candidates.sort((a, b) => a.apart - b.apart);
  if (nearest === undefined) return undefined;
  // In a short name, two different letters make a different word.
  const allowed = edits ?? Math.min(2, Math.floor(letters(nearest.candidate).length / 4));
  return nearest.apart <= allowed ? nearest.candidate : undefined;
}
