import { expect, test } from 'vitest';
import { CANDIDATES, chooseType } from '../../../cli/probe/subject.ts';

test('if every candidate is blacklisted, the error says how to remove own entries', () => {
  const entries = CANDIDATES.map((instanceType) => ({ instanceType }));
  expect(() => chooseType(entries, [], new Set())).toThrow(
    "Run `spot-blacklist clear` first if these entries are this project's, or probe another cluster.",
  );
  expect(chooseType(entries.slice(1), [], new Set())).toBe(CANDIDATES[0]);
});

test('a type that CAST AI offers is chosen first, because with it an effect shows', () => {
  expect(chooseType([], [], new Set(['m3.large']))).toBe('m3.large');
  expect(chooseType([], [{ instanceType: 'm3.large' }], new Set(['m3.large']))).toBe(CANDIDATES[0]);
});
