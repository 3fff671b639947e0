// The jobs of a fleet's round, from the bundle and over real sockets.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { answering, type Deployment, riskyFeed } from '../../support/deployment.ts';
import {
  clusterIdOf,
  deployFleet,
  FLEET_TYPES,
  hand,
  lastLine,
  message,
  metricsIn,
  resetFleet,
} from '../../support/fleet.ts';

const MARKER = 'spot-blacklist/default: ';

let deployment: Deployment;
beforeAll(async () => {
  deployment = await deployFleet();
});
beforeEach(() => resetFleet(deployment));
afterAll(() => deployment[Symbol.asyncDispose]());

/** The types with an entry, by the name of their cluster. */
function covered(): Record<string, string[]> {
  const { clusters, entries } = deployment.sandbox.castai;
  return Object.fromEntries(
    clusters.map(({ id, name }) => [
      name,
      entries.flatMap(({ clusterId, instanceType }) => (clusterId === id ? (instanceType ?? []) : [])).sort(),
    ]),
  );
}

const idOf = (name: string) => clusterIdOf(deployment, name);

describe('a job', () => {
  it('handles one cluster, and does not report a run', async () => {
    const invocation = await hand(deployment, message({ kind: 'cluster', cluster: idOf('beta') }));
    expect(invocation.payload).toEqual({ job: 'completed' });
    expect(covered()).toEqual({ alpha: [], beta: FLEET_TYPES, gamma: [] });
    expect(lastLine(invocation)).toMatchObject({
      code: 'CLUSTER_COMPLETED',
      job: { clusterId: idOf('beta') },
    });
    expect(metricsIn(invocation)).toMatchObject({ Added: 3, Renewed: 0, Removed: 0, Failed: 0 });
    expect(Object.keys(metricsIn(invocation))).not.toContain('RunCompleted');
    expect(deployment.sandbox.eventBridge.events).toMatchObject([
      {
        detailType: 'Cluster Completed',
        detail: { clusters: [{ clusterName: 'beta', added: FLEET_TYPES }] },
      },
    ]);
  });

  it('is idempotent if it is delivered twice', async () => {
    const job = message({ kind: 'cluster', cluster: idOf('beta') });
    await hand(deployment, job);
    deployment.sandbox.requests.length = 0;
    deployment.sandbox.eventBridge.events.length = 0;
    const again = await hand(deployment, job);
    expect(again.payload).toEqual({ job: 'completed' });
    expect(deployment.writes).toEqual([]);
    expect(metricsIn(again)).toMatchObject({ Added: 0, Renewed: 0 });
    // Nothing has changed, and a fleet has hundreds of jobs.
    expect(deployment.sandbox.eventBridge.events).toEqual([]);
  });

  it('transfers the feed again only if it has changed', async () => {
    const job = message({ kind: 'cluster', cluster: idOf('beta') });
    await hand(deployment, job);
    await hand(deployment, job);
    const statuses = () =>
      deployment.sandbox.requests.filter(({ route }) => route === 'feed').map(({ status }) => status);
    expect(statuses().at(-1)).toBe(304);
    deployment.sandbox.feed.replace(riskyFeed([...FLEET_TYPES, 'm6i.large']));
    await hand(deployment, job);
    expect(statuses().at(-1)).toBe(200);
    expect(covered()['beta']).toContain('m6i.large');
  });

  it('that fails is logged with its error, counted and acknowledged: the next round is its retry', async () => {
    deployment.sandbox.faults.push({ when: { route: 'add', nth: 1 }, fault: answering(400) });
    const invocation = await hand(deployment, message({ kind: 'cluster', cluster: idOf('beta') }));
    expect(invocation).toMatchObject({ payload: { job: 'failed' } });
    expect(invocation.functionError).toBeUndefined();
    expect(lastLine(invocation)).toMatchObject({
      level: 'ERROR',
      code: 'CLUSTER_FAILED',
      error: { name: 'RunIncompleteError' },
    });
    expect(metricsIn(invocation)).toMatchObject({ Added: 2, Failed: 1 });
    expect(deployment.sandbox.eventBridge.events).toMatchObject([{ detailType: 'Cluster Failed' }]);
  });

  it('that ends without a result counts as one failure', async () => {
    deployment.sandbox.faults.push({ when: { route: 'list' }, fault: answering(400) });
    const invocation = await hand(deployment, message({ kind: 'cluster', cluster: idOf('beta') }));
    expect(lastLine(invocation)).toMatchObject({ code: 'CLUSTER_FAILED', error: { name: 'CastAiError' } });
    expect(metricsIn(invocation)).toMatchObject({ Failed: 1 });
  });

  it('of an overtaken round is acknowledged and logged as overtaken, and reads nothing', async () => {
    const round = new Date(Date.now() - 61 * 60_000).toISOString();
    const invocation = await hand(deployment, message({ kind: 'cluster', cluster: idOf('beta'), round }));
    expect(invocation.payload).toEqual({ job: 'overtaken' });
    expect(lastLine(invocation)).toMatchObject({ level: 'WARN', code: 'JOB_OVERTAKEN', job: { round } });
    expect(deployment.sandbox.requests).toEqual([]);
  });

  it('leaves other owners’ entries alone, as a run does', async () => {
    const clusterId = idOf('beta');
    deployment.sandbox.castai.seed({
      clusterId,
      instanceType: 'c5.large',
      lifecycle: 'spot',
      reason: 'by hand',
    });
    await hand(deployment, message({ kind: 'cluster', cluster: clusterId }));
    expect(deployment.addedTypes.toSorted()).toEqual(['m5.large', 'r5.large']);
  });

  it('releases no more than half of a cluster’s entries at once', async () => {
    const clusterId = idOf('beta');
    const calm = Array.from({ length: 12 }, (_, index) => `m${index + 10}.large`);
    for (const instanceType of calm)
      deployment.sandbox.castai.seed({ clusterId, instanceType, lifecycle: 'spot', reason: `${MARKER}>20%` });
    await using eager = await deployFleet({ environment: { RELEASE_CALM: 'true' } });
    eager.sandbox.castai.clusters = deployment.sandbox.castai.clusters;
    eager.sandbox.castai.entries = deployment.sandbox.castai.entries;
    await hand(eager, message({ kind: 'cluster', cluster: clusterId }));
    expect(eager.writes.filter(({ route }) => route === 'remove')).toEqual([]);
  });
});
