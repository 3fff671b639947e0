// Removing and adding again, if CAST AI accepts a renewal but ignores it.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { wait } from '../../../lambda/run/deadline.ts';
import { aboutType } from '../../sandbox/http/faults.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import { answering, typeIn } from '../../support/deployment.ts';
import { runSmall, writesSeenBy } from '../../support/run-here.ts';
import { coverage, inHours, MARKER, resetMixed, startMixed } from './mixed-list.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startMixed();
});
afterAll(() => sandbox.close());

const routes = () => writesSeenBy(sandbox).map(({ route }) => route);

it.each(['ignore', 'conflict'] as const)(
  'a renewal without effect is removed and added (adding twice: %s)',
  async (onAddExisting) => {
    resetMixed(sandbox, { onAddExisting });
    await runSmall(sandbox);
    const onDue = writesSeenBy(sandbox).filter((request) => typeIn(request) === 'm5.2xlarge');
    expect(onDue.map(({ route }) => route)).toEqual(['add', 'remove', 'add']);
    // No other entry is removed.
    const removed = writesSeenBy(sandbox).filter(({ route }) => route === 'remove');
    expect(removed.map(({ body }) => body)).toEqual([
      expect.objectContaining({
        organizationId: sandbox.castai.organizationId,
        clusterId: sandbox.castai.clusters[0]?.id,
        instanceType: 'm5.2xlarge',
        lifecycle: 'spot',
      }),
    ]);
    expect(coverage(sandbox, 'm5.2xlarge')).toBeGreaterThan(4.9);
  },
);

it('a renewal that can neither take effect nor be replaced counts as failed, and its old entry stays', async () => {
  resetMixed(sandbox, { onAddExisting: 'ignore' });
  sandbox.faults.push({ when: { route: 'remove' }, fault: answering(400) });
  const { result, error } = await runSmall(sandbox);
  expect(error?.name).toBe('RunIncompleteError');
  expect(error?.message).toContain('m5.2xlarge');
  expect(result.clusters[0]?.outcome).toMatchObject({ succeeded: 4, failed: 1, deferred: 0, verified: 4 });
  expect(coverage(sandbox, 'm5.2xlarge')).toBeGreaterThan(0.9);
});

it('a refused renewal counts as failed, and its old entry is not removed', async () => {
  resetMixed(sandbox, {});
  const when = { route: 'add', matching: aboutType('m5.2xlarge') } as const;
  sandbox.faults.push({ when, fault: answering(400) });
  const { error } = await runSmall(sandbox);
  expect(error?.name).toBe('RunIncompleteError');
  expect(error?.message).toContain('m5.2xlarge');
  expect(routes()).not.toContain('remove');
  expect(coverage(sandbox, 'm5.2xlarge')).toBeGreaterThan(0.9);
});

it.each(['ignore', 'conflict'] as const)(
  'a renewal without effect is left alone if removing would take another owner’s entry too (adding twice: %s)',
  async (onAddExisting) => {
    resetMixed(sandbox, { onAddExisting });
    const theirs = { instanceType: 'm5.2xlarge', lifecycle: 'spot', reason: 'by hand' } as const;
    sandbox.castai.seed({ ...theirs, expiresAt: inHours(2) });
    expect((await runSmall(sandbox)).error).toBeNull();
    expect(routes()).not.toContain('remove');
    expect(sandbox.castai.entries).toContainEqual(expect.objectContaining(theirs));
    expect(coverage(sandbox, 'm5.2xlarge')).toBeGreaterThan(1.9);
  },
);

it.each(['extend', 'duplicate'] as const)(
  'a list that lags behind the writes is read again before anything is repaired (adding twice: %s)',
  async (onAddExisting) => {
    resetMixed(sandbox, { onAddExisting, listLagMs: 300 });
    const { result, error } = await runSmall(sandbox, { wait });
    expect(error).toBeNull();
    expect(result.clusters[0]?.outcome).toMatchObject({ succeeded: 5, failed: 0, verified: 5 });
    expect(routes()).toEqual(['add', 'add', 'add', 'add', 'add']);
  },
);

it('if the list shows several renewals late, only the first is removed and added', async () => {
  resetMixed(sandbox, { onAddExisting: 'extend', listLagMs: 4_000 });
  sandbox.castai.seed({
    lifecycle: 'spot',
    reason: `${MARKER}>20% interrupted`,
    instanceType: 'm5.large',
    expiresAt: inHours(1),
  });
  await runSmall(sandbox, { wait });
  expect(routes().filter((route) => route === 'remove').length).toBeLessThanOrEqual(1);
});

it.each([true, false])(
  'an expired entry that prevents an addition is removed (listed: %j)',
  async (listExpired) => {
    resetMixed(sandbox, { onAddExisting: 'conflict', listExpired, expiredRowsConflict: true });
    sandbox.castai.seed({
      instanceType: 'm5.large',
      lifecycle: 'spot',
      reason: 'spot-blacklist/former: >20%',
      expiresAt: inHours(-1),
    });
    expect((await runSmall(sandbox)).error).toBeNull();
    expect(coverage(sandbox, 'm5.large')).toBeGreaterThan(4.9);
  },
);

it('an empty list after the writes confirms nothing', async () => {
  resetMixed(sandbox, {});
  sandbox.faults.push({
    when: { route: 'list', matching: () => routes().length > 0 },
    fault: { kind: 'body', body: '{"items":[]}' },
  });
  const { result, error } = await runSmall(sandbox);
  expect(error?.name).toBe('RunIncompleteError');
  expect(result.clusters[0]?.outcome).toMatchObject({ succeeded: 0, verified: 0 });
});
