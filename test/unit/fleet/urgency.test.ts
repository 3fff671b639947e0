import { describe, expect, it } from 'vitest';
import { mostUrgentFirst, type Need } from '../../../lambda/fleet/planner.ts';
import type { SelectedCluster } from '../../../lambda/run/planned.ts';

function orderOf(needs: Readonly<Record<string, Need | null>>, turn = 0): string[] {
  const clusters = Object.entries(needs).map(([id, need]): [SelectedCluster, Need | null] => [
    { id, name: id, region: 'us-east-1', doubts: [] },
    need,
  ]);
  return mostUrgentFirst(new Map(clusters), turn).map(({ id }) => id);
}

const OPEN = { uncovered: 400, endsAt: Number.POSITIVE_INFINITY };

describe('the order of a round’s clusters', () => {
  it('begins with unknown clusters, then those with uncovered types, then those whose cover ends soonest', () => {
    const needs = {
      later: { uncovered: 0, endsAt: 2_000 },
      sooner: { uncovered: 0, endsAt: 1_000 },
      endless: { uncovered: 0, endsAt: Number.POSITIVE_INFINITY },
      little: { uncovered: 1, endsAt: 9_000 },
      much: OPEN,
      unread: null,
    };
    expect(orderOf(needs)).toEqual(['unread', 'much', 'little', 'sooner', 'later', 'endless']);
  });

  it('does not depend on the position in a list', () => {
    const names = Array.from({ length: 20 }, (_, index) => `cluster-${index}`);
    expect(orderOf(equal(names))).toEqual(orderOf(equal(names.toReversed())));
  });

  it.each([
    [100, 16],
    [300, 16],
    [40, 39],
    [7, 1],
  ])('rotates equally urgent clusters: of %i, with %i at a time, each is served soon', (count, served) => {
    const names = Array.from({ length: count }, (_, index) => `cluster-${index}`);
    const longest = Math.ceil((3 * count) / served);
    const waited = new Map(names.map((name) => [name, 0]));
    const start = Math.round(Date.parse('2026-03-01T00:00:00Z') / 3_600_000);
    for (let turn = start; turn < start + 300; turn += 1) {
      const first = new Set(orderOf(equal(names), turn).slice(0, served));
      for (const name of names) waited.set(name, first.has(name) ? 0 : (waited.get(name) ?? 0) + 1);
      expect(Math.max(...waited.values())).toBeLessThanOrEqual(longest);
    }
  });
});

const equal = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, OPEN]));
