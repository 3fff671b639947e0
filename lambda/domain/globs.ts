import picomatch from 'picomatch';
import type { SpotType } from './spot-type.ts';

/** A compiled list of type globs. */
export interface TypeGlobs {
  /** @returns the first glob that matches, or undefined */
  matching(instanceType: string): string | undefined;
  /** The globs that match none of the given types: probably typos. */
  idle(types: readonly SpotType[]): string[];
}

/** @param globs lower-case globs over instance types: `m5.*`, `c7i*.large` */
export function typeGlobs(globs: readonly string[]): TypeGlobs {
  const matchers = globs.map((glob) => ({ glob, matches: picomatch(glob) }));
  return {
    matching: (instanceType) => matchers.find(({ matches }) => matches(instanceType))?.glob,
    idle: (types) =>
      matchers
        .filter(({ matches }) => !types.some(({ instanceType }) => matches(instanceType)))
        .map(({ glob }) => glob),
  };
}
