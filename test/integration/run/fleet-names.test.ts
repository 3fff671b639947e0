import { describe, expect, it } from 'vitest';
import { makeCluster } from '../../../cli/demo/sandbox/castai/castai.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import { FLEET, runSmall, startRisky, writesSeenBy } from '../../support/run-here.ts';

async function fleetOf(...names: string[]): Promise<Sandbox> {
  const sandbox = await startRisky();
  const { organizationId } = sandbox.castai;
  sandbox.castai.clusters = names.map((name) => makeCluster('us-east-1', { organizationId, name }));
  return sandbox;
}

describe('a fleet of named clusters', () => {
  it.each<[string, Record<string, unknown>, string[]]>([
    ['those that clusters selects', { clusters: ['prod-*', 'stage'] }, ['Prod-2', 'prod-1', 'stage']],
    ['all but those of exceptClusters', { exceptClusters: ['*-2', 'dev'] }, ['prod-1', 'stage']],
    [
      'those of one list that are not in the other',
      { clusters: ['prod-*'], exceptClusters: ['PROD-2'] },
      ['prod-1'],
    ],
  ])('is only %s, whatever the case', async (_, settings, expected) => {
    await using sandbox = await fleetOf('prod-1', 'Prod-2', 'stage', 'dev');
    const { result, error } = await runSmall(sandbox, { secret: FLEET, settings });
    expect(error).toBeNull();
    expect(result.clusters.map(({ clusterName }) => clusterName)).toEqual(expected);
    const written = new Set(sandbox.castai.entries.map(({ clusterId }) => clusterId));
    expect(written).toEqual(new Set(result.clusters.map(({ clusterId }) => clusterId)));
    expect(result.warnings).toEqual([]);
  });

  it('can be shared by two targets, each with its own settings', async () => {
    await using sandbox = await fleetOf('prod-1', 'dev-1');
    const targets = [
      { targetName: 'prod', clusters: ['prod-*'], neverBlacklist: ['m5.*'] },
      { targetName: 'others', exceptClusters: ['prod-*'] },
    ];
    for (const settings of targets)
      expect((await runSmall(sandbox, { secret: FLEET, settings })).error).toBeNull();
    const [prod, dev] = sandbox.castai.clusters.map(({ id }) =>
      sandbox.castai.entries.filter(({ clusterId }) => clusterId === id),
    );
    expect(prod?.some(({ instanceType }) => instanceType?.startsWith('m5.'))).toBe(false);
    expect(dev?.some(({ instanceType }) => instanceType?.startsWith('m5.'))).toBe(true);
    for (const { reason } of prod ?? []) expect(reason).toContain('prod');
    for (const { reason } of dev ?? []) expect(reason).toContain('others');
  });

  it('warns of globs that match no cluster', async () => {
    await using sandbox = await fleetOf('prod-1', 'dev');
    const settings = { clusters: ['prod-*', 'pord-*', 'x'], exceptClusters: ['none'] };
    const { result } = await runSmall(sandbox, { secret: FLEET, settings, payload: { dryRun: true } });
    expect(result.warnings).toEqual([
      'pord-*, x in clusters match no cluster of the fleet. Check the spelling.',
      'none in exceptClusters matches no cluster of the fleet. Check the spelling.',
    ]);
  });

  it('causes an error if no cluster is selected, because every blacklist would expire unnoticed', async () => {
    await using sandbox = await fleetOf('prod-1', 'dev');
    await expect(
      runSmall(sandbox, { secret: FLEET, settings: { clusters: ['pord-*'] } }),
    ).rejects.toMatchObject({
      code: 'NO_CLUSTERS',
      message: expect.stringMatching(/None of the 2 EKS clusters .* prod-1 \(.*\), dev \(/),
    });
    expect(writesSeenBy(sandbox)).toEqual([]);
  });

  it('skips a cluster whose name CAST AI does not report, with a warning', async () => {
    await using sandbox = await fleetOf('prod-1', '');
    const { result, error } = await runSmall(sandbox, {
      secret: FLEET,
      settings: { exceptClusters: ['prod-2'] },
    });
    expect(error).toBeNull();
    expect(result.clusters).toMatchObject([
      { clusterName: 'prod-1', status: 'completed' },
      { status: 'skipped', problem: expect.stringContaining('does not report its name') },
    ]);
    expect(result.warnings.join()).toContain('does not report its name');
  });
});
