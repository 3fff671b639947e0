// Documents that are larger or deeper than they can be, and results that have to fit where they go.
import { describe, expect, it } from 'vitest';
import { startSandbox } from '../../../cli/sandbox/sandbox.ts';
import { fitIntoAnswer, logLine } from '../../../lambda/report/fit.ts';
import type { ClusterResult, RunResult } from '../../../lambda/report/result.ts';
import { deploy, logLines, smallFeed } from '../../support/deployment.ts';
import { runHere } from '../../support/run-here.ts';

describe('a feed that can be none', () => {
  it.each([
    ['brackets', '['.repeat(7_900_000)],
    ['objects in objects', '{"a":'.repeat(1_500_000)],
    ['megabytes of a type’s name', JSON.stringify(smallFeed({ [`m5.${'x'.repeat(5_000_000)}`]: 4 }))],
    ['hyphens', JSON.stringify(smallFeed({ [`${'-'.repeat(256_000)}.large`]: 4 }))],
    ['too many bytes', `{"a":"${'x'.repeat(9_000_000)}"}`],
  ])('of %s is refused in the memory of the function, in a short sentence', async (_, body) => {
    await using deployment = await deploy({ environment: { NEVER_BLACKLIST: '*-*-*-*' } });
    deployment.sandbox.feed.replace(body);
    const { name, code, message } = await deployment.fail();
    expect({ name, code }).toEqual({ name: 'FeedError', code: 'FEED_MALFORMED' });
    expect(message.length).toBeLessThan(500);
  });

  it('of thousands of regions names some dozens of them, and nothing that is no name', async () => {
    await using sandbox = await startSandbox();
    const names = Array.from({ length: 5_000 }, (_, index) => `region-${index}`);
    const regions = Object.fromEntries([...names, 'zq7 '.repeat(1_000)].map((name) => [name, {}]));
    sandbox.feed.replace({ ...smallFeed({}), spot_advisor: regions });
    const error: Error = await runHere(sandbox, { payload: { region: 'us-east-1' } }).then(
      () => new Error('it was taken'),
      (thrown) => thrown,
    );
    expect(error).toMatchObject({ code: 'UNKNOWN_REGION' });
    expect(error.message).toContain('and 4960 more');
    expect(error.message).not.toContain('zq7');
  });
});

it('settings with a thousand problems name some dozens of them', async () => {
  await using deployment = await deploy();
  const payload = Object.fromEntries(
    Array.from({ length: 1_000 }, (_, index) => [`key${'x'.repeat(index % 9)}-${index}`, 1]),
  );
  const { name, message } = await deployment.fail(payload);
  expect(name).toBe('SettingsError');
  expect(message).toContain('and 960 more');
  expect(message.length).toBeLessThan(5_000);
});

describe('a line of the log stays below 256 KB', () => {
  const types = Array.from({ length: 449 }, (_, index) => `m${index}.large`);
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
    warnings: Array.from({ length: 10 }, () => 'z'.repeat(1_500)),
    decisions: types.map((instanceType) => ({
      ...{ instanceType, band: '>20%', savings: 60, action: 'add', reason: 'risky', expiresAt: null },
      ...{ outcome: 'failed', problem: 'w'.repeat(200) },
    })),
  });
  const resultOf = (clusters: number): RunResult => ({
    status: 'failed',
    operation: 'apply',
    dryRun: false,
    startedAt: '2026-02-14T12:00:00.000Z',
    target: { name: 'default', region: null, os: 'Linux' },
    policy: null,
    feed: null,
    warnings: Array.from({ length: 200 }, () => 'v'.repeat(3_000)),
    clusters: Array.from({ length: clusters }, (_, index) => cluster(index)),
    regions: { 'us-east-1': { '>20%': Object.fromEntries(types.map((type) => [type, 60])) } },
  });

  it.each([1, 5, 20, 100, 300, 1_000])('for %d clusters, with all that can be said of each', (clusters) => {
    const line = logLine(resultOf(clusters));
    expect(Buffer.byteLength(JSON.stringify(line))).toBeLessThan(240_000);
    const logged = line['clusters'] as ClusterResult[];
    const omitted = (line['clustersOmitted'] as number | undefined) ?? 0;
    expect(logged.length + omitted).toBe(clusters);
    // What failed is what one looks for.
    const failed = Math.floor(clusters / 50);
    expect(logged.filter(({ status }) => status === 'failed')).toHaveLength(failed);
    const brief = { ...resultOf(clusters), warnings: [] };
    const answer = fitIntoAnswer({
      ...brief,
      clusters: brief.clusters.map((one) => ({ ...one, warnings: [] })),
    });
    expect(Buffer.byteLength(JSON.stringify(answer))).toBeLessThan(6 * 1024 * 1024);
  });
});

it('the line of a run with long lists is one that CloudWatch takes', async () => {
  await using deployment = await deploy();
  const never = Array.from({ length: 500 }, (_, index) => `x${index}${'y-'.repeat(25)}*`);
  const { log } = await deployment.invoke({ dryRun: true, neverBlacklist: never, alwaysBlacklist: never });
  for (const line of log.split('\n')) expect(Buffer.byteLength(line)).toBeLessThan(256 * 1024);
  expect(logLines(log).at(-1)?.['message']).toBe('Run completed');
});
