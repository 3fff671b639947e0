import { describe, expect, it } from 'vitest';
import { type Cluster, makeCluster } from '../../../cli/sandbox/castai/castai-state.ts';
import { type Sandbox, startSandbox } from '../../../cli/sandbox/sandbox.ts';
import { smallFeed } from '../../support/deployment.ts';
import { FLEET, runHere, writesSeenBy } from '../../support/run-here.ts';

function addCluster(sandbox: Sandbox, region: string, overrides: Partial<Cluster> = {}): Cluster {
  const cluster = makeCluster(region, { organizationId: sandbox.castai.organizationId, ...overrides });
  sandbox.castai.clusters.push(cluster);
  return cluster;
}

describe('the one cluster of the secret', () => {
  it.each<[string, string, Partial<Cluster>, Record<string, unknown>]>([
    ['belongs to another organization', 'CLUSTER_OF_OTHER_ORGANIZATION', { organizationId: 'another' }, {}],
    ['is not EKS', 'CLUSTER_NOT_EKS', { providerType: 'gke' }, {}],
    ['is deleted', 'CLUSTER_NOT_WORKABLE', { status: 'deleted' }, {}],
    ['was deleted at some time', 'CLUSTER_NOT_WORKABLE', { deletedAt: '2026-01-01T00:00:00Z' }, {}],
    ['is still connecting', 'CLUSTER_NOT_WORKABLE', { status: 'connecting' }, {}],
    ['lies in another region', 'CLUSTER_REGION_MISMATCH', {}, { region: 'eu-west-1' }],
  ])('is refused when it %s, and nothing is written', async (_, code, overrides, payload) => {
    await using sandbox = await startSandbox();
    const [cluster] = sandbox.castai.clusters;
    sandbox.castai.clusters = [{ ...(cluster as Cluster), ...overrides }];
    await expect(runHere(sandbox, { payload })).rejects.toMatchObject({ name: 'ClusterError', code });
    expect(writesSeenBy(sandbox)).toEqual([]);
  });

  it('is refused when CAST AI answers with another one', async () => {
    await using sandbox = await startSandbox();
    const other = addCluster(sandbox, 'us-east-1');
    sandbox.faults.push({ when: { route: 'cluster' }, fault: { kind: 'body', body: JSON.stringify(other) } });
    await expect(runHere(sandbox)).rejects.toMatchObject({ name: 'ClusterError', code: 'CLUSTER_NOT_FOUND' });
    expect(writesSeenBy(sandbox)).toEqual([]);
  });

  it('may be written in capitals, as ids are in either case', async () => {
    await using sandbox = await startSandbox();
    const [cluster] = sandbox.castai.clusters;
    sandbox.faults.push({
      when: { route: 'cluster' },
      fault: { kind: 'body', body: JSON.stringify(cluster) },
    });
    const secret = { 'cluster-id': cluster?.id.toUpperCase() };
    const { result } = await runHere(sandbox, { secret, payload: { dryRun: true } });
    expect(result.clusters).toMatchObject([{ clusterId: cluster?.id, actions: { add: 449 } }]);
  });

  it('is refused when CAST AI has no such cluster', async () => {
    await using sandbox = await startSandbox();
    await expect(
      runHere(sandbox, { secret: { 'cluster-id': '00000000-0000-4000-8000-000000000000' } }),
    ).rejects.toMatchObject({
      code: 'CLUSTER_NOT_FOUND',
    });
    expect(writesSeenBy(sandbox)).toEqual([]);
  });

  it.each(['ready', 'warning', 'hibernated', 'resuming'])('is worked on when it is %s', async (status) => {
    await using sandbox = await startSandbox();
    sandbox.castai.clusters = sandbox.castai.clusters.map((cluster) => ({ ...cluster, status }));
    const { result } = await runHere(sandbox, { payload: { dryRun: true } });
    expect(result.clusters).toMatchObject([{ status: 'completed', actions: { add: 449 } }]);
  });

  it('gives its own region to a run that is not told one', async () => {
    await using sandbox = await startSandbox({ region: 'eu-west-1' });
    const { result } = await runHere(sandbox, { payload: { dryRun: true } });
    expect(result.target.region).toBe('eu-west-1');
    expect(result.clusters).toMatchObject([{ region: 'eu-west-1', actions: { add: 168 } }]);
  });

  it('is worked on with a warning by a key that may not read clusters, if the region is told', async () => {
    await using sandbox = await startSandbox({ castai: { keyMayReadClusters: false } });
    const { result, error } = await runHere(sandbox, { payload: { region: 'us-east-1' } });
    expect(error).toBeNull();
    expect(result.warnings).toHaveLength(1);
    expect(result.warnings[0]).toMatch(/may not read clusters/);
    await expect(runHere(sandbox)).rejects.toMatchObject({ name: 'CastAiAuthError', code: 'KEY_FORBIDDEN' });
  });
});

describe('a fleet', () => {
  it('is every EKS cluster of the organization, each by its own region, with the feed fetched once', async () => {
    await using sandbox = await startSandbox();
    const irish = addCluster(sandbox, 'eu-west-1');
    addCluster(sandbox, 'us-east-1', { providerType: 'gke' });
    addCluster(sandbox, 'us-east-1', { organizationId: 'another' });
    const { result, error } = await runHere(sandbox, { secret: FLEET });
    expect(error).toBeNull();
    expect(result.target.region).toBeNull();
    expect(result.feed).toMatchObject({ types: 1088 + 831 });
    const added = Object.fromEntries(result.clusters.map(({ region, actions }) => [region, actions.add]));
    expect(added).toEqual({ 'us-east-1': 449, 'eu-west-1': 168 });
    expect(sandbox.requests.filter(({ route }) => route === 'feed')).toHaveLength(1);
    expect(sandbox.castai.entries.filter(({ clusterId }) => clusterId === irish.id)).toHaveLength(168);
  });

  it('is only the clusters in REGION when that is set', async () => {
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
    addCluster(sandbox, 'us-east-1', { name: 'new', status: 'connecting' });
    addCluster(sandbox, 'us-east-1', { name: 'old', deletedAt: '2026-01-01T00:00:00Z' });
    const { result, error } = await runHere(sandbox, { secret: FLEET, payload: { dryRun: true } });
    expect(error).toBeNull();
    // Those that are gone for good are no reason to warn in every run.
    expect(result.warnings).toEqual(['Clusters of the fleet were skipped: new (its status is connecting).']);
    expect(result.clusters.slice(1)).toMatchObject([
      { clusterName: 'new', status: 'skipped', problem: 'its status is connecting', decisions: [] },
      { clusterName: 'old', status: 'skipped', problem: 'its status is deleted' },
    ]);
  });

  it.each<[string, Cluster[], Record<string, unknown>]>([
    ['has no clusters at all, as an enterprise key sees it', [], {}],
    ['has none in REGION', [makeCluster('us-east-1', { organizationId: 'mine' })], { region: 'eu-west-1' }],
  ])('is an error when it %s', async (_, clusters, payload) => {
    await using sandbox = await startSandbox();
    sandbox.castai.clusters = clusters;
    await expect(runHere(sandbox, { secret: FLEET, payload })).rejects.toMatchObject({
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
    ['whose region CAST AI does not say', '', {}, 'CAST AI does not say in which region it is'],
    [
      'in a region without that system',
      'eu-west-1',
      { os: 'Windows' },
      'the feed does not have this operating system in eu-west-1',
    ],
  ])('skips a cluster %s, with a warning, and does the others', async (_, region, payload, reason) => {
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
    const settings = { minTypesPerArchitecture: 0, minFamiliesPerArchitecture: 0, maxBlacklistShare: 1 };
    const { result, error } = await runHere(sandbox, { secret: FLEET, payload: { ...settings, ...payload } });
    expect(error).toBeNull();
    expect(result.clusters).toMatchObject([
      { status: 'completed', outcome: { succeeded: 1 } },
      { clusterName: 'far-away', status: 'skipped', problem: reason },
    ]);
    expect(result.warnings).toEqual([`Clusters of the fleet were skipped: far-away (${reason}).`]);
  });

  it('of which the feed knows no region is an error, because every blacklist would end unnoticed', async () => {
    await using sandbox = await startSandbox({ region: 'mars-north-1' });
    await expect(runHere(sandbox, { secret: FLEET })).rejects.toMatchObject({ code: 'UNKNOWN_REGION' });
  });

  it('is told by provider, status and region whatever the case they are written in', async () => {
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

  it('goes on with the next cluster when one fails, and fails at the end with a message that names it', async () => {
    await using sandbox = await startSandbox();
    addCluster(sandbox, 'mars-north-1', { name: 'far-away' });
    const failing = addCluster(sandbox, 'us-east-1', { name: 'unlucky' });
    sandbox.faults.push({
      when: { route: 'list', matching: ({ query }) => query['clusterId'] === failing.id },
      fault: { kind: 'body', body: '<html>' },
    });
    const { result, error } = await runHere(sandbox, { secret: FLEET });
    expect(error).toMatchObject({ name: 'RunIncompleteError' });
    expect(error?.message).toContain('1 of 3 clusters are not finished');
    expect(error?.message).toContain("unlucky (failed: CAST AI's blacklist cannot be trusted");
    const byStatus = Object.groupBy(result.clusters, ({ status }) => status);
    expect(byStatus.completed).toMatchObject([{ clusterName: 'sandbox-us-east-1', outcome: { failed: 0 } }]);
    expect(byStatus.failed).toHaveLength(1);
    expect(byStatus.skipped).toHaveLength(1);
    expect(result.status).toBe('failed');
    const written = new Set(sandbox.castai.entries.map(({ clusterId }) => clusterId));
    expect(written).toEqual(new Set([sandbox.castai.clusters[0]?.id]));
  });

  it('stops at a key that is no longer accepted, and reports the rest as deferred', async () => {
    await using sandbox = await startSandbox();
    addCluster(sandbox, 'us-east-1');
    sandbox.faults.push({ when: { route: 'add' }, fault: { kind: 'status', status: 401 } });
    const { result, error } = await runHere(sandbox, { secret: FLEET, payload: { batchSize: 1 } });
    expect(error?.name).toBe('RunIncompleteError');
    expect(result.clusters.map(({ status }) => status).sort()).toEqual(['deferred', 'failed']);
    expect(writesSeenBy(sandbox)).toHaveLength(1);
  });

  it('goes on past a cluster that the key may not change', async () => {
    await using sandbox = await startSandbox();
    const guarded = addCluster(sandbox, 'us-east-1', { name: 'guarded' });
    sandbox.faults.push({
      when: { route: 'add', matching: ({ body }) => JSON.stringify(body).includes(guarded.id) },
      fault: { kind: 'status', status: 403 },
    });
    const { result, error } = await runHere(sandbox, { secret: FLEET });
    expect(error?.message).toMatch(/^1 of 2 clusters are not finished: guarded /);
    expect(result.clusters.filter(({ status }) => status === 'completed')).toHaveLength(1);
  });

  it('reports clusters that time did not reach as deferred', async () => {
    await using sandbox = await startSandbox();
    for (let more = 0; more < 4; more += 1) addCluster(sandbox, 'us-east-1');
    sandbox.feed.replace(smallFeed({ 'm5.large': 4, 'c5.large': 4, 'r5.large': 0 }));
    // One cluster's list never comes: the others are done all the same.
    const silent = sandbox.castai.clusters[2]?.id;
    sandbox.faults.push({
      when: { route: 'list', matching: ({ query }) => query['clusterId'] === silent },
      fault: { kind: 'hang' },
    });
    const { result, error } = await runHere(sandbox, {
      secret: FLEET,
      payload: { minTypesPerArchitecture: 0, minFamiliesPerArchitecture: 0 },
      timeout: 30_000,
    });
    expect(error?.name).toBe('RunIncompleteError');
    const byStatus = Object.groupBy(result.clusters, ({ status }) => status);
    expect(byStatus.completed).toHaveLength(4);
    expect(byStatus.deferred).toMatchObject([
      {
        clusterId: silent,
        problem: expect.stringMatching(/^Time ran out while CAST AI was asked to list the blacklist\./),
      },
    ]);
  });

  it('is an error when not one of its clusters can be worked on, which would end every blacklist unnoticed', async () => {
    await using sandbox = await startSandbox();
    sandbox.castai.clusters = sandbox.castai.clusters.map((cluster) => ({ ...cluster, status: 'archived' }));
    await expect(runHere(sandbox, { secret: FLEET })).rejects.toMatchObject({
      code: 'CLUSTER_NOT_WORKABLE',
      message: expect.stringContaining('sandbox-us-east-1'),
    });
  });

  it('is not kept from its work by a cluster of another cloud that looks odd', async () => {
    await using sandbox = await startSandbox();
    const odd = { id: 'odd', providerType: 'gke', region: 'europe-west1', name: 5 };
    const clusters = [...sandbox.castai.clusters, odd];
    sandbox.faults.push({
      when: { route: 'clusters' },
      fault: { kind: 'body', body: JSON.stringify({ items: clusters }) },
    });
    const { result } = await runHere(sandbox, { secret: FLEET, payload: { dryRun: true } });
    expect(result.clusters).toMatchObject([{ status: 'completed', actions: { add: 449 } }]);
  });
});
