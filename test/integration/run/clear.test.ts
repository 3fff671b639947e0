import { describe, expect, it } from 'vitest';
import { makeCluster } from '../../../cli/demo/sandbox/castai/castai.ts';
import type { SandboxRequest } from '../../../cli/demo/sandbox/http/exchange.ts';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { answering, EIGHT_TYPES, smallFeed } from '../../support/deployment.ts';
import { FLEET, runSmall, startRisky, writesSeenBy } from '../../support/run-here.ts';
import { inHours } from './mixed-list.ts';

const payload = { operation: 'clear' };
const windows = { os: 'Windows', targetName: 'windows' };

/** A sandbox with a feed of both systems, which have some risky types in common, and of another region. */
async function startTwofold(): Promise<Sandbox> {
  const sandbox = await startSandbox();
  const bands = (types: readonly string[], band = 4) => types.map((type) => [type, { r: band, s: 60 }]);
  const risky = Object.fromEntries(bands(EIGHT_TYPES));
  const mixed = { ...risky, ...Object.fromEntries(bands(['c6i.large', 'c6i.xlarge'], 3)) };
  const common = Object.fromEntries(bands(EIGHT_TYPES.slice(0, 5)));
  sandbox.feed.replace({
    ...smallFeed({}),
    spot_advisor: { 'us-east-1': { Linux: mixed, Windows: common }, 'eu-west-1': { Linux: common } },
  });
  return sandbox;
}

describe('clearing a target', () => {
  it('removes its own entries and nothing else, as the list confirms', async () => {
    await using sandbox = await startTwofold();
    await runSmall(sandbox);
    await runSmall(sandbox, { settings: windows });
    const byHand = sandbox.castai.seed({ instanceFamily: 'm5', lifecycle: 'spot', reason: 'by hand' });
    const others = sandbox.castai.entries.filter(
      ({ reason }) => !reason.startsWith('spot-blacklist/default: '),
    );
    const { result, error } = await runSmall(sandbox, { payload });
    expect(error).toBeNull();
    expect(result).toMatchObject({ operation: 'clear', policy: null, feed: null, target: { os: null } });
    expect(result.clusters).toMatchObject([
      { actions: { remove: 8 }, outcome: { succeeded: 8, verified: 8 } },
    ]);
    expect(sandbox.castai.entries).toEqual(others);
    expect(sandbox.castai.entries).toContain(byHand);
  });

  it('changes nothing in a dry run, but says what it would remove', async () => {
    await using sandbox = await startRisky();
    await runSmall(sandbox);
    const before = [...sandbox.castai.entries];
    const { result } = await runSmall(sandbox, { payload: { ...payload, dryRun: true } });
    expect(result.clusters).toMatchObject([
      { actions: { remove: 8 }, outcome: { succeeded: 0, verified: null } },
    ]);
    expect(sandbox.castai.entries).toEqual(before);
  });

  it('needs neither the feed nor a threshold', async () => {
    await using sandbox = await startRisky();
    await runSmall(sandbox);
    sandbox.faults.push({ when: { route: 'feed' }, fault: { kind: 'reset' } });
    sandbox.requests.length = 0;
    const { error } = await runSmall(sandbox, { payload });
    expect(error).toBeNull();
    expect(sandbox.castai.liveEntries()).toEqual([]);
    expect(sandbox.requests.filter(({ route }) => route === 'feed')).toEqual([]);
  });

  it('lets an entry lapse that it cannot remove without removing another owner’s, and says so', async () => {
    await using sandbox = await startRisky(EIGHT_TYPES, { castai: { onAddExisting: 'duplicate' } });
    await runSmall(sandbox);
    const type = sandbox.castai.entries[0]?.instanceType ?? '';
    const foreign = sandbox.castai.seed({ instanceType: type, lifecycle: 'spot', reason: 'by hand' });
    const { result, error } = await runSmall(sandbox, { payload });
    expect(error).toBeNull();
    expect(result.clusters[0]?.actions).toMatchObject({ remove: 7, lapse: 1 });
    expect(result.clusters[0]?.decisions.find(({ instanceType }) => instanceType === type)?.reason).toMatch(
      /another owner has an entry under the same key/,
    );
    expect(sandbox.castai.entries).toContain(foreign);
  });

  it('clears every cluster of a fleet', async () => {
    await using sandbox = await startTwofold();
    const { organizationId } = sandbox.castai;
    sandbox.castai.clusters.push(makeCluster('eu-west-1', { organizationId }));
    await runSmall(sandbox, { secret: FLEET });
    expect(sandbox.castai.entries).toHaveLength(8 + 5);
    await runSmall(sandbox, { secret: FLEET, payload });
    expect(sandbox.castai.entries).toEqual([]);
  });

  it.each(['failed', 'connecting'])(
    'works on a cluster that is %s, because it is the rollback',
    async (status) => {
      await using sandbox = await startRisky();
      await runSmall(sandbox);
      sandbox.castai.clusters = sandbox.castai.clusters.map((cluster) => ({ ...cluster, status }));
      await runSmall(sandbox, { payload });
      expect(sandbox.castai.entries).toEqual([]);
    },
  );

  it('needs no region, not even for a key that may not read clusters', async () => {
    await using sandbox = await startRisky();
    await runSmall(sandbox);
    sandbox.castai.switches.keyMayReadClusters = false;
    const { error } = await runSmall(sandbox, { payload });
    expect(error).toBeNull();
    expect(sandbox.castai.entries).toEqual([]);
  });

  it('completes if there is nothing to clear', async () => {
    await using sandbox = await startRisky();
    const { result, error } = await runSmall(sandbox, { payload });
    expect(error).toBeNull();
    expect(result.clusters).toMatchObject([{ status: 'completed', actions: { remove: 0 }, decisions: [] }]);
  });

  it('fails if the list still has removed entries', async () => {
    await using sandbox = await startRisky();
    sandbox.castai.seed({
      instanceType: 'm5.large',
      lifecycle: 'spot',
      reason: 'spot-blacklist/default: >20%',
      expiresAt: inHours(3),
    });
    sandbox.faults.push({ when: { route: 'remove' }, fault: { kind: 'body', body: '{}' } });
    const { result, error } = await runSmall(sandbox, { payload });
    expect(error?.name).toBe('RunIncompleteError');
    expect(result.clusters[0]).toMatchObject({ status: 'failed', outcome: { failed: 1, verified: 0 } });
  });
});

describe('an empty list of a cluster that is to be cleared', () => {
  const startCleared = async (times: number) => {
    const sandbox = await startRisky();
    await runSmall(sandbox);
    const { id } = sandbox.castai.clusters[0] ?? {};
    const when = {
      route: 'list',
      matching: ({ query }: SandboxRequest) => query['clusterId'] === id,
    } as const;
    sandbox.faults.push({ when, times, fault: { kind: 'body', body: '{}' } });
    return sandbox;
  };

  it('is an error while the organization’s list has live entries of it', async () => {
    await using sandbox = await startCleared(Number.POSITIVE_INFINITY);
    const { error } = await runSmall(sandbox, { payload });
    expect(error).toMatchObject({ code: 'CASTAI_CONTRADICTORY' });
  });

  it('is read again, and cleared', async () => {
    await using sandbox = await startCleared(1);
    expect((await runSmall(sandbox, { payload })).error).toBeNull();
    expect(sandbox.castai.entries).toEqual([]);
  });

  it('is believed if the organization’s list cannot be read, because clearing needs nothing else', async () => {
    await using sandbox = await startRisky();
    const when = { route: 'list', matching: ({ query }: SandboxRequest) => !query['clusterId'] } as const;
    sandbox.faults.push({ when, fault: answering(400) });
    expect((await runSmall(sandbox, { payload })).error).toBeNull();
  });
});

describe('releasing calm types', () => {
  it('removes own entries of types that are no longer risky, and keeps the rest', async () => {
    await using sandbox = await startTwofold();
    await runSmall(sandbox, { settings: { interruptionThreshold: 15 } });
    const { result, error } = await runSmall(sandbox, { settings: { releaseCalm: true } });
    expect(error).toBeNull();
    expect(result.clusters[0]).toMatchObject({
      actions: { keep: 8, release: 2, lapse: 0 },
      outcome: { succeeded: 2, verified: 2 },
    });
    expect(sandbox.castai.entries).toHaveLength(8);
    expect(writesSeenBy(sandbox).filter(({ route }) => route === 'remove')).toHaveLength(2);
  });
});

describe('two targets on one cluster', () => {
  it('never touch each other’s entries when applying, releasing and clearing', async () => {
    await using sandbox = await startTwofold();
    await runSmall(sandbox, { settings: windows });
    const theirs = [...sandbox.castai.entries];
    const { result } = await runSmall(sandbox, { settings: { releaseCalm: true } });
    expect(result.clusters[0]?.actions.covered).toBeGreaterThan(0);
    expect(sandbox.castai.entries).toEqual(expect.arrayContaining(theirs));
    await runSmall(sandbox, { payload });
    expect(sandbox.castai.entries).toEqual(theirs);
  });

  it('leave each other’s entries alone even if they expire soon', async () => {
    await using sandbox = await startTwofold();
    await runSmall(sandbox, { settings: windows });
    const theirs = [...sandbox.castai.entries];
    // Half of the windows target's five hours are over, but its own next run is not there yet.
    const { result } = await runSmall(sandbox, { now: () => Date.now() + 3 * 3_600_000 });
    expect(result.clusters[0]?.actions.covered).toBeGreaterThan(0);
    expect(sandbox.castai.entries).toEqual(expect.arrayContaining(theirs));
    await runSmall(sandbox, { payload });
    expect(sandbox.castai.entries).toEqual(theirs);
  });
});
