import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeNode } from '../../../cli/demo/sandbox/castai/inventory.ts';
import type { Invocation } from '../../sandbox/function/function.ts';
import type { Fault } from '../../sandbox/http/faults.ts';
import { answering, type Deployment, HOUR, riskyFeed } from '../../support/deployment.ts';
import {
  clusterIdOf,
  deployFleet,
  FLEET_TYPES,
  hand,
  handAll,
  lastLine,
  message,
  metricsIn,
  resetFleet,
  waitingIn,
} from '../../support/fleet.ts';

let deployment: Deployment;
beforeAll(async () => {
  deployment = await deployFleet();
});
beforeEach(() => {
  resetFleet(deployment);
  deployment.sandbox.feed.lastModified = new Date(Date.now() - 3 * HOUR);
});
afterAll(() => deployment[Symbol.asyncDispose]());

const idOf = (name: string) => clusterIdOf(deployment, name);

const aboutCluster = (name: string) => {
  const id = idOf(name);
  return ({ text, query }: { text: string; query: Readonly<Record<string, string>> }) =>
    text.includes(id) || query['clusterId'] === id;
};

/** The warnings about each cluster that it could not be judged. */
const warningsOf = (invocation: Parameters<typeof lastLine>[0]) => {
  const { clusters = [] } = lastLine(invocation) as { clusters?: { warnings: string[] }[] };
  return clusters.map(({ warnings }) => warnings.filter((one) => one.includes('could not be judged')));
};

const events = () => deployment.sandbox.eventBridge.events.map(({ detailType }) => detailType);

describe('the summary of a round', () => {
  it('reports the whole fleet once, with the round’s start, after the jobs that changed it', async () => {
    const planned = await deployment.invoke();
    const { startedAt } = planned.payload as { startedAt: string };
    const invocations = await handAll(deployment);
    expect(invocations.map(({ payload }) => payload)).toEqual(Array(4).fill({ job: 'completed' }));
    const summary = invocations.at(-1);
    if (summary === undefined) throw new Error('There is no summary.');
    expect(lastLine(summary)).toMatchObject({
      code: 'RUN_COMPLETED',
      status: 'completed',
      dryRun: false,
      startedAt,
      clusters: [{ actions: { keep: 3 } }, { actions: { keep: 3 } }, { actions: { keep: 3 } }],
    });
    expect(metricsIn(summary)).toMatchObject({
      ...{ RunCompleted: 1, RiskyTypes: 9, BlacklistedTypes: 9, Uncovered: 0, Deferred: 0, Postponed: 0 },
      ...{ Spared: 0, UnheldGuardRails: 0 },
    });
    // It does not count again what jobs have counted.
    for (const name of ['Added', 'Renewed', 'Removed', 'Failed'])
      expect(metricsIn(summary)).not.toHaveProperty(name);
    expect(events()).toEqual([...Array(3).fill('Cluster Completed'), 'Run Completed']);
    const details = deployment.sandbox.eventBridge.events.map(({ detail }) => detail);
    expect(new Set(details.map((detail) => detail['startedAt']))).toEqual(new Set([startedAt]));
    expect(details.at(-1)).toMatchObject({
      target: { name: 'default', region: null },
      actions: { keep: 9, add: 0 },
    });
  });

  it('writes nothing', async () => {
    const invocation = await hand(deployment, message());
    expect(deployment.writes).toEqual([]);
    expect(invocation.payload).toEqual({ job: 'failed' });
  });

  it('fails if the round left types uncovered, names the cluster, and emits their number for the alarms', async () => {
    await deployment.invoke();
    deployment.sandbox.faults.push({
      when: { route: 'add', matching: aboutCluster('beta') },
      fault: answering(400),
    });
    const invocations = await handAll(deployment);
    const summary = invocations.at(-1);
    if (summary === undefined) throw new Error('There is no summary.');
    expect(summary.payload).toEqual({ job: 'failed' });
    expect(lastLine(summary)).toMatchObject({
      level: 'ERROR',
      code: 'RUN_FAILED',
      error: {
        name: 'RunIncompleteError',
        message: expect.stringMatching(
          /^1 of 3 clusters is not finished: beta \(deferred: 3 of 3 writes not done;/,
        ),
      },
    });
    expect(metricsIn(summary)).toMatchObject({
      RunCompleted: 0,
      Uncovered: 3,
      Deferred: 3,
      BlacklistedTypes: 6,
    });
    expect(events().filter((type) => type.startsWith('Cluster'))).toHaveLength(3);
    expect(events().at(-1)).toBe('Run Failed');
  });

  it('counts renewals that can wait as postponed, not as failed', async () => {
    const expiresAt = new Date(Date.now() + 2.4 * HOUR).toISOString();
    for (const { id: clusterId } of deployment.sandbox.castai.clusters)
      for (const instanceType of FLEET_TYPES)
        deployment.sandbox.castai.seed({
          ...{ clusterId, instanceType, lifecycle: 'spot', expiresAt },
          reason: 'spot-blacklist/default: >20%',
        });
    const invocation = await hand(deployment, message());
    expect(lastLine(invocation)).toMatchObject({ code: 'RUN_COMPLETED' });
    expect(metricsIn(invocation)).toMatchObject({ RunCompleted: 1, Postponed: 9, Uncovered: 0 });
    // Half an hour before, nothing was due, so the round has left nothing undone.
    const round = new Date(Date.now() - 0.5 * HOUR).toISOString();
    const earlier = await hand(deployment, message({ round }));
    expect(metricsIn(earlier)['Postponed']).toBeLessThan(9);
  });

  it('fails if the round has not removed what the never list asks for, unless the feed has changed since', async () => {
    await using careful = await deployFleet({ environment: { NEVER_BLACKLIST: '*' } });
    const { castai } = careful.sandbox;
    const expiresAt = new Date(Date.now() + 4 * HOUR).toISOString();
    for (const instanceType of FLEET_TYPES)
      castai.seed({ instanceType, lifecycle: 'spot', reason: 'spot-blacklist/default: >20%', expiresAt });
    const invocation = await hand(careful, message());
    expect(lastLine(invocation)).toMatchObject({ code: 'RUN_FAILED', error: { code: 'RUN_INCOMPLETE' } });
    expect(metricsIn(invocation)).toMatchObject({ RunCompleted: 0, Deferred: 3, Postponed: 0, Uncovered: 0 });
    const doubtful = await hand(careful, message({ feed: '"of-the-planner"' }));
    expect(lastLine(doubtful)).toMatchObject({ code: 'RUN_COMPLETED' });
    expect(warningsOf(doubtful).flat()).toHaveLength(1);
  });

  it('neither fails nor completes if something is open, but the feed has changed since the round was planned', async () => {
    const feed = '"of-the-planner"';
    const invocation = await hand(deployment, message({ feed }));
    expect(lastLine(invocation)).toMatchObject({ code: 'RUN_COMPLETED' });
    expect(warningsOf(invocation)).toEqual(
      Array(3).fill([expect.stringMatching(/^The feed has changed since the round was planned, so /)]),
    );
    expect(metricsIn(invocation)).toMatchObject({
      ...{ RunCompleted: 0, Deferred: 0, Postponed: 0 },
      // A fact of the lists, whatever the round should have done.
      ...{ Uncovered: 9, BlacklistedTypes: 0 },
    });
  });

  it('judges by a feed that a mirror serves under another ETag each time, or under none', async () => {
    const { sandbox } = deployment;
    for (const etags of [
      ['"one"', '"two"'],
      ['"one"', undefined],
      [undefined, undefined],
    ]) {
      sandbox.faults.clear();
      sandbox.sqs.messages.length = 0;
      sandbox.requests.length = 0;
      for (const [index, etag] of etags.entries())
        sandbox.faults.push({
          when: { route: 'feed', nth: index + 1 },
          fault: {
            ...{ kind: 'status', status: 200, body: JSON.stringify(riskyFeed(FLEET_TYPES)) },
            headers: etag === undefined ? {} : { etag },
          },
        });
      await deployment.invoke();
      const [summary] = waitingIn(sandbox).slice(-1);
      const invocation = await hand(deployment, summary);
      expect(warningsOf(invocation).flat()).toEqual([]);
      expect(lastLine(invocation)).toMatchObject({ code: 'RUN_FAILED' });
    }
  });

  it('completes with a feed that has changed since, if nothing is open', async () => {
    await deployment.invoke();
    const { sandbox } = deployment;
    for (let jobs = 0; jobs < 3; jobs += 1) await deployment.invokeJob(sandbox.sqs.deliver());
    sandbox.feed.replace(riskyFeed(FLEET_TYPES.slice(1)));
    expect(metricsIn(await deployment.invokeJob(sandbox.sqs.deliver()))).toMatchObject({ RunCompleted: 1 });
  });

  it('fails although the feed is republished repeatedly, if its content is unchanged', async () => {
    deployment.sandbox.feed.lastModified = new Date(Date.now() + HOUR);
    const invocation = await hand(deployment, message());
    expect(lastLine(invocation)).toMatchObject({ code: 'RUN_FAILED' });
    expect(metricsIn(invocation)).toMatchObject({ RunCompleted: 0, Uncovered: 9, Deferred: 9 });
  });

  const afterJobsOf = async (arrange: () => void): Promise<Invocation> => {
    const { sandbox } = deployment;
    await deployment.invoke();
    sandbox.faults.push({ when: { route: 'add', matching: aboutCluster('beta') }, fault: answering(400) });
    for (let jobs = 0; jobs < 3; jobs += 1) await deployment.invokeJob(sandbox.sqs.deliver());
    arrange();
    return deployment.invokeJob(sandbox.sqs.deliver());
  };

  it.each<[string, Fault]>([
    ['fail for the moment', { kind: 'status', status: 400 }],
    ['are not understood', { kind: 'body', body: '{"items":[{"template":{"name":"a"}}]}' }],
  ])('does not judge a cluster if its job may have known more: its node templates %s', async (_, fault) => {
    const summary = await afterJobsOf(() => {
      deployment.sandbox.faults.push({ when: { route: 'templates' }, fault });
    });
    expect(lastLine(summary)).toMatchObject({ code: 'RUN_COMPLETED' });
    expect(warningsOf(summary)).toEqual([
      [],
      [expect.stringMatching(/^Its node templates could not be read, so .* could not be judged/)],
      [],
    ]);
    expect(metricsIn(summary)).toMatchObject({ RunCompleted: 0, Uncovered: 3, Deferred: 0 });
  });

  it('does not judge additions that its job put off because of a fallback node that is gone', async () => {
    const { castai } = deployment.sandbox;
    await deployment.invoke();
    await handAll(deployment);
    castai.entries = castai.entries.filter(({ instanceType }) => instanceType === 'c5.large');
    castai.inventory.nodes = [makeNode('m6i.large', 'fallback')];
    await deployment.invoke();
    const jobs = waitingIn(deployment.sandbox).length - 1;
    for (let job = 0; job < jobs; job += 1) await deployment.invokeJob(deployment.sandbox.sqs.deliver());
    castai.inventory.nodes = [];
    const summary = await deployment.invokeJob(deployment.sandbox.sqs.deliver());
    expect(lastLine(summary)).toMatchObject({ code: 'RUN_COMPLETED' });
    expect(warningsOf(summary).flat()).toContainEqual(
      expect.stringMatching(/^Its job may have seen fallback nodes that are gone, so .* could not be judged/),
    );
    expect(metricsIn(summary)).toMatchObject({ RunCompleted: 0, Deferred: 0 });
  });

  it.each([403, 404])(
    'judges where the key may never read node templates (%i), as every job does',
    async (status) => {
      deployment.sandbox.faults.push({ when: { route: 'templates' }, fault: answering(status) });
      const summary = await afterJobsOf(() => {});
      expect(warningsOf(summary).flat()).toEqual([]);
      expect(lastLine(summary)).toMatchObject({ code: 'RUN_FAILED' });
      expect(metricsIn(summary)).toMatchObject({ RunCompleted: 0, Uncovered: 3, Deferred: 3 });
      expect(events().at(-1)).toBe('Run Failed');
    },
  );

  it.each([400, 403])(
    'completes without the templates (%i) if nothing is left undone even so',
    async (status) => {
      await deployment.invoke();
      const { sandbox } = deployment;
      for (let jobs = 0; jobs < 3; jobs += 1) await deployment.invokeJob(sandbox.sqs.deliver());
      sandbox.faults.push({ when: { route: 'templates' }, fault: answering(status) });
      const summary = await deployment.invokeJob(sandbox.sqs.deliver());
      expect(metricsIn(summary)).toMatchObject({ RunCompleted: 1, Uncovered: 0 });
    },
  );

  it('emits what is uncovered where every plan was above the ceiling', async () => {
    await using strict = await deployFleet({ environment: { MAX_BLACKLIST_SHARE: '0.5' } });
    const invocation = await hand(strict, message());
    expect(lastLine(invocation)).toMatchObject({ code: 'RUN_FAILED' });
    expect(metricsIn(invocation)).toMatchObject({ RunCompleted: 0, Uncovered: 9 });
    strict.sandbox.putSecret();
    expect(metricsIn(await strict.invoke())).toMatchObject({ RunCompleted: 0, Uncovered: 3 });
    const dry = await strict.invoke({ dryRun: true });
    expect(metricsIn(dry)).not.toHaveProperty('Uncovered');
  });

  describe('with own evidence that decides', () => {
    let eager: Deployment;
    beforeAll(async () => {
      eager = await deployFleet({ environment: { OWN_EVIDENCE: 'decide' } });
    });
    beforeEach(() => resetFleet(eager));
    afterAll(() => eager[Symbol.asyncDispose]());

    it.each<[string, () => unknown]>([
      ['an account without figures', () => {}],
      ['where it was never enabled', () => (eager.sandbox.capacityManager.switches.enabled = 'no, an error')],
      [
        'a role that may not read it',
        () => (eager.sandbox.capacityManager.switches.failure = 'AccessDenied'),
      ],
      ['an unknown error', () => (eager.sandbox.capacityManager.switches.failure = 'InvalidParameterValue')],
      ['pages without end', () => (eager.sandbox.capacityManager.switches.pages = 'empty ones without end')],
    ])('judges by AWS’s bands, as every job does, for %s', async (_, arrange) => {
      arrange();
      const invocation = await hand(eager, message());
      expect(warningsOf(invocation).flat()).toEqual([]);
      expect(lastLine(invocation)).toMatchObject({ code: 'RUN_FAILED' });
      expect(metricsIn(invocation)).toMatchObject({ RunCompleted: 0, Uncovered: 9, Deferred: 9 });
      expect(eager.sandbox.eventBridge.events.at(-1)).toMatchObject({ detailType: 'Run Failed' });
    });

    it.each<[string, () => unknown]>([
      [
        'AWS asks for fewer requests',
        () => (eager.sandbox.capacityManager.switches.failure = 'RequestLimitExceeded'),
      ],
      [
        'AWS has an outage',
        () => eager.sandbox.faults.push({ when: { route: 'evidence' }, fault: answering(503) }),
      ],
      [
        'the connection breaks',
        () => eager.sandbox.faults.push({ when: { route: 'evidence' }, fault: { kind: 'reset' } }),
      ],
    ])('does not judge by AWS’s bands what jobs may have decided otherwise, if %s', async (_, arrange) => {
      arrange();
      const invocation = await hand(eager, message());
      expect(lastLine(invocation)).toMatchObject({ code: 'RUN_COMPLETED' });
      expect(warningsOf(invocation).flat()).toEqual(
        Array(3).fill(expect.stringMatching(/^There are no own figures for the moment, so /)),
      );
      expect(metricsIn(invocation)).toMatchObject({ RunCompleted: 0, Uncovered: 9, Deferred: 0 });
    });
  });

  it('is accepted up to two intervals after the round’s start', async () => {
    const since = (hours: number) => message({ round: new Date(Date.now() - hours * HOUR).toISOString() });
    expect((await hand(deployment, since(1.5))).payload).toEqual({ job: 'failed' });
    expect((await hand(deployment, since(2.1))).payload).toEqual({ job: 'overtaken' });
  });

  it('fails, and is acknowledged, if it cannot read the fleet', async () => {
    deployment.sandbox.faults.push({ when: { route: 'clusters' }, fault: answering(400) });
    const invocation = await hand(deployment, message());
    expect(invocation.functionError).toBeUndefined();
    expect(lastLine(invocation)).toMatchObject({ code: 'RUN_FAILED', error: { code: 'CASTAI_REFUSED' } });
    expect(events()).toEqual(['Run Failed']);
  });

  it('has the error of a cluster that it cannot read, and omits counts that would be too low', async () => {
    await deployment.invoke();
    const { sandbox } = deployment;
    for (let jobs = 0; jobs < 3; jobs += 1) await deployment.invokeJob(sandbox.sqs.deliver());
    sandbox.faults.push({ when: { route: 'list', matching: aboutCluster('beta') }, fault: answering(403) });
    const summary = await deployment.invokeJob(sandbox.sqs.deliver());
    expect(lastLine(summary)).toMatchObject({ code: 'RUN_FAILED', error: { name: 'RunIncompleteError' } });
    expect(metricsIn(summary)).toMatchObject({ RunCompleted: 0 });
    expect(metricsIn(summary)).not.toHaveProperty('BlacklistedTypes');
  });
});
