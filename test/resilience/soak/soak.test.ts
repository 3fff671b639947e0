import { expect, it } from 'vitest';
import { growth, soak } from './soak.ts';

/**
 * Bytes per invocation. From 100 to 700 are measured, most on a busy machine, while V8 still learns; what a run keeps of
 * itself by mistake, such as a decision for each type, is more.
 */
const GROWTH = 1_000;
/** The idle connections that a warm function keeps: as many as BATCH_SIZE to CAST AI, and one to Secrets Manager. */
const IDLE = 10 + 1;
/** A minute on a machine that has nothing else to do; milliseconds. */
const TIMEOUT = 600_000;

it('a warm function leaks neither memory nor handles', {
  timeout: TIMEOUT,
}, async ({ signal }) => {
  const soaked = await soak(2000, signal);
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
  expect(growth(soaked)).toBeLessThan(GROWTH);
  const { before, after } = soaked;
  expect(after.resources.toSorted()).toEqual(before.resources.toSorted());
  expect(after.descriptors ?? 0).toBeLessThanOrEqual((before.descriptors ?? 0) + IDLE);
});

it('a warm function that plans rounds and carries out their jobs does not leak either', {
  timeout: TIMEOUT,
}, async ({ signal }) => {
  const soaked = await soak(1600, signal, true);
  expect(soaked.endings).toMatchObject({ 'job rejected': 320 });
  expect(soaked.endings['job completed']).toBeGreaterThan(200);
  // Planners and clears.
  expect(soaked.endings['completed']).toBeGreaterThan(400);
  expect(growth(soaked)).toBeLessThan(GROWTH);
  const { before, after } = soaked;
  expect(after.resources.toSorted()).toEqual(before.resources.toSorted());
  expect(after.descriptors ?? 0).toBeLessThanOrEqual((before.descriptors ?? 0) + IDLE);
});
