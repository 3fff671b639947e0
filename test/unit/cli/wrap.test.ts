import { expect, test } from 'vitest';
import { wrap } from '../../../cli/terminal/host.ts';

test('a line that fits is left as it is, and without a terminal every line fits', () => {
  expect(wrap('  short\n\nlines', 10)).toBe('  short\n\nlines');
  const long = 'word '.repeat(100);
  expect(wrap(long, Number.POSITIVE_INFINITY)).toBe(long);
});

test('a longer line is broken between words, and indented below its own start', () => {
  expect(wrap('  decided: add 432, renew 2, keep 2', 20)).toBe('  decided: add 432,\n    renew 2, keep 2');
});

test('wide characters count as two columns', () => {
  expect(wrap('名前 名前 名前', 10)).toBe('名前 名前\n  名前');
});

test('a style has no width, and continues after the break', () => {
  expect(wrap('\u001b[1mone two three\u001b[22m', 9)).toBe(
    '\u001b[1mone two\u001b[22m\n  \u001b[1mthree\u001b[22m',
  );
});

test('an overlong path stays whole, so that it can be copied, and a table is unchanged', () => {
  const path = `/a/${'b'.repeat(30)}`;
  expect(wrap(`The page is ${path}.`, 20)).toBe(`The page is\n  ${path}.`);
  const frame = `│ ${'cell '.repeat(10)}│`;
  expect(wrap(frame, 20)).toBe(frame);
});
