import { describe, expect, it } from 'vitest';
import { fitIntoResponse, logLine } from '../../../lambda/report/fit.ts';
import type { ClusterResult, RunResult } from '../../../lambda/report/result.ts';

describe('a line of the log stays below 256 KB', () => {
  const types = Array.from({ length: 449 }, (_, index) => `m${index}.large`);
  const decisions: ClusterResult['decisions'] = types.map((instanceType) => ({
    ...{ instanceType, band: '>20%', savings: 60, action: 'add', reason: 'risky', expiresAt: null },
    ...{ outcome: 'failed', problem: 'w'.repeat(200) },
  }));
  const SIZE: ClusterResult['sizes'][number] = {
    architecture: 'x86_64',
    vcpus: 16,
    gibPerVcpu: 4,
    types: 22,
    available: 3,
    floor: 3,
  };
  const cluster = (index: number): ClusterResult => ({
    clusterId: `0a9b8c7d-1111-4222-8333-${String(index).padStart(12, '0')}`,
    clusterName: `cluster-${index}-${'x'.repeat(100)}`,
    organizationId: '3f1c2b4a-1111-4222-8333-444455556666',
    region: 'us-east-1',
    status: index % 50 === 49 ? 'failed' : 'completed',
    problem: index % 50 === 49 ? 'y'.repeat(2_000) : null,
    actions: { add: 449, renew: 0, keep: 0, covered: 0, spare: 0, lapse: 0, release: 0, remove: 0 },
    outcome: { succeeded: 449, failed: 0, deferred: 0, postponed: 0, verified: 449, uncovered: 0 },
    available: { x86_64: { types: 394, families: 83 }, arm64: { types: 245, families: 36 } },
    unavailable: types,
    templates: null,
    sizes: Array.from({ length: 36 }, () => SIZE),
    nodes: null,
    calmNodes: Object.fromEntries(types.map((type) => [type, 10])),
    shortfalls: 0,
    warnings: Array.from({ length: 10 }, () => 'z'.repeat(1_500)),
    decisions,
  });
  const OWN = { hours: 10_000, interruptions: 20, machines: 30, ratio: 3.1, verdict: 'risky' } as const;
  const resultOf = (clusters: number): RunResult => ({
    status: 'failed',
    operation: 'apply',
    dryRun: false,
    startedAt: '2026-02-14T12:00:00.000Z',
    target: { name: 'default', region: null, os: 'Linux' },
    policy: null,
    feed: null,
    evidence: {
      ...{
        mode: 'decide',
        ratio: 2,
        dispersion: {},
        hidden: null,
        riskyAgainstOthers: null,
        from: null,
        to: null,
        hours: 1e6,
        interruptions: 1000,
        riskier: 3,
        calmer: 5,
      },
      days: [],
      regions: { 'us-east-1': Object.fromEntries(types.map((type) => [type, OWN])) },
    },
    warnings: Array.from({ length: 200 }, () => 'v'.repeat(3_000)),
    clusters: Array.from({ length: clusters }, (_, index) => cluster(index)),
    regions: { 'us-east-1': { '>20%': Object.fromEntries(types.map((type) => [type, 60])) } },
    machines: {},
  });

  it.each([1, 20, 100, 1_000])('for %d clusters with the longest possible details', (clusters) => {
    const result = resultOf(clusters);
    const line = logLine(result);
    expect(Buffer.byteLength(JSON.stringify(line))).toBeLessThan(240_000);
    const logged = line['clusters'] as ClusterResult[];
    const omitted = (line['clustersOmitted'] as number | undefined) ?? 0;
    expect(logged.length + omitted).toBe(clusters);
    // What failed is what one looks for.
    const failed = Math.floor(clusters / 50);
    expect(logged.filter(({ status }) => status === 'failed')).toHaveLength(failed);
    const brief = { ...result, warnings: [] };
    const answer = fitIntoResponse({
      ...brief,
      clusters: brief.clusters.map((one) => ({ ...one, warnings: [] })),
    });
    expect(Buffer.byteLength(JSON.stringify(answer))).toBeLessThan(6 * 1024 * 1024);
  });
});
