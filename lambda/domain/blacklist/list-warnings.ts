import type { Decision } from '../decision.ts';
import { shortList } from '../words.ts';
import type { AlteredEntry, Blacklist } from './blacklist.ts';

const ALTERED: Readonly<Record<AlteredEntry['part'], string>> = {
  reason:
    "have this target's marker in an altered form, so they count as another owner's: they are neither renewed nor removed. If nobody edited them, CAST AI changes the reasons that it stores: please report it",
  lifecycle:
    "have this target's marker, but are not for Spot only, so they count as another owner's, and on-demand machines may be blocked. Remove them in CAST AI's console, and if nobody edited them, switch the schedule off and report it",
  scope:
    "have this target's marker, but are not for one type of this cluster, so they count as another owner's: they are neither renewed nor removed",
};

/** @returns warnings about the list that the plan does not show */
export function warningsAboutList({ altered, unclear }: Blacklist): string[] {
  const byPart = Object.groupBy(altered, ({ part }) => part);
  const warnings = Object.entries(byPart)
    .sort()
    .map(([part, entries]) => {
      const names = shortList([...new Set(entries.map(({ name }) => name))].sort());
      return `Entries in CAST AI's list ${ALTERED[part as AlteredEntry['part']]}: ${names}.`;
    });
  if (unclear.length === 0) return warnings;
  const places = shortList([...new Set(unclear)]);
  return [
    ...warnings,
    `CAST AI's list contains entries that this version does not understand. They count as another owner's, and cover nothing: ${places}.`,
  ];
}

/**
 * After a rename, a target's old entries count as another target's. It must not add under their keys, so their types are
 * uncovered from their expiry until the next run.
 *
 * @param until the moment (milliseconds since 1970) up to which a type should be covered
 */
export function warnOfEndingTargets(
  { otherTargets }: Blacklist,
  decisions: readonly Decision[],
  until: number,
): string[] {
  const ending = new Set(
    decisions
      .filter(({ action, expiresAt }) => action === 'covered' && expiresAt !== null && expiresAt < until)
      .map(({ instanceType }) => instanceType),
  );
  return [...otherTargets].sort().flatMap(([name, types]) => {
    const ends = types.filter((type) => ending.has(type));
    if (ends.length === 0) return [];
    const target = name === '' ? 'another target' : `the target ${name}`;
    const former = name === '' ? 'its name' : name;
    return [
      `${ends.length} types are covered only by entries of ${target} that expire soon, and nothing is added under the same keys until then: ${shortList(ends.sort())}. If this target was renamed, set FORMER_TARGET_NAME to ${former}, so that they are renewed without a gap.`,
    ];
  });
}

/** A mistyped target name clears nothing. Without a warning, that would look as if there were nothing to clear. */
export function warnOfNothingToClear(
  { own, altered, otherTargets }: Blacklist,
  targetName: string,
): string[] {
  if (own.size > 0 || altered.length > 0 || otherTargets.size === 0) return [];
  const others = [...otherTargets].map(
    ([name, types]) => `${name === '' ? 'another target' : name} (${types.length})`,
  );
  return [
    `The target ${targetName} has no entries, but these targets have: ${shortList(others.sort())}. Is the target's name correct?`,
  ];
}
