import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileGlobs, compileTypeGlobs, isGlob } from '../../../lambda/domain/instance-types/globs.ts';

/** Whether the parts of a glob match a name, tried in every way. */
function fits([part, ...parts]: readonly string[], name: string): boolean {
  if (part === undefined) return name === '';
  if (part === '*') return fits(parts, name) || (name !== '' && fits([part, ...parts], name.slice(1)));
  const [first = '', ...letters] = name.toLowerCase();
  const known: Record<string, string> = { '[a-c]': 'abc', '[.5-]': '.5-' };
  return (
    first !== '' &&
    (part === '?' || (known[part] ?? part.toLowerCase()).includes(first)) &&
    fits(parts, letters.join(''))
  );
}

const PARTS = ['a', 'B', '.', '5', '-', '?', '[a-c]', '[.5-]', '*', '*', '*'];
const LETTERS = ['a', 'b', 'A', 'd', '.', '5', '-'];

const listOf = (items: readonly string[]) => fc.array(fc.constantFrom(...items), { maxLength: 7 });

describe('a glob', () => {
  it('matches exactly the names that it describes, whatever their case', () => {
    fc.assert(
      fc.property(listOf(PARTS), listOf(LETTERS), (parts, letters) => {
        const [glob, name] = [parts.join(''), letters.join('')];
        expect(compileGlobs([glob]).matching(name)).toBe(fits(parts, name) ? glob : undefined);
      }),
      { numRuns: 3000 },
    );
  });

  it('with any number of stars returns quickly, however long the name', () => {
    const name = 'a'.repeat(100_000);
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('*', '*a', '*aa', '*?', '*[ab]', '**'), { minLength: 6, maxLength: 40 }),
        (parts) => {
          const globs = [`${parts.join('')}b`, `${parts.join('')}*`];
          expect(globs.map((glob) => compileGlobs([glob]).matching(name))).toEqual([undefined, globs[1]]);
        },
      ),
      { numRuns: 20 },
    );
  });

  it.each(['m[5', 'm5]', '[]', '[', 'm[]5', 'm[[5]]', 'm[5*]', 'm[?]', '[7-5]'])('%s is none', (text) => {
    expect(isGlob(text)).toBe(false);
  });

  it.each(['m5.*', '*', '**', '?', 'c[5-7]?.*large', '[a-z0-9].[.-]', 'prod_1'])('%s is one', (text) => {
    expect(isGlob(text)).toBe(true);
  });
});

describe('a glob over types', () => {
  it.each<[string, string[]]>([
    ['m5', ['m5.large', 'm5.metal']],
    ['M5', ['m5.large', 'm5.metal']],
    ['m5*', ['m5.large', 'm5.metal', 'm5ad.large', 'm5n.metal']],
    ['m5?', ['m5n.metal']],
    ['m5.*', ['m5.large', 'm5.metal']],
    ['m', []],
    ['large', []],
    ['*n', ['m5n.metal']],
    ['*.metal', ['m5.metal', 'm5n.metal']],
    ['[mu]-*', ['u-3tb1.56xlarge']],
    ['u-3tb1', ['u-3tb1.56xlarge']],
  ])('%s stands for a type or for a family', (glob, expected) => {
    const types = ['m5.large', 'm5.metal', 'm5ad.large', 'm5n.metal', 'u-3tb1.56xlarge'];
    const globs = compileTypeGlobs([glob]);
    expect(types.filter((type) => globs.matching(type) === glob)).toEqual(expected);
    expect(globs.idle(types)).toEqual(expected.length === 0 ? [glob] : []);
  });

  it('has no families among the names of clusters', () => {
    expect(compileGlobs(['prod']).matching('prod.eu')).toBeUndefined();
  });
});
