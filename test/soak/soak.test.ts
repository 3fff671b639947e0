import { expect, it } from 'vitest';
import { growth, soak } from './soak.ts';

const MEGABYTE = 2 ** 20;
/** Half a minute on a machine that has nothing else to do; milliseconds. */
const TIMEOUT = 600_000;

it('a warm function does not grow, and leaves nothing open (npm run soak does it for longer)', {
  timeout: TIMEOUT,
}, async () => {
  const soaked = await soak(2000);
  const { completed = 0, ...errors } = soaked.endings;
  expect(completed).toBeGreaterThan(500);
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
