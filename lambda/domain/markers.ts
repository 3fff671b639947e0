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

/** A marker in any form: in other letters, behind a prefix, escaped, cut off after its slash or within the name. */
const ANY_MARKER = /spot[\W_]{0,3}blacklist(?:%2f|&#x2f;|&#47;|[\W_]){1,3}([a-z0-9][a-z0-9._-]*)?(.?)/i;

/** A marker that was cut off before its slash. */
const CUT_MARKER = /spot-blac(k|kl|kli|klis|klist)?$/i;

/**
 * @returns who wrote an entry with this reason: the target itself (`own`), the target itself but its marker has been
 *   changed since (`altered`), another target of this project, or anybody else
 */
export function authorOf(reason: string, { targetName, formerTargetName }: TargetNames): Author {
  const names = [targetName, ...(formerTargetName === null ? [] : [formerTargetName])];
  if (names.some((name) => reason.startsWith(markerOf(name)))) return { kind: 'own' };
  if (names.some((name) => isAltered(reason, name))) return { kind: 'altered' };
  const [, name] = /^spot-blacklist\/([a-z0-9][a-z0-9._-]{0,63}): /i.exec(reason) ?? [];
  if (name === undefined) return { kind: 'other' };
  return { kind: 'target', name: name.length <= LONGEST_SHOWN ? name : null };
}

function isAltered(reason: string, targetName: string): boolean {
  const [marker, name = '', next] = ANY_MARKER.exec(reason) ?? [];
  if (marker === undefined) return CUT_MARKER.test(reason);
  const [written, own] = [name.toLowerCase(), targetName.toLowerCase()];
  return written === own || (next === '' && own.startsWith(written));
}
