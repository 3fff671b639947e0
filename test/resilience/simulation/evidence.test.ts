import { describe, expect, it } from 'vitest';
import { POLICY, realFeed } from '../../support/plan.ts';
import { type Knowledge, simulateSeason } from './evidence.ts';

const FEED = realFeed('2026-02-13').of('us-east-1', 'Linux');

/** Fewer types, so that it takes seconds: every eighth of the region. */
const SMALL = { ...FEED, types: FEED.types.filter((_, index) => index % 8 === 0) };

function interruptedBy(knowledge: Knowledge, misjudged: number, life: number): number {
  const seasons = [100, 200].map((seed) =>
    simulateSeason(knowledge, {
      ...{ feed: SMALL, policy: POLICY, days: 60, window: 14, seed },
      ...{ machines: 400, misjudged, together: 0.05, life },
    }),
  );
  return seasons.reduce((sum, { per1000 }) => sum + per1000, 0) / seasons.length;
}

describe.each([3, 300])('with nodes that live for %i hours', (life) => {
  it('where half of the bands are wrong, own evidence saves interruptions, as perfect knowledge does', () => {
    const [band, own, perfect] = (['band', 'own evidence', 'perfect'] as const).map((knowledge) =>
      interruptedBy(knowledge, 0.5, life),
    );
    expect(own).toBeLessThan(Number(band));
    expect(perfect).toBeLessThan(Number(band));
  });

  it('where the bands are right, own evidence costs hardly any', () => {
    expect(interruptedBy('own evidence', 0, life)).toBeLessThan(interruptedBy('band', 0, life) * 1.1);
  });
});

it('is the same for the same seed', () => {
  const season = {
    ...{ feed: SMALL, policy: POLICY, days: 5, window: 14, seed: 7 },
    ...{ machines: 100, misjudged: 0.5, together: 0.2, life: 12 },
  };
  expect(simulateSeason('own evidence', season)).toEqual(simulateSeason('own evidence', season));
});
