import type { SpotBlacklistError } from '../domain/errors.ts';

/** How many types a summary names. */
const NAMED = 10;

/**
 * What people want to hear of a run. Without any character that JSON escapes: EventBridge's input transformer inserts it
 * into a message as it is.
 *
 * @param clusters the types that were added to and removed from each one's blacklist
 * @returns undefined if there is nothing to say: nothing failed, and nothing was changed but expiries
 */
export function summaryOf(
  clusters: readonly { readonly added: readonly string[]; readonly removed: readonly string[] }[],
  error: SpotBlacklistError | null,
): string | undefined {
  const sentences = [
    ...(error === null ? [] : [`It failed: ${error.name} (${error.code}).`]),
    ...named(
      'Newly kept off Spot',
      clusters.flatMap(({ added }) => added),
    ),
    ...named(
      'Released',
      clusters.flatMap(({ removed }) => removed),
    ),
  ];
  return sentences.length === 0 ? undefined : sentences.join(' ');
}

function named(what: string, types: readonly string[]): string[] {
  const all = [...new Set(types)].sort();
  if (all.length === 0) return [];
  const more = all.length > NAMED ? ` and ${all.length - NAMED} more` : '';
  return [`${what}: ${all.slice(0, NAMED).join(', ')}${more}.`];
}
