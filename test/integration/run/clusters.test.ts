import { describe, expect, it } from 'vitest';
import { type Cluster, makeCluster } from '../../../cli/demo/sandbox/castai/castai.ts';
import { startSandbox } from '../../sandbox/sandbox.ts';
import { EIGHT_TYPES } from '../../support/deployment.ts';
import { runHere, runSmall, startRisky, writesSeenBy } from '../../support/run-here.ts';

describe('the one cluster of the secret', () => {
  it.each<[string, string, Partial<Cluster>, Record<string, unknown>]>([
    ['belongs to another organization', 'CLUSTER_OF_OTHER_ORGANIZATION', { organizationId: 'another' }, {}],
    ['is not EKS', 'CLUSTER_NOT_EKS', { providerType: 'gke' }, {}],
    ['is deleted', 'CLUSTER_NOT_WORKABLE', { status: 'deleted' }, {}],
    ['was deleted at some time', 'CLUSTER_NOT_WORKABLE', { deletedAt: '2026-01-01T00:00:00Z' }, {}],
    ['is still connecting', 'CLUSTER_NOT_WORKABLE', { status: 'connecting' }, {}],
    ['is in another region', 'CLUSTER_REGION_MISMATCH', {}, { region: 'eu-west-1' }],
    ['has a name that is not selected', 'CLUSTER_NOT_SELECTED', { name: 'dev' }, { clusters: ['prod-*'] }],
    ['has a name that is excepted', 'CLUSTER_NOT_SELECTED', { name: 'dev' }, { exceptClusters: ['d*'] }],
    ['has no name to select it by', 'CLUSTER_NOT_SELECTED', { name: '' }, { exceptClusters: ['d*'] }],
  ])('is refused if it %s, and nothing is written', async (_, code, overrides, settings) => {
    await using sandbox = await startSandbox();
    const [cluster] = sandbox.castai.clusters;
    sandbox.castai.clusters = [{ ...(cluster as Cluster), ...overrides }];
    await expect(runHere(sandbox, { settings })).rejects.toMatchObject({ name: 'ClusterError', code });
    expect(writesSeenBy(sandbox)).toEqual([]);
  });

  it('is refused if CAST AI responds with another cluster', async () => {
    await using sandbox = await startSandbox();
    const { organizationId } = sandbox.castai;
    const other = makeCluster('us-east-1', { organizationId });
    sandbox.faults.push({ when: { route: 'cluster' }, fault: { kind: 'body', body: JSON.stringify(other) } });
    await expect(runHere(sandbox)).rejects.toMatchObject({ name: 'ClusterError', code: 'CLUSTER_NOT_FOUND' });
    expect(writesSeenBy(sandbox)).toEqual([]);
  });

  it('may be written in capitals, since ids are case-insensitive', async () => {
    await using sandbox = await startRisky();
    const [cluster] = sandbox.castai.clusters;
    sandbox.faults.push({
      when: { route: 'cluster' },
      fault: { kind: 'body', body: JSON.stringify(cluster) },
    });
    const secret = { 'cluster-id': cluster?.id.toUpperCase() };
    const { result } = await runSmall(sandbox, { secret, payload: { dryRun: true } });
    expect(result.clusters).toMatchObject([{ clusterId: cluster?.id, actions: { add: 8 } }]);
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

  it.each(['ready', 'warning', 'hibernated', 'resuming'])(
    'is used while its status is %s',
    async (status) => {
      await using sandbox = await startRisky();
      sandbox.castai.clusters = sandbox.castai.clusters.map((cluster) => ({ ...cluster, status }));
      const { result } = await runSmall(sandbox, { payload: { dryRun: true } });
      expect(result.clusters).toMatchObject([{ status: 'completed', actions: { add: 8 } }]);
    },
  );

  it('gives its own region to a run without REGION', async () => {
    await using sandbox = await startSandbox({ region: 'eu-west-1' });
    const { result } = await runHere(sandbox, { payload: { dryRun: true } });
    expect(result.target.region).toBe('eu-west-1');
    expect(result.clusters).toMatchObject([{ region: 'eu-west-1', actions: { add: 167 } }]);
  });

  it('is used, with a warning, by a key that may not read clusters, if REGION is set', async () => {
    await using sandbox = await startRisky(EIGHT_TYPES, { castai: { keyMayReadClusters: false } });
    const { result, error } = await runSmall(sandbox, { settings: { region: 'us-east-1' } });
    expect(error).toBeNull();
    expect(result.warnings).toHaveLength(1);
    expect(result.warnings[0]).toMatch(/may not read clusters/);
    await expect(runSmall(sandbox)).rejects.toMatchObject({ name: 'CastAiAuthError', code: 'KEY_FORBIDDEN' });
  });
});
