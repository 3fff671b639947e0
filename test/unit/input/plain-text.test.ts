import fc from 'fast-check';
import { expect, test } from 'vitest';
import { escapeInvisible, plainName, plainText } from '../../../lambda/input/plain-text.ts';

test.for([
  ['prod\n\u001b[32mDone\u001b[39m: all well', 'prod��[32mDone�[39m: all well'],
  ['a\r\n\tb\u2028c\u2029d\u0085e', 'a���b�c�d�e'],
  ['\u202egnp.x\u202c\u200b \ufeff', '�gnp.x�� �'],
  [`pad${' '.repeat(80)}\u00a0Done`, 'pad Done'],
  ['eks ', 'eks '],
  ['Größe 日本 🚀', 'Größe 日本 🚀'],
] as const)('%j is %j', ([text, plain]) => {
  expect(plainText(text)).toBe(plain);
  expect(plainName(text)).toBe(plain);
});

test('a name is truncated to 128 characters without splitting any of them', () => {
  expect(plainName('🚀'.repeat(128))).toBe('🚀'.repeat(128));
  expect(plainName('🚀'.repeat(129))).toBe(`${'🚀'.repeat(127)}…`);
  expect(plainName('x'.repeat(5_000_000))).toHaveLength(128);
});

test('escaped JSON has the same meaning, and no invisible characters', () => {
  const value = { '\u202e': ['\u009b31m', '\u2028', '\u{e0041}', '\\u202e', 'line\nbreak', '\u007f'] };
  const text = escapeInvisible(JSON.stringify(value, null, 2));
  expect(JSON.parse(text)).toEqual(value);
  expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
  fc.assert(
    fc.property(fc.json({ stringUnit: 'binary' }), (json) => {
      expect(JSON.parse(escapeInvisible(json))).toEqual(JSON.parse(json));
    }),
  );
});
