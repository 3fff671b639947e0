/** The names whose entries a target takes for its own. */
export interface TargetNames {
  readonly targetName: string;
  /** What the target was called before; null if it was not renamed. Its entries are renewed under the new name. */
  readonly formerTargetName: string | null;
}

/** Who wrote an entry, as far as its reason says. */
export type Author =
  | { readonly kind: 'own' | 'altered' | 'other' }
  /** Another target of this project; null if its name is too long to be shown. */
  | { readonly kind: 'target'; readonly name: string | null };

/** @returns how the reason of every entry of a target starts */
export function markerOf(targetName: string): string {
  return `spot-blacklist/${targetName}: `;
}

/** A longer name is not shown: an API key is longer than this. */
const LONGEST_SHOWN = 32;

/** How many letters of a marker have to be left at the end of a reason that was cut off. */
const SHORTEST_CUT = 'spotbla'.length;

/**
 * @returns who wrote an entry with this reason: the target itself (`own`), the target itself but its marker has been
 *   changed since (`altered`), another target of this project, or anybody else
 */
export function authorOf(reason: string, { targetName, formerTargetName }: TargetNames): Author {
  const names = [targetName, ...(formerTargetName === null ? [] : [formerTargetName])];
  if (names.some((name) => reason.startsWith(markerOf(name)))) return { kind: 'own' };
  const [, other] = /^spot-blacklist\/([a-z0-9][a-z0-9._-]{0,63}): /.exec(reason) ?? [];
  if (other !== undefined) return { kind: 'target', name: other.length <= LONGEST_SHOWN ? other : null };
  return { kind: names.some((name) => isAltered(reason, name)) ? 'altered' : 'other' };
}

/** A marker in other letters, behind a prefix, escaped, without its punctuation, or cut off. */
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
