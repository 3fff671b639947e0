// The planner, which starts a fleet's round, from the bundle and over real sockets.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { answering, type Deployment, HOUR, logLines } from '../../support/deployment.ts';
import {
  clusterIdOf,
  deployFleet,
  FLEET_TYPES,
  handAll,
  lastLine,
  resetFleet,
  setFleet,
  waitingIn,
} from '../../support/fleet.ts';

const MARKER = 'spot-blacklist/default: ';

let deployment: Deployment;
beforeAll(async () => {
  deployment = await deployFleet();
});
beforeEach(() => resetFleet(deployment));
afterAll(() => deployment[Symbol.asyncDispose]());

const idOf = (name: string) => clusterIdOf(deployment, name);

/** Lets a cluster have an own entry for each type. */
function cover(name: string, expiresAt: number): void {
  for (const instanceType of FLEET_TYPES)
    deployment.sandbox.castai.seed({
      clusterId: idOf(name),
      instanceType,
      lifecycle: 'spot',
      reason: `${MARKER}>20%`,
      expiresAt: new Date(expiresAt).toISOString(),
    });
}

const routes = () => deployment.sandbox.requests.map(({ route }) => route);

describe('the planner', () => {
  it('queues one job for every cluster, then one for the summary, and writes nothing', async () => {
    const { payload, log } = await deployment.invoke();
    expect(payload).toMatchObject({
      status: 'planned',
      clusters: 3,
      skipped: 0,
      target: { name: 'default' },
    });
    const { startedAt } = payload as { startedAt: string };
    const jobs = waitingIn(deployment.sandbox);
    const feed = deployment.sandbox.feed.etag;
    expect(
      jobs
        .slice(0, 3)
        .map(({ cluster }) => cluster)
        .sort(),
    ).toEqual(deployment.sandbox.castai.clusters.map(({ id }) => id).sort());
    for (const job of jobs.slice(0, 3))
      expect(job).toEqual({
        version: 3,
        target: 'default',
        round: startedAt,
        feed,
        kind: 'cluster',
        cluster: job.cluster,
      });
    expect(jobs.slice(3)).toEqual([
      { version: 3, target: 'default', round: startedAt, feed, kind: 'summary' },
    ]);
    expect(deployment.writes).toEqual([]);
    expect(log).toContain('ROUND_PLANNED');
    // A planner has completed nothing.
    expect(log).not.toMatch(/RUN_COMPLETED|"RunCompleted"/);
    expect(deployment.sandbox.eventBridge.events).toEqual([]);
  });

  it('reads each list once, and nothing else of a cluster', async () => {
    await deployment.invoke();
    expect(routes().filter((route) => route !== 'list')).toEqual([
      'secret',
      'feed',
      'clusters',
      'queue',
      'queue',
    ]);
    expect(routes().filter((route) => route === 'list')).toHaveLength(3);
  });

  it('gives each message its own deduplication id, and all of them one group id, which does not reveal the secret', async () => {
    await deployment.invoke();
    const { messages } = deployment.sandbox.sqs;
    const groups = new Set(messages.map(({ groupId }) => groupId));
    expect([...groups]).toEqual([expect.stringMatching(/^[0-9a-f]{32}$/)]);
    expect(new Set(messages.map(({ deduplicationId }) => deduplicationId)).size).toBe(4);
    expect(JSON.stringify(messages)).not.toContain(deployment.sandbox.castai.apiKey);
  });

  it('orders clusters by uncovered types, then by the earliest end of cover', async () => {
    cover('alpha', Date.now() + 4 * HOUR);
    cover('gamma', Date.now() + 3 * HOUR);
    await deployment.invoke();
    const order = waitingIn(deployment.sandbox).map(({ cluster }) => cluster);
    expect(order).toEqual([idOf('beta'), idOf('gamma'), idOf('alpha'), undefined]);
  });

  it('puts a cluster whose list it cannot read first', async () => {
    const alpha = idOf('alpha');
    deployment.sandbox.faults.push({
      when: { route: 'list', matching: ({ query }) => query['clusterId'] === alpha },
      fault: answering(403),
    });
    expect((await deployment.invoke()).payload).toMatchObject({ status: 'planned', clusters: 3 });
    expect(waitingIn(deployment.sandbox)[0]?.cluster).toBe(alpha);
  });

  it('sends no job for a cluster that cannot be managed', async () => {
    const [, beta] = deployment.sandbox.castai.clusters;
    if (beta !== undefined) deployment.sandbox.castai.clusters[1] = { ...beta, status: 'failed' };
    expect((await deployment.invoke()).payload).toMatchObject({ clusters: 2, skipped: 1 });
    expect(waitingIn(deployment.sandbox)).toHaveLength(3);
  });

  it.each<[string, (id: string) => string]>([
    ['no UUID', () => 'beta-eu-1'],
    ['a UUID with more behind it', (id) => `${id}-2`],
    ['a UUID in braces', (id) => `{${id}}`],
    ['a UUID without hyphens', (id) => id.replaceAll('-', '')],
    ['as long as an id may be', () => 'b'.repeat(128)],
    ['an asterisk', () => '*'],
  ])('sends no job that is refused later: a cluster whose id is %s has failed', async (_, idFor) => {
    const [alpha, beta, gamma] = deployment.sandbox.castai.clusters;
    if (alpha === undefined || beta === undefined || gamma === undefined) throw new Error('no fleet');
    const odd = { ...beta, id: idFor(beta.id) };
    deployment.sandbox.castai.clusters = [alpha, odd, gamma];
    const { payload, log } = await deployment.invoke();
    const problem = expect.stringMatching(/^its id is not a UUID, so no job can be queued for it\./);
    const failed = [{ clusterId: odd.id, clusterName: 'beta', problem }];
    expect(payload).toMatchObject({ status: 'planned', clusters: 2, skipped: 0, failed });
    expect(logLines(log).at(-1)).toMatchObject({ level: 'ERROR', code: 'ROUND_PLANNED', failed });

    const invocations = await handAll(deployment);
    const [summary] = invocations.splice(-1);
    if (summary === undefined) throw new Error('no summary');
    expect(invocations.map((one) => one.payload)).toEqual(Array(2).fill({ job: 'completed' }));
    expect(lastLine(summary)).toMatchObject({
      code: 'RUN_FAILED',
      clusters: [
        { clusterName: 'alpha', status: 'completed' },
        { clusterName: 'beta', status: 'failed', problem },
        { clusterName: 'gamma', status: 'completed' },
      ],
    });
    expect(deployment.sandbox.castai.entries).toHaveLength(2 * FLEET_TYPES.length);
  });

  it('accepts a cluster id in CAST AI’s spelling, in capitals too', async () => {
    const { castai } = deployment.sandbox;
    castai.clusters = castai.clusters.map((one) => ({ ...one, id: one.id.toUpperCase() }));
    expect((await deployment.invoke()).payload).toMatchObject({ clusters: 3, failed: [] });
    const invocations = await handAll(deployment);
    expect(invocations.map((one) => one.payload)).toEqual(Array(4).fill({ job: 'completed' }));
    expect(castai.entries).toHaveLength(3 * FLEET_TYPES.length);
  });

  it('without a queue, manages a cluster whatever its id', async () => {
    await using single = await deployFleet({ fanOut: false });
    const { castai } = single.sandbox;
    castai.clusters = castai.clusters.map((one) => ({ ...one, id: `id-${one.name}` }));
    expect((await single.succeed()).clusters).toMatchObject(Array(3).fill({ outcome: { succeeded: 3 } }));
  });

  it('sends hundreds of jobs, in order', async () => {
    setFleet(
      deployment.sandbox,
      Array.from({ length: 23 }, (_, index) => `cluster-${index}`),
    );
    await deployment.invoke();
    const jobs = waitingIn(deployment.sandbox);
    expect(new Set(jobs.map(({ cluster }) => cluster)).size).toBe(24);
    expect(jobs.at(-1)).toMatchObject({ kind: 'summary' });
    expect(routes().filter((route) => route === 'queue')).toHaveLength(4);
  });

  it('is used for live runs of a fleet only, not for a dry run, a clear or a single cluster', async () => {
    expect(await deployment.succeed({ dryRun: true })).toMatchObject({ status: 'completed', dryRun: true });
    expect(await deployment.succeed({ operation: 'clear' })).toMatchObject({ operation: 'clear' });
    // It counted jobs, and queued none.
    expect(routes().filter((route) => route === 'queue')).toHaveLength(1);
    expect(waitingIn(deployment.sandbox)).toEqual([]);
    deployment.sandbox.requests.length = 0;
    deployment.sandbox.putSecret();
    expect(await deployment.succeed()).toMatchObject({
      status: 'completed',
      clusters: [{ actions: { add: 3 } }],
    });
    expect(routes()).not.toContain('queue');
  });
});

describe('a planner fails, and names what is not planned,', () => {
  it.each<[string, () => unknown, string]>([
    ['may not send', () => (deployment.sandbox.sqs.failure = 'AccessDeniedException'), 'QUEUE_ACCESS_DENIED'],
    ['has no queue', () => (deployment.sandbox.sqs.failure = 'QueueDoesNotExist'), 'QUEUE_NOT_FOUND'],
    ['is throttled', () => (deployment.sandbox.sqs.failure = 'RequestThrottled'), 'QUEUE_REFUSED'],
    [
      'has its connection reset',
      () => deployment.sandbox.faults.push({ when: { route: 'queue' }, fault: { kind: 'reset' } }),
      'QUEUE_UNREACHABLE',
    ],
    [
      'gets a response that confirms nothing',
      () => deployment.sandbox.faults.push({ when: { route: 'queue' }, fault: { kind: 'body', body: '{}' } }),
      'QUEUE_REFUSED',
    ],
  ])('if it %s', async (_, arrange, code) => {
    arrange();
    const failure = await deployment.fail();
    expect(failure).toMatchObject({ name: 'QueueError', code });
    expect(deployment.sandbox.eventBridge.events).toMatchObject([
      { detailType: 'Run Failed', detail: { error: { code } } },
    ]);
    expect(waitingIn(deployment.sandbox)).toEqual([]);
    expect(failure.log).not.toMatch(/not authorized to perform|Rate exceeded/);
  });

  it('if SQS accepts only some jobs, by the clusters’ names and without a summary', async () => {
    const beta = idOf('beta');
    deployment.sandbox.sqs.refuse = (body) => (body.includes(beta) ? 'InternalError' : undefined);
    expect(await deployment.fail()).toMatchObject({
      name: 'QueueError',
      code: 'ROUND_INCOMPLETE',
      message: expect.stringMatching(
        /^The round has no jobs for 1 of 3 clusters \(beta\), and its summary\. SQS did not/,
      ),
    });
    const jobs = waitingIn(deployment.sandbox);
    expect(jobs.map(({ cluster }) => cluster).sort()).toEqual([idOf('alpha'), idOf('gamma')].sort());
  });

  it('if a later request fails, by the remaining clusters', async () => {
    setFleet(
      deployment.sandbox,
      Array.from({ length: 15 }, (_, index) => `cluster-${index}`),
    );
    deployment.sandbox.faults.push({ when: { route: 'queue', nth: 2 }, fault: answering(400) });
    const { code, message: text } = await deployment.fail();
    expect(code).toBe('ROUND_INCOMPLETE');
    const sent = waitingIn(deployment.sandbox).map(({ cluster }) => cluster);
    expect(sent).toHaveLength(10);
    for (const { id, name } of deployment.sandbox.castai.clusters)
      expect(new RegExp(`\\b${name}\\b`).test(text)).toBe(!sent.includes(id));
  });

  it('if only the summary is rejected', async () => {
    deployment.sandbox.sqs.refuse = (body) => (body.includes('summary') ? 'InternalError' : undefined);
    expect(await deployment.fail()).toMatchObject({
      code: 'ROUND_INCOMPLETE',
      message: expect.stringContaining('The round has no jobs for its summary.'),
    });
  });

  it('but not if SQS accepts at the second attempt what it rejected at the first', async () => {
    const gamma = idOf('gamma');
    let refusals = 0;
    deployment.sandbox.sqs.refuse = (body) => {
      if (!body.includes(gamma) || refusals > 0) return undefined;
      refusals += 1;
      return 'InternalError';
    };
    expect((await deployment.invoke()).payload).toMatchObject({ status: 'planned', clusters: 3 });
    expect(waitingIn(deployment.sandbox).map(({ kind }) => kind)).toEqual([
      'cluster',
      'cluster',
      'cluster',
      'summary',
    ]);
  });

  it('but sends nothing twice if SQS’s response was lost', async () => {
    deployment.sandbox.faults.push({ when: { route: 'queue' }, times: 1, fault: { kind: 'lost-answer' } });
    expect((await deployment.invoke()).payload).toMatchObject({ status: 'planned', clusters: 3 });
    expect(waitingIn(deployment.sandbox)).toHaveLength(4);
  });

  it('if CAST AI rejects the key, and plans nothing, since every job would fail', async () => {
    deployment.sandbox.faults.push({ when: { route: 'list' }, fault: answering(401) });
    expect(await deployment.fail()).toMatchObject({ code: 'KEY_REJECTED' });
    expect(routes()).not.toContain('queue');
  });
});
