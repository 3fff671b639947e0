import { describe, expect, it } from 'vitest';
import { type Cluster, makeCluster } from '../../../cli/demo/sandbox/castai/castai.ts';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { smallFeed } from '../../support/deployment.ts';
import { NO_GUARD_RAILS } from '../../support/plan.ts';
import { FLEET, runHere, runSmall, startRisky, writesSeenBy } from '../../support/run-here.ts';

const TWENTY_TYPES = Array.from({ length: 20 }, (_, index) => `m${index}.large`);

function addCluster(sandbox: Sandbox, region: string, overrides: Partial<Cluster> = {}): Cluster {
  const cluster = makeCluster(region, { organizationId: sandbox.castai.organizationId, ...overrides });
  sandbox.castai.clusters.push(cluster);
  return cluster;
}

describe('a fleet', () => {
  it('includes every EKS cluster of the organization, each judged by its own region, with the feed fetched once', async () => {
    await using sandbox = await startSandbox();
    const irish = addCluster(sandbox, 'eu-west-1');
    addCluster(sandbox, 'us-east-1', { providerType: 'gke' });
    addCluster(sandbox, 'us-east-1', { organizationId: 'another' });
    const { result, error } = await runHere(sandbox, { secret: FLEET });
    expect(error).toBeNull();
    expect(result.target.region).toBeNull();
    expect(result.feed).toMatchObject({ types: 1088 + 831 });
    const added = Object.fromEntries(result.clusters.map(({ region, actions }) => [region, actions.add]));
    expect(added).toEqual({ 'us-east-1': 445, 'eu-west-1': 167 });
    expect(sandbox.requests.filter(({ route }) => route === 'feed')).toHaveLength(1);
    expect(sandbox.castai.entries.filter(({ clusterId }) => clusterId === irish.id)).toHaveLength(167);
  });

  it('includes only the clusters in REGION if that is set', async () => {
    await using sandbox = await startSandbox();
    const irish = addCluster(sandbox, 'eu-west-1');
    const { result } = await runHere(sandbox, {
      secret: FLEET,
      payload: { region: 'eu-west-1', dryRun: true },
    });
    expect(result.clusters.map(({ clusterId }) => clusterId)).toEqual([irish.id]);
  });

  it('reports clusters that cannot be worked on as skipped, with their status', async () => {
    await using sandbox = await startSandbox();
    sandbox.feed.lastModified = new Date();
    addCluster(sandbox, 'us-east-1', { name: 'new', status: 'connecting' });
    addCluster(sandbox, 'us-east-1', { name: 'old', deletedAt: '2026-01-01T00:00:00Z' });
    const { result, error } = await runHere(sandbox, { secret: FLEET, payload: { dryRun: true } });
    expect(error).toBeNull();
    // Deleted clusters are no reason to warn in every run.
    expect(result.warnings).toEqual(['Clusters of the fleet were skipped: new (its status is connecting).']);
    expect(result.clusters.slice(1)).toMatchObject([
      { clusterName: 'new', status: 'skipped', problem: 'its status is connecting', decisions: [] },
      { clusterName: 'old', status: 'skipped', problem: 'its status is deleted' },
    ]);
  });

  it.each(['clear', 'apply'])('suggests the right region for a misspelt one: %s', async (operation) => {
    await using sandbox = await startSandbox();
    addCluster(sandbox, 'eu-west-1');
    const settings = { region: 'us-esat-1' };
    const run = runHere(sandbox, { secret: FLEET, settings, payload: { operation } });
    await expect(run).rejects.toThrow(/ us-esat-1 \(did you mean us-east-1\?\)/);
  });

  it.each<[string, Cluster[], Record<string, unknown>]>([
    ['has no clusters at all, as an enterprise key sees it', [], {}],
    ['has none in REGION', [makeCluster('us-east-1', { organizationId: 'mine' })], { region: 'eu-west-1' }],
  ])('is an error when it %s', async (_, clusters, settings) => {
    await using sandbox = await startSandbox();
    sandbox.castai.clusters = clusters;
    await expect(runHere(sandbox, { secret: FLEET, settings })).rejects.toMatchObject({
      name: 'ClusterError',
      code: 'NO_CLUSTERS',
    });
  });

  it.each([
    [
      'in a region that the feed lacks',
      'mars-north-1',
      {},
      'the feed does not have its region, mars-north-1',
    ],
    ['without a region', '', {}, 'CAST AI does not report its region'],
    [
      'in a region without that system',
      'eu-west-1',
      { os: 'Windows' },
      'the feed does not have this operating system in eu-west-1',
    ],
  ])('skips a cluster %s, with a warning, and handles the others', async (_, region, overrides, reason) => {
    await using sandbox = await startSandbox();
    const feed = smallFeed({ 'm5.large': 4 }, 'us-east-1', 'Windows');
    sandbox.feed.replace({
      ...feed,
      spot_advisor: {
        'us-east-1': { ...feed.spot_advisor['us-east-1'], Linux: { 'm5.large': { r: 4, s: 1 } } },
        'eu-west-1': { Linux: { 'm5.large': { r: 4, s: 1 } } },
      },
    });
    addCluster(sandbox, region, { name: 'far-away' });
    const settings = {
      ...NO_GUARD_RAILS,
      ...overrides,
    };
    const { result, error } = await runHere(sandbox, { secret: FLEET, settings });
    expect(error).toBeNull();
    expect(result.clusters).toMatchObject([
      { status: 'completed', outcome: { succeeded: 1 } },
      { clusterName: 'far-away', status: 'skipped', problem: reason },
    ]);
    expect(result.warnings).toEqual([`Clusters of the fleet were skipped: far-away (${reason}).`]);
  });

  it('is an error if the feed has none of its regions, because every blacklist would expire unnoticed', async () => {
    await using sandbox = await startSandbox({ region: 'mars-north-1' });
    await expect(runHere(sandbox, { secret: FLEET })).rejects.toMatchObject({ code: 'UNKNOWN_REGION' });
  });

  it('is found by provider, status and region regardless of case', async () => {
    await using sandbox = await startSandbox();
    const [first] = sandbox.castai.clusters;
    sandbox.castai.clusters = [
      {
        ...(first as Cluster),
        providerType: 'EKS',
        status: 'Ready',
        region: { name: 'US-East-1', displayName: '' },
      },
    ];
    addCluster(sandbox, 'us-east-1', { status: 'DELETED' });
    addCluster(sandbox, 'us-east-1', { status: 'Archived' });
    const { result } = await runHere(sandbox, {
      secret: FLEET,
      payload: { dryRun: true, region: 'us-east-1' },
    });
    expect(result.clusters.map(({ status }) => status)).toEqual(['completed', 'skipped', 'skipped']);
  });

  it('continues after a cluster fails, and ends with an error that names it', async () => {
    await using sandbox = await startRisky();
    addCluster(sandbox, 'mars-north-1', { name: 'far-away' });
    const failing = addCluster(sandbox, 'us-east-1', { name: 'unlucky' });
    sandbox.faults.push({
      when: { route: 'list', matching: ({ query }) => query['clusterId'] === failing.id },
      fault: { kind: 'body', body: '<html>' },
    });
    const { result, error } = await runSmall(sandbox, { secret: FLEET });
    expect(error).toMatchObject({ name: 'RunIncompleteError' });
    expect(error?.message).toContain('1 of 3 clusters is not finished');
    expect(error?.message).toContain("unlucky (failed: CAST AI's blacklist cannot be trusted");
    const byStatus = Object.groupBy(result.clusters, ({ status }) => status);
    expect(byStatus.completed).toMatchObject([{ clusterName: 'sandbox-us-east-1', outcome: { failed: 0 } }]);
    expect(byStatus.failed).toHaveLength(1);
    expect(byStatus.skipped).toHaveLength(1);
    expect(result.status).toBe('failed');
    const written = new Set(sandbox.castai.entries.map(({ clusterId }) => clusterId));
    expect(written).toEqual(new Set([sandbox.castai.clusters[0]?.id]));
  });

  it('stops if the key is no longer accepted, and reports the rest as deferred', async () => {
    await using sandbox = await startRisky(TWENTY_TYPES);
    addCluster(sandbox, 'us-east-1');
    sandbox.faults.push({ when: { route: 'add' }, fault: { kind: 'status', status: 401 } });
    const { result, error } = await runSmall(sandbox, { secret: FLEET, settings: { batchSize: 1 } });
    expect(error?.name).toBe('RunIncompleteError');
    expect(result.clusters.map(({ status }) => status).sort()).toEqual(['deferred', 'failed']);
    expect(writesSeenBy(sandbox)).toHaveLength(1);
  });

  it('continues after a cluster that the key may not change', async () => {
    await using sandbox = await startRisky();
    const guarded = addCluster(sandbox, 'us-east-1', { name: 'guarded' });
    sandbox.faults.push({
      when: { route: 'add', matching: ({ body }) => JSON.stringify(body).includes(guarded.id) },
      fault: { kind: 'status', status: 403 },
    });
    const { result, error } = await runSmall(sandbox, { secret: FLEET });
    expect(error?.message).toMatch(/^1 of 2 clusters is not finished: guarded /);
    expect(result.clusters.filter(({ status }) => status === 'completed')).toHaveLength(1);
  });

  it('reports clusters for which time ran out as deferred', async () => {
    await using sandbox = await startRisky();
    for (let more = 0; more < 4; more += 1) addCluster(sandbox, 'us-east-1');
    // One cluster's list never arrives: the others complete all the same.
    const silent = sandbox.castai.clusters[2]?.id;
    sandbox.faults.push({
      when: { route: 'list', matching: ({ query }) => query['clusterId'] === silent },
      fault: { kind: 'hang' },
    });
    const { result, error } = await runSmall(sandbox, { secret: FLEET, timeout: 10_000 });
    expect(error?.name).toBe('RunIncompleteError');
    const byStatus = Object.groupBy(result.clusters, ({ status }) => status);
    expect(byStatus.completed).toHaveLength(4);
    expect(byStatus.deferred).toMatchObject([
      {
        clusterId: silent,
        problem: expect.stringMatching(/^The request to list the blacklist did not finish/),
      },
    ]);
  });

  it('is an error if none of its clusters can be worked on, because every blacklist would expire unnoticed', async () => {
    await using sandbox = await startSandbox();
    sandbox.castai.clusters = sandbox.castai.clusters.map((cluster) => ({ ...cluster, status: 'archived' }));
    await expect(runHere(sandbox, { secret: FLEET })).rejects.toMatchObject({
      code: 'CLUSTER_NOT_WORKABLE',
      message: expect.stringContaining('sandbox-us-east-1'),
    });
  });

  it('is not hindered by a malformed cluster of another cloud', async () => {
    await using sandbox = await startRisky();
    const odd = { id: 'odd', providerType: 'gke', region: 'europe-west1', name: 5 };
    const clusters = [...sandbox.castai.clusters, odd];
    sandbox.faults.push({
      when: { route: 'clusters' },
      fault: { kind: 'body', body: JSON.stringify({ items: clusters }) },
    });
    const { result } = await runSmall(sandbox, { secret: FLEET, payload: { dryRun: true } });
    expect(result.clusters).toMatchObject([{ status: 'completed', actions: { add: 8 } }]);
  });

  it('stops for all clusters if CAST AI asks to retry tomorrow', async () => {
    await using sandbox = await startRisky(TWENTY_TYPES);
    const { organizationId } = sandbox.castai;
    sandbox.castai.clusters = Array.from({ length: 20 }, () => makeCluster('us-east-1', { organizationId }));
    const headers = { 'retry-after': '86400' };
    sandbox.faults.push({ when: { route: 'add' }, fault: { kind: 'status', status: 429, headers } });
    const { result, error } = await runSmall(sandbox, { secret: FLEET, settings: { batchSize: 10 } });
    expect(error).toMatchObject({ code: 'RUN_INCOMPLETE' });
    // Those that were in flight when the third response arrived.
    expect(writesSeenBy(sandbox).length).toBeLessThanOrEqual(20);
    const byStatus = Object.groupBy(result.clusters, ({ status }) => status);
    // Every cluster has its turn before any has its second: those whose write was refused have failed.
    expect(byStatus.failed).toHaveLength(writesSeenBy(sandbox).length);
    expect(byStatus.deferred).toHaveLength(20 - writesSeenBy(sandbox).length);
    expect(byStatus.deferred?.[0]?.problem).toContain('CAST AI asked for a longer pause');
  });
});
