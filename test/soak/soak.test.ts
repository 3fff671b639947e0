import { expect, it } from 'vitest';
import { growth, soak } from './soak.ts';

const MEGABYTE = 2 ** 20;

it('a warm function does not grow, and leaves nothing open (npm run soak does it for longer)', async () => {
  const soaked = await soak(400);
  const { completed = 0, ...errors } = soaked.endings;
  expect(completed).toBeGreaterThan(100);
  expect(Object.keys(errors).sort()).toEqual([
    'CastAiAuthError',
    'CastAiError',
    'ClusterError',
    'FeedError',
    'RunIncompleteError',
    'SecretError',
    'SettingsError',
  ]);
  const { early, late } = growth(soaked);
  expect(late).toBeLessThan(early + 2 * MEGABYTE);
  expect(soaked.resourcesAfter.toSorted()).toEqual(soaked.resourcesBefore.toSorted());
});
