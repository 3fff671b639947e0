// Undocumented behaviour of CAST AI: whichever way it behaves, the outcome is the same.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import { typeIn } from '../../support/deployment.ts';
import { runSmall, writesSeenBy } from '../../support/run-here.ts';
import {
  coverage,
  foreignEntries,
  inHours,
  isOwn,
  MARKER,
  RISKY,
  resetMixed,
  startMixed,
} from './mixed-list.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startMixed();
});
afterAll(() => sandbox.close());

const MODES = ['extend', 'ignore', 'duplicate', 'conflict'] as const;
const booleans = [true, false];
/** Any three of them in every combination; the fourth follows, which halves the number. */
const OTHERS = booleans.flatMap((listExpired) =>
  booleans.flatMap((clusterQueryIncludesOrganization) =>
    booleans.map((roundExpiryToSeconds) => {
      const omitDefaults = (listExpired !== clusterQueryIncludesOrganization) !== roundExpiryToSeconds;
      return { listExpired, clusterQueryIncludesOrganization, roundExpiryToSeconds, omitDefaults };
    }),
  ),
);

describe.each(MODES)('if adding an existing entry means %s', (onAddExisting) => {
  it.each(OTHERS)(
    'every risky type is covered in the end, and no other owner’s entry changes: %j',
    async (others) => {
      resetMixed(sandbox, { onAddExisting, ...others });
      const foreign = foreignEntries(sandbox);
      const { result, error } = await runSmall(sandbox);
      expect(error).toBeNull();
      const counts = { add: 4, renew: 1, keep: 1, covered: 5, lapse: 1, spare: 0, release: 0, remove: 0 };
      expect(result.clusters[0]).toMatchObject({
        status: 'completed',
        actions: counts,
        outcome: { succeeded: 5, failed: 0, deferred: 0, verified: 5 },
      });
      for (const type of Object.keys(RISKY)) expect(coverage(sandbox, type), type).toBeGreaterThan(2.5);
      expect(coverage(sandbox, 't3.large')).toBeLessThan(2.01);
      expect(coverage(sandbox, 't3.micro')).toBe(0);
      expect(foreignEntries(sandbox)).toEqual(foreign);
      for (const entry of sandbox.castai.entries.filter(isOwn))
        expect(entry).toMatchObject({
          lifecycle: 'spot',
          instanceFamily: null,
          expiresAt: expect.any(String),
        });

      sandbox.requests.length = 0;
      const second = await runSmall(sandbox);
      expect(second.result.clusters[0]?.actions).toEqual({ ...counts, add: 0, renew: 0, keep: 6 });
      expect(writesSeenBy(sandbox)).toEqual([]);
      expect(foreignEntries(sandbox)).toEqual(foreign);
    },
  );

  it.each(OTHERS)('nothing is removed if the list shows no reasons: %j', async (others) => {
    resetMixed(sandbox, { onAddExisting, echoReason: false, ...others });
    const foreign = foreignEntries(sandbox);
    const { result } = await runSmall(sandbox);
    expect(result.clusters[0]).toMatchObject({ status: 'completed', outcome: { failed: 0, deferred: 0 } });
    // An entry that looks like another owner's covers its type until it expires.
    for (const type of Object.keys(RISKY)) expect(coverage(sandbox, type), type).toBeGreaterThan(0.9);
    expect(foreignEntries(sandbox)).toEqual(foreign);
    expect(writesSeenBy(sandbox).map(({ route }) => route)).not.toContain('remove');

    sandbox.requests.length = 0;
    await runSmall(sandbox);
    // Only the one that the API ignored the first time may be tried again.
    expect(['', 'm5.2xlarge']).toContain(writesSeenBy(sandbox).map(typeIn).join());
    expect(foreignEntries(sandbox)).toEqual(foreign);
  });

  it('an entry of another owner under the same key that expires soon stays as it is', async () => {
    resetMixed(sandbox, { onAddExisting });
    const theirs = sandbox.castai.seed({
      instanceType: 'm5.large',
      lifecycle: 'spot',
      reason: 'by hand, until the maintenance is over',
      expiresAt: inHours(1),
    });
    expect((await runSmall(sandbox)).error).toBeNull();
    expect(sandbox.castai.entries).toContainEqual(theirs);
    expect(writesSeenBy(sandbox).map(typeIn)).not.toContain('m5.large');
    expect(coverage(sandbox, 'm5.large')).toBeGreaterThan(0.9);
  });
});

it('an entry without a lifecycle applies to all lifecycles, so it never counts as own', async () => {
  resetMixed(sandbox, { omitDefaults: true });
  const entry = sandbox.castai.seed({
    instanceType: 'm5.large',
    lifecycle: 'all',
    reason: `${MARKER}copied`,
  });
  const { result } = await runSmall(sandbox, { settings: { releaseCalm: true } });
  expect(result.clusters[0]?.actions).toMatchObject({ covered: 6, add: 3 });
  expect(sandbox.castai.entries).toContainEqual(entry);
});

describe('if CAST AI shortens expiries', () => {
  it('to less than two hours, the run fails and says so, and nothing is removed', async () => {
    resetMixed(sandbox, { maxExpiryHours: 1.5 });
    const { result, error } = await runSmall(sandbox);
    expect(error).toMatchObject({ name: 'RunIncompleteError', code: 'RUN_INCOMPLETE' });
    expect(error?.message).toMatch(/lists the entry until \S+Z instead of \S+Z/);
    // Removing and adding again would not help, and open a gap for each.
    expect(writesSeenBy(sandbox).map(({ route }) => route)).not.toContain('remove');
    expect(result.clusters[0]).toMatchObject({
      status: 'failed',
      outcome: { succeeded: 0, failed: 5, deferred: 0, verified: 0 },
    });
    for (const type of Object.keys(RISKY)) expect(coverage(sandbox, type), type).toBeGreaterThan(0.9);
  });

  it('to some hours, the run completes and names the limit and the setting once', async () => {
    resetMixed(sandbox, { maxExpiryHours: 24 });
    const { result, error } = await runSmall(sandbox, { settings: { blacklistHours: 168 } });
    expect(error).toBeNull();
    const outcome = result.clusters[0]?.outcome;
    expect(outcome).toMatchObject({ failed: 0, verified: outcome?.succeeded });
    expect(result.warnings).toEqual(['CAST AI keeps entries for at most 24 h. Set BLACKLIST_HOURS to 24.']);
  });

  it('to whole minutes, the run completes without a warning', async () => {
    resetMixed(sandbox, { roundExpiryToMinutes: true });
    const { result, error } = await runSmall(sandbox);
    expect({ error, warnings: result.warnings }).toEqual({ error: null, warnings: [] });
    expect(result.clusters[0]?.outcome).toMatchObject({ succeeded: 5, failed: 0, verified: 5 });
    sandbox.requests.length = 0;
    await runSmall(sandbox);
    expect(writesSeenBy(sandbox)).toEqual([]);
  });
});
