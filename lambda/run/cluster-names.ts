import { compileGlobs } from '../domain/instance-types/globs.ts';
import { shortList } from '../domain/words.ts';

/** Globs over clusters' names; an empty list of `clusters` selects every cluster. */
export interface NameGlobs {
  readonly clusters: readonly string[];
  readonly exceptClusters: readonly string[];
}

export interface NameFilter {
  /** @returns whether a name is selected; null if there is no name and it would matter */
  selects(name: string | null): boolean | null;
  /**
   * @param names of all clusters of the fleet
   * @returns a warning for each list with globs that match none of them
   */
  warnings(names: readonly (string | null)[]): string[];
}

/** Two targets may treat parts of one organization differently, by the names of its clusters. */
export function nameFilter({ clusters, exceptClusters }: NameGlobs): NameFilter {
  const only = compileGlobs(clusters);
  const except = compileGlobs(exceptClusters);
  return {
    selects: (name) => {
      if (clusters.length === 0 && exceptClusters.length === 0) return true;
      if (name === null) return null;
      const isIncluded = clusters.length === 0 || only.matching(name) !== undefined;
      return isIncluded && except.matching(name) === undefined;
    },
    warnings: (names) => {
      const known = names.filter((name) => name !== null);
      return [
        ...idleWarning('clusters', only.idle(known)),
        ...idleWarning('exceptClusters', except.idle(known)),
      ];
    },
  };
}

function idleWarning(setting: string, globs: readonly string[]): string[] {
  if (globs.length === 0) return [];
  return [
    `${shortList(globs)} in ${setting} ${globs.length === 1 ? 'matches' : 'match'} no cluster of the fleet. Check the spelling.`,
  ];
}
