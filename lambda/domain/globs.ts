import picomatch from 'picomatch';
/** A compiled list of globs over the names of types or clusters. */
export interface Globs {
  /** @returns the first glob that matches, or undefined */
  matching(name: string): string | undefined;
  /** The globs that match none of the given names: probably typos. */
  idle(names: readonly string[]): string[];
}

/** @param globs such as `m5.*`, `c7i*.large`, `prod-*`; case does not matter */
export function compileGlobs(globs: readonly string[]): Globs {
  const matchers = globs.map((glob) => ({ glob, matches: picomatch(glob, { nocase: true, dot: true }) }));
  return {
    matching: (name) => matchers.find(({ matches }) => matches(name))?.glob,
    idle: (names) =>
      matchers.filter(({ matches }) => !names.some((name) => matches(name))).map(({ glob }) => glob),
  };
}
