// A run that is short of time ends by itself. Each test waits for seconds, so they run concurrently. Reads that never get a
// response are in the fault matrix (test/resilience/faults).
import { describe, it } from 'vitest';
import { makeCluster } from '../../../cli/demo/sandbox/castai/castai.ts';
import type { SandboxRequest } from '../../../cli/demo/sandbox/http/exchange.ts';
import { wait } from '../../../lambda/run/deadline.ts';
import type { FaultRule } from '../../sandbox/http/faults.ts';
import { startSandbox } from '../../sandbox/sandbox.ts';
import {
  answering,
  blacklistedTypes,
  deployForRisky,
  type Failure,
  HOUR,
  smallFeed,
} from '../../support/deployment.ts';
import { FLEET, type RunHere, runSmall, startRisky, writesSeenBy } from '../../support/run-here.ts';

const types = Array.from({ length: 100 }, (_, index) => `m${index}.large`);

const outcomeIn = ({ report }: Failure) =>
  report.clusters?.[0]?.outcome ?? { succeeded: 0, failed: 0, deferred: 0, verified: null };

/** A run of 100 types in this process that may take eight seconds, and its result. */
async function runInShort(fault: FaultRule | null, settings: Record<string, unknown> = {}) {
  await using sandbox = await startRisky(types);
  if (fault !== null) sandbox.faults.push(fault);
  const { result, error } = await runSmall(sandbox, { settings, timeout: 8_000, wait });
  return {
    error,
    outcome: result.clusters[0]?.outcome,
    writes: writesSeenBy(sandbox).length,
    entries: sandbox.castai.entries.length,
  };
}

/**
 * A run that has time for seven of the removals that it should do, of twenty entries in each cluster that last for days; and
 * the same run with enough time.
 */
async function removeInShort({ settings = {}, payload = {} }: RunHere, clusters = 1) {
  const ours = types.slice(0, 20);
  const risky = settings['releaseCalm'] ? ours.slice(10) : ours;
  const bands = [...ours, 'c5.large'].map((type) => [type, risky.includes(type) ? 4 : 0]);
  await using sandbox = await startSandbox();
  sandbox.feed.replace(smallFeed(Object.fromEntries(bands)));
  const { castai } = sandbox;
  const { organizationId } = castai;
  while (castai.clusters.length < clusters)
    castai.clusters.push(makeCluster('us-east-1', { organizationId }));
  const expiresAt = new Date(Date.now() + 150 * HOUR).toISOString();
  const reason = 'spot-blacklist/default: >20%';
  for (const { id: clusterId } of castai.clusters)
    for (const instanceType of ours)
      castai.seed({ clusterId, instanceType, lifecycle: 'spot', reason, expiresAt });
  const deployed = { blacklistHours: 168, scheduleGapMinutes: 60, ...settings };
  const options = { payload, settings: deployed, secret: clusters > 1 ? FLEET : {} };
  const short = { ...deployed, batchSize: 7, batchPause: 300 };
  const { result, error } = await runSmall(sandbox, { ...options, settings: short, timeout: 8_000, wait });
  const sum = (state: 'succeeded' | 'deferred' | 'postponed') =>
    result.clusters.reduce((total, { outcome }) => total + outcome[state], 0);
  const left = castai.entries.length;
  const again = await runSmall(sandbox, options);
  return {
    error,
    outcome: { left, succeeded: sum('succeeded'), deferred: sum('deferred'), postponed: sum('postponed') },
    again: { error: again.error, left: castai.entries.length },
  };
}

describe.concurrent('before Lambda’s timeout, a run that has to remove entries', () => {
  it('to clear them reports the rest as deferred, in all clusters, and the next one removes it', async ({
    expect,
  }) => {
    const { error, outcome, again } = await removeInShort({ payload: { operation: 'clear' } }, 4);
    expect(error).toMatchObject({ name: 'RunIncompleteError', code: 'RUN_INCOMPLETE' });
    expect(error?.message).toMatch(
      /^4 of 4 clusters are not finished: .*1[89] of 20 writes not done.* clear again for the rest\.$/,
    );
    expect(outcome).toEqual({ left: 73, succeeded: 7, deferred: 73, postponed: 0 });
    expect(again).toEqual({ error: null, left: 0 });
  });

  it.for([
    ['that are on the never list', { neverBlacklist: 'm*' }],
    ['that a floor needs', { minTypesPerArchitecture: 21 }],
  ] as const)(
    '%s reports the rest as deferred, and the next one removes it',
    async ([, settings], { expect }) => {
      const { error, outcome, again } = await removeInShort({ settings });
      expect(error?.message).toMatch(/13 of 20 writes not done/);
      expect(outcome).toEqual({ left: 13, succeeded: 7, deferred: 13, postponed: 0 });
      expect(again).toEqual({ error: null, left: 0 });
    },
  );

  it('of calm types completes, because they can wait', async ({ expect }) => {
    const { error, outcome, again } = await removeInShort({ settings: { releaseCalm: true } });
    expect(error).toBeNull();
    expect(outcome).toEqual({ left: 13, succeeded: 7, deferred: 0, postponed: 3 });
    expect(again).toEqual({ error: null, left: 10 });
  });
});

describe.concurrent('before Lambda’s timeout, a run', () => {
  it('whose writes take too long reports the rest as deferred, and the next run does just that', async ({
    expect,
  }) => {
    // 20 batches of 0.4 s do not fit into 8 s less what winding up takes, and without the delay they do many times over.
    await using deployment = await deployForRisky(types, {
      timeoutSeconds: 8,
      environment: { BATCH_SIZE: '5' },
    });
    const { faults, castai, requests } = deployment.sandbox;
    faults.push({ when: { route: 'add' }, fault: { kind: 'latency', ms: 400 } });
    const failure = await deployment.fail();
    expect(failure).toMatchObject({ name: 'RunIncompleteError', code: 'RUN_INCOMPLETE' });
    expect(failure.message).toMatch(/time ran out/);
    const { succeeded, failed, deferred, verified } = outcomeIn(failure);
    expect(succeeded).toBeGreaterThan(0);
    expect({ failed, verified, all: succeeded + deferred }).toEqual({
      failed: 0,
      verified: succeeded,
      all: 100,
    });
    expect(failure.report.clusters?.[0]?.status).toBe('deferred');
    // The list matches its report.
    const done = blacklistedTypes(deployment);
    expect(done).toHaveLength(succeeded);

    faults.clear();
    requests.length = 0;
    const { clusters } = await deployment.succeed();
    expect(clusters[0]?.actions).toMatchObject({ keep: succeeded, add: deferred });
    expect(deployment.addedTypes.filter((type) => done.includes(type))).toEqual([]);
    expect(castai.entries).toHaveLength(100);
  });

  it('whose pauses exceed its time reports the rest as deferred', async ({ expect }) => {
    const { error, outcome, writes } = await runInShort(null, { batchSize: 7, batchPause: 300 });
    expect(error?.name).toBe('RunIncompleteError');
    expect(outcome).toMatchObject({ succeeded: 7, failed: 0, deferred: 93, verified: 7 });
    expect(writes).toBe(7);
  });

  it.for([
    ['are never answered', { kind: 'hang' }],
    ['have to wait for longer than it may take', answering(429, { headers: { 'retry-after': '20' } })],
  ] as const)('whose writes %s reports them as left', async ([, fault], { expect }) => {
    const { error, outcome, writes } = await runInShort({ when: { route: 'add' }, fault });
    expect(error?.name).toBe('RunIncompleteError');
    expect(outcome).toMatchObject({ succeeded: 0, failed: 0, deferred: 100, verified: 0 });
    expect(writes).toBeLessThanOrEqual(10);
  });

  it('whose writes took effect without a response relies on the list', async ({ expect }) => {
    // Latency comes after the effect.
    const fault = { kind: 'latency', ms: 20_000 } as const;
    const { outcome, entries } = await runInShort({ when: { route: 'add' }, fault }, { batchSize: 50 });
    expect(entries).toBe(50);
    expect(outcome).toMatchObject({ succeeded: 50, failed: 0, deferred: 50, verified: 50 });
  });

  it('that cannot read the list after the writes reports them as unconfirmed', async ({ expect }) => {
    const matching = ({ query }: SandboxRequest) => query['clusterId'] !== undefined;
    const when = { route: 'list', matching, nth: 2 } as const;
    const { error, outcome, entries } = await runInShort(
      { when, fault: { kind: 'hang' } },
      { batchSize: 50 },
    );
    expect(error?.message).toContain('could not be confirmed');
    expect(outcome).toMatchObject({ succeeded: 0, verified: 0 });
    expect(entries).toBe(100);
  });
});
