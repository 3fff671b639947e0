/** The target names whose entries count as own. */
export interface TargetNames {
  readonly targetName: string;
  /** The target's name before a rename; null without one. Its entries are renewed under the new name. */
  readonly formerTargetName: string | null;
}

/** Who wrote an entry, according to its reason. */
export type Author =
  | { readonly kind: 'own' | 'altered' | 'other' }
  /** Another target of this project; `name` is null if too long to show. */
  | { readonly kind: 'target'; readonly name: string | null };

/** What a target's name looks like, as a regular expression. */
export const TARGET_NAME = '[A-Za-z0-9][A-Za-z0-9._-]{0,63}';

const OTHER_MARKER = new RegExp(`^${markerOf(`(${TARGET_NAME})`)}`);

/** @returns the prefix of the reason of every entry of a target */
export function markerOf(targetName: string): string {
  return `spot-blacklist/${targetName}: `;
}

/** What follows the marker where own evidence caused the entry. Runs recognize it, so it must not change. */
export const BY_EVIDENCE = 'own evidence: ';

/** @returns whether own evidence caused an own entry with this reason, not AWS's band */
export function isByEvidence(reason: string, names: TargetNames): boolean {
  return namesIn(names).some((name) => reason.startsWith(markerOf(name) + BY_EVIDENCE));
}

function namesIn({ targetName, formerTargetName }: TargetNames): string[] {
  return [targetName, ...(formerTargetName === null ? [] : [formerTargetName])];
}

/** Longer names are not shown: an API key is longer than this. */
const LONGEST_SHOWN = 32;

/** How many letters of a marker must remain at the end of a truncated reason. */
const SHORTEST_CUT = 'spotbla'.length;

/**
 * @returns who wrote an entry with this reason: the target itself (`own`), the target itself but with its marker changed
 *   since (`altered`), another target of this project, or anyone else
 */
export function authorOf(reason: string, targets: TargetNames): Author {
  const names = namesIn(targets);
  if (names.some((name) => reason.startsWith(markerOf(name)))) return { kind: 'own' };
  const [, other] = OTHER_MARKER.exec(reason) ?? [];
  if (other !== undefined) return { kind: 'target', name: other.length <= LONGEST_SHOWN ? other : null };
  return { kind: names.some((name) => isAltered(reason, name)) ? 'altered' : 'other' };
}

/** A marker in different case, behind a prefix, escaped, without punctuation, or truncated. */
function isAltered(reason: string, targetName: string): boolean {
  const written = letters(reason.replaceAll(/%2f|&#x2f;|&#47;/gi, '/'));
  const marker = letters(markerOf(targetName));
  const cuts = Array.from({ length: marker.length - SHORTEST_CUT }, (_, more) =>
    marker.slice(0, SHORTEST_CUT + more),
  );
  return written.includes(marker) || cuts.some((cut) => written.endsWith(cut));
}

function letters(text: string): string {
  return text.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
}
