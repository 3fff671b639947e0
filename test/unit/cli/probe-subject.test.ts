import { expect, test } from 'vitest';
import { CANDIDATES, chooseType } from '../../../cli/probe/subject.ts';

test('if every candidate is blacklisted, the error says how to remove own entries', () => {
  const entries = CANDIDATES.map((instanceType) => ({ instanceType }));
  expect(() => chooseType(entries, [])).toThrow(
    "Run `spot-blacklist clear` first if these entries are this project's, or probe another cluster.",
  );
  expect(chooseType(entries.slice(1), [])).toBe(CANDIDATES[0]);
});
