import { expect, test } from 'vitest';
import { CANDIDATES, chooseType } from '../../../cli/probe/entry-under-test.ts';
import { realFeed, regionsOf } from '../../support/plan.ts';

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

test.each(['2025-06-28', '2026-02-13'] as const)('every region of %s has a candidate', (day) => {
  const feed = realFeed(day);
  for (const region of regionsOf(day)) {
    const types = new Set(feed.of(region, 'Linux').types.map(({ instanceType }) => instanceType));
    expect([region, types.has(chooseType([], [], types))]).toEqual([region, true]);
  }
});
