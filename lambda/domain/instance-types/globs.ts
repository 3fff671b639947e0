import { familyOf } from './instance-type.ts';

/** A compiled list of globs over the names of types or clusters. */
export interface Globs {
  /** @returns the first glob that matches, or undefined */
  matching(name: string): string | undefined;
  /** The globs that match none of the given names: probably typos. */
  idle(names: readonly string[]): string[];
}

type Test = (name: string) => boolean;

/** A set of characters, such as `[5-7a]`. */
const SET = /\[[\w.-]+\]/g;

/** @returns whether a text of letters, digits and `. _ - * ? [ ]` is a glob: its sets are closed, and their ranges ascend */
export function isGlob(text: string): boolean {
  if (/[[\]]/.test(text.replaceAll(SET, ''))) return false;
  try {
    patternOf(text);
    return true;
  } catch {
    return false;
  }
}

/** @param globs such as `prod-*`, each of which `isGlob`; case does not matter */
export function compileGlobs(globs: readonly string[]): Globs {
  return listOf(globs, (pattern) => (name) => pattern.test(name));
}

/** @param globs over instance types, such as `m5.*` or `c7i*.large`; one that matches a family stands for its types: `m5` */
export function compileTypeGlobs(globs: readonly string[]): Globs {
  return listOf(globs, (pattern) => (type) => pattern.test(type) || pattern.test(familyOf(type)));
}

function listOf(globs: readonly string[], testOf: (pattern: RegExp) => Test): Globs {
  const tests = globs.map((glob) => ({ glob, matches: testOf(patternOf(glob)) }));
  return {
    matching: (name) => tests.find(({ matches }) => matches(name))?.glob,
    idle: (names) => tests.filter(({ matches }) => !names.some(matches)).map(({ glob }) => glob),
  };
}

/**
 * The text between two stars is matched in a lookahead and consumed by a back reference, so that its first match is final.
 * A plain `.*` for each star would try every combination of positions, in exponential time.
 */
function patternOf(glob: string): RegExp {
  const [first = '', ...others] = glob
    .split(/\*+/)
    .map((part) => part.replaceAll('.', '\\.').replaceAll('?', '.'));
  const last = others.pop();
  const between = others.map((part, index) => `(?=(.*?${part}))\\${index + 1}`).join('');
  return new RegExp(`^${first}${between}${last === undefined ? '' : `.*?${last}`}$`, 'isu');
}
