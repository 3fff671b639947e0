import type { Blacklist } from '../blacklist/blacklist.ts';
import { until } from '../decide.ts';
import type { Policy } from '../decision.ts';
import { familyOf } from '../instance-types/instance-type.ts';
import type { RegionFeed } from '../instance-types/spot-type.ts';
import { shortList } from '../words.ts';
import type { Floor } from './floors.ts';

/** The guard rails that cannot hold. */
export interface Shortfalls {
  readonly count: number;
  readonly warnings: readonly string[];
}

/**
 * @param available the types that can be bought once the plan is carried out
 * @returns the floors that do not hold then, because others blacklist too much or because a template allows nothing; what
 *   the region lacks anyway does not count
 */
export function floorShortfalls(
  floors: readonly Floor[],
  { region, os }: RegionFeed,
  available: ReadonlySet<string>,
  blacklist: Blacklist,
): Shortfalls {
  const empty = floors.filter(({ kind, members }) => kind === 'template' && members.size === 0);
  const low = floors
    .filter(({ kind }) => kind !== 'maybe')
    .flatMap((floor) => lowFloor(floor, available, blacklist) ?? []);
  const names = shortList(empty.map(({ name }) => name));
  return {
    count: empty.length + low.length,
    warnings: [
      ...warningOf(
        low,
        `Other owners' entries leave fewer types available than the guard rails require, and a run cannot change that: ${shortList(low, '; ')}. This target adds none of these types, and keeps no entry of them that it may remove. Remove some in CAST AI's console, or pods may wait for machines.`,
      ),
      ...warningOf(
        empty,
        `No type of ${region}, ${os}, fits the constraints of the node template${empty.length === 1 ? '' : 's'} ${names}, as far as they can be judged, so nothing is kept available there. Check the constraints in CAST AI's console.`,
      ),
    ],
  };
}

/** A floor that does not hold because of other owners' entries, and until when, in words; null if it holds. */
function lowFloor(
  { kind, name, members, ...floor }: Floor,
  available: ReadonlySet<string>,
  { coveredUntil, offUntil, foreignKeys }: Blacklist,
): string | null {
  const all = [...members];
  const isHeldBy = (types: readonly string[]) =>
    types.length >= Math.min(floor.types, all.length) &&
    (floor.families === 0 || countFamilies(types) >= Math.min(floor.families, countFamilies(all)));
  const left = all.filter((type) => available.has(type));
  if (isHeldBy(left)) return null;
  // An own entry under another owner's key stays until it lapses.
  const endOf = (type: string) => (foreignKeys.has(type) ? offUntil : coveredUntil)(type);
  const ends = [...new Set(all.map(endOf))].sort((a, b) => a - b);
  const end = until(
    ends.find((time) => isHeldBy(all.filter((type) => endOf(type) <= time))) ?? Number.POSITIVE_INFINITY,
  );
  const types = `${left.length} of ${all.length} types`;
  if (kind === 'class')
    return `the machine class ${name} (${types} and ${countFamilies(left)} of ${countFamilies(all)} ${countFamilies(all) === 1 ? 'family' : 'families'}; at least ${floor.types} and ${floor.families}) ${end}`;
  return `the ${kind === 'size' ? 'size' : 'template'} ${name} (${types}; at least ${floor.types}) ${end}`;
}

/**
 * @param spotNodes how many Spot nodes the cluster runs, by type; null if unknown
 * @param available the types that can be bought once the plan is carried out
 * @returns the families that the cluster runs and of which no type stays available
 */
export function familyShortfalls(
  { types }: RegionFeed,
  { neverBlacklist }: Policy,
  spotNodes: ReadonlyMap<string, number> | null,
  available: ReadonlySet<string>,
): Shortfalls {
  if (spotNodes === null) return { count: 0, warnings: [] };
  const known = new Set(types.map(({ instanceType }) => familyOf(instanceType)));
  const left = new Set([...available].map(familyOf));
  const nodes = new Map<string, number>();
  for (const [type, count] of spotNodes) {
    const family = familyOf(type);
    if (known.has(family) && !left.has(family)) nodes.set(family, (nodes.get(family) ?? 0) + count);
  }
  const lost = [...nodes].filter(([, count]) => count > 0).sort();
  const shown = shortList(lost.map(([family, count]) => `${family} (${count})`));
  const globs = lost.map(([family]) => `${family}.*`).join(',');
  const more = neverBlacklist.length === 0 ? '' : ', beside what is on it';
  return {
    count: lost.length,
    warnings: warningOf(
      lost,
      `No type stays available of families that the cluster runs as Spot nodes: ${shown}. The nodes keep running, but are not bought again. Put those that pods need on the never list${more}: NEVER_BLACKLIST='${globs}'`,
    ),
  };
}

function warningOf(cases: readonly unknown[], text: string): string[] {
  return cases.length === 0 ? [] : [text];
}

function countFamilies(types: Iterable<string>): number {
  return new Set([...types].map(familyOf)).size;
}
