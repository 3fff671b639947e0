// The bundle, with AWS's feed of February 2026, for us-east-1, Linux, threshold 20.
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { RunResult } from '../../../lambda/report/result.ts';
import { type Deployment, deploy, HOUR, logLines, smallFeed } from '../../support/deployment.ts';

let deployment: Deployment;
beforeAll(async () => {
  deployment = await deploy({ environment: { REGION: 'us-east-1' } });
});
beforeEach(() => deployment.reset());
afterAll(() => deployment[Symbol.asyncDispose]());

const NO_ACTIONS = { add: 0, renew: 0, keep: 0, covered: 0, spare: 0, lapse: 0, release: 0, remove: 0 };

it('a dry run writes nothing, and reports 445 types to add and 4 to keep available', async () => {
  const { castai } = deployment.sandbox;
  const before = Date.now();
  const result = await deployment.succeed({ dryRun: true });
  expect(result).toMatchObject({
    status: 'completed',
    operation: 'apply',
    dryRun: true,
    target: { name: 'default', region: 'us-east-1', os: 'Linux' },
    policy: { interruptionThreshold: 20, blacklistedBands: ['>20%'], blacklistHours: 5 },
    feed: {
      types: 1088,
      noEvidence: 0,
      inNoSize: 97,
      lastModified: expect.any(String),
      etag: expect.any(String),
    },
    clusters: [
      {
        clusterId: castai.clusters[0]?.id,
        clusterName: 'sandbox-us-east-1',
        organizationId: castai.organizationId,
        region: 'us-east-1',
        status: 'completed',
        actions: { ...NO_ACTIONS, add: 445, spare: 4 },
        outcome: { succeeded: 0, failed: 0, deferred: 0, verified: null },
      },
    ],
  });
  const all = result.clusters[0]?.decisions ?? [];
  expect(all).toHaveLength(449);
  const decisions = all.filter(({ action }) => action === 'add');
  expect(decisions).toHaveLength(445);
  for (const decision of decisions) {
    expect(decision).toMatchObject({
      instanceType: expect.stringMatching(/^[a-z0-9-]+\.[a-z0-9-]+$/),
      band: '>20%',
      savings: expect.any(Number),
      action: 'add',
      reason: expect.stringContaining('>20%'),
    });
    const expiry = Date.parse(decision.expiresAt ?? '') - 5 * HOUR;
    expect(expiry).toBeGreaterThanOrEqual(before);
    expect(expiry).toBeLessThanOrEqual(Date.now() + 1000);
  }
  expect(deployment.writes).toEqual([]);
  expect(castai.entries).toEqual([]);
});

it('a live run adds and confirms 445 entries and logs two lines, and the next run has nothing to write', async () => {
  const { sandbox } = deployment;
  const { organizationId, clusters } = sandbox.castai;
  const before = Date.now();
  const { log, payload, requestId } = await deployment.invoke();
  const after = Date.now();
  // The logger leaves out what is null.
  const { clusters: reported, regions: _, machines: ___, evidence: ____, ...facts } = payload as RunResult;
  const { decisions = [], unavailable: __, ...cluster } = reported[0] ?? {};
  expect(cluster).toMatchObject({
    status: 'completed',
    problem: null,
    actions: { ...NO_ACTIONS, add: 445, spare: 4 },
    outcome: { succeeded: 445, failed: 0, deferred: 0, verified: 445 },
  });

  expect(deployment.writes).toHaveLength(445);
  expect(new Set(deployment.addedTypes).size).toBe(445);
  for (const { route, body, headers } of deployment.writes) {
    expect(route).toBe('add');
    // Exactly these fields: without the lifecycle, on-demand machines would be blacklisted too.
    expect(body).toEqual({
      organizationId,
      clusterId: clusters[0]?.id,
      instanceType: expect.stringMatching(/^[a-z0-9-]+\.[a-z0-9-]+$/),
      lifecycle: 'spot',
      expiresAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/),
      reason: expect.stringMatching(/^spot-blacklist\/default: .*>20%/),
    });
    const expiry = Date.parse((body as { expiresAt: string }).expiresAt) - 5 * HOUR;
    expect(expiry).toBeGreaterThanOrEqual(before);
    expect(expiry).toBeLessThanOrEqual(after + 1000);
    expect(headers).toMatchObject({
      'x-api-key': sandbox.castai.apiKey,
      'x-castai-organization-id': organizationId,
    });
  }

  const [started, completed, ...more] = logLines(log);
  expect(more).toEqual([]);
  expect(started).toMatchObject({
    level: 'INFO',
    message: 'Run started',
    code: 'RUN_STARTED',
    function_request_id: requestId,
    settings: { os: 'Linux', dryRun: false, batchPause: 0, policy: { interruptionThreshold: 20 } },
  });
  // Of the types, the log has only those that were decided.
  expect(completed).toMatchObject({
    level: 'INFO',
    message: 'Run completed',
    code: 'RUN_COMPLETED',
    ...facts,
    clusters: [cluster],
  });
  const [logged] = (completed?.['clusters'] ?? []) as { types: Record<string, Record<string, string[]>> }[];
  expect(logged?.types['add']?.['>20%']).toEqual(
    decisions.filter(({ action }) => action === 'add').map(({ instanceType }) => instanceType),
  );
  // CloudWatch Logs takes 256 KB in one line.
  expect(Math.max(...log.split('\n').map((line) => line.length))).toBeLessThan(256_000);

  sandbox.requests.length = 0;
  const entries = structuredClone(sandbox.castai.entries);
  const second = await deployment.succeed();
  expect(second.clusters[0]).toMatchObject({
    status: 'completed',
    actions: { ...NO_ACTIONS, keep: 445, spare: 4 },
    outcome: { succeeded: 0, failed: 0, deferred: 0, verified: null },
  });
  expect(deployment.writes).toEqual([]);
  expect(sandbox.castai.entries).toEqual(entries);
});

it('a run for Windows adds the 296 risky Windows types', async () => {
  const { clusters, target } = await deployment.succeed({ os: 'windows', dryRun: true });
  expect(target.os).toBe('Windows');
  expect(clusters[0]?.actions).toMatchObject({ add: 296 });
});

it('a run without risky types succeeds, and its result and log say that there are none', async () => {
  deployment.sandbox.feed.replace(smallFeed({ 'm5.large': 0, 'c5.large': 1, 'r5.large': 3 }));
  const { payload, log, functionError } = await deployment.invoke({
    dryRun: true,
    minTypesPerArchitecture: 0,
    minFamiliesPerArchitecture: 0,
  });
  expect(functionError).toBeUndefined();
  expect(payload).toMatchObject({
    status: 'completed',
    policy: { blacklistedBands: ['>20%'] },
    feed: { types: 3 },
    clusters: [{ status: 'completed', actions: NO_ACTIONS, outcome: { verified: null }, decisions: [] }],
  });
  expect(deployment.writes).toEqual([]);
  // A sentence, so that the empty list is not mistaken for a fault.
  expect(JSON.stringify(payload)).toMatch(/no type .*(risky|above)|nothing to blacklist/i);
  expect(log).toMatch(/no type .*(risky|above)|nothing to blacklist/i);
});
