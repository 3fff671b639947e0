import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type BlacklistEntry, DEFAULT_SWITCHES } from '../../../cli/sandbox/castai/castai-state.ts';
import { aboutType } from '../../../cli/sandbox/http/faults.ts';
import type { RunResult } from '../../../lambda/report/result.ts';
import {
  answering,
  type Deployment,
  deploy,
  HOUR,
  logLines,
  NO_GUARD_RAILS,
  smallFeed,
  typeIn,
} from '../../support/deployment.ts';
import { runHere } from '../../support/run-here.ts';

const MARKER = 'spot-blacklist/default: ';

const NO_ACTIONS = { add: 0, renew: 0, keep: 0, covered: 0, spare: 0, lapse: 0, release: 0, remove: 0 };

const GUARD_RAILS_OFF = {
  ...{ minTypesPerArchitecture: 0, minFamiliesPerArchitecture: 0, maxBlacklistShare: 1 },
};

const inHours = (hours: number) => new Date(Date.now() + hours * HOUR).toISOString();

/** The hours that an entry has left; for ever is Infinity. */
const hoursLeft = ({ expiresAt }: BlacklistEntry) =>
  expiresAt === null ? Number.POSITIVE_INFINITY : (Date.parse(expiresAt) - Date.now()) / HOUR;

describe('with AWS’s feed of February 2026, for us-east-1, Linux, threshold 20', () => {
  it('a dry run writes nothing and says that it would add 449 types', async () => {
    await using deployment = await deploy({ environment: { REGION: 'us-east-1' } });
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
        lastModified: '2026-02-13T00:00:00.000Z',
        etag: expect.any(String),
      },
      clusters: [
        {
          clusterId: castai.clusters[0]?.id,
          clusterName: 'sandbox-us-east-1',
          organizationId: castai.organizationId,
          region: 'us-east-1',
          status: 'completed',
          actions: { ...NO_ACTIONS, add: 449 },
          outcome: { succeeded: 0, failed: 0, deferred: 0, verified: null },
        },
      ],
    });
    const decisions = result.clusters[0]?.decisions ?? [];
    expect(decisions).toHaveLength(449);
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

  it('a live run adds and confirms 449 entries, and the next one has nothing to write', async () => {
    await using deployment = await deploy();
    const { sandbox } = deployment;
    const { organizationId, clusters } = sandbox.castai;
    const before = Date.now();
    const first = await deployment.succeed();
    const after = Date.now();
    expect(first.clusters[0]).toMatchObject({
      status: 'completed',
      problem: null,
      actions: { ...NO_ACTIONS, add: 449 },
      outcome: { succeeded: 449, failed: 0, deferred: 0, verified: 449 },
    });

    expect(deployment.writes).toHaveLength(449);
    expect(new Set(deployment.addedTypes).size).toBe(449);
    for (const { route, body, headers } of deployment.writes) {
      expect(route).toBe('add');
      // Exactly these: lifecycle above all, without which on-demand machines would be blacklisted too.
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

    sandbox.requests.length = 0;
    const entries = structuredClone(sandbox.castai.entries);
    const second = await deployment.succeed();
    expect(second.clusters[0]).toMatchObject({
      status: 'completed',
      actions: { ...NO_ACTIONS, keep: 449 },
      outcome: { succeeded: 0, failed: 0, deferred: 0, verified: null },
    });
    expect(deployment.writes).toEqual([]);
    expect(sandbox.castai.entries).toEqual(entries);
  });

  it('the riskiest are added first, in the order of the report', async () => {
    await using deployment = await deploy({
      environment: { ...NO_GUARD_RAILS, BATCH_SIZE: '1', INTERRUPTION_THRESHOLD: '10' },
    });
    const { clusters } = await deployment.succeed();
    const decisions = clusters[0]?.decisions ?? [];
    expect(deployment.addedTypes).toEqual(decisions.map(({ instanceType }) => instanceType));
    const bands = decisions.map(({ band }) => band).filter((band, index, all) => band !== all[index - 1]);
    expect(bands).toEqual(['>20%', '15-20%', '10-15%']);
    expect(decisions).toHaveLength(686);
  });

  it('a run is framed by two lines of the log, of which the last has the facts of the result', async () => {
    await using deployment = await deploy();
    const { log, payload, requestId } = await deployment.invoke();
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
    const { clusters, regions: _, ...facts } = payload as RunResult;
    const [first] = clusters;
    const { decisions = [], unavailable: __, ...cluster } = first ?? {};
    expect(completed).toMatchObject({
      level: 'INFO',
      message: 'Run completed',
      code: 'RUN_COMPLETED',
      ...facts,
      clusters: [cluster],
    });
    const [logged] = (completed?.['clusters'] ?? []) as { types: Record<string, Record<string, string[]>> }[];
    expect(logged?.types['add']?.['>20%']).toEqual(decisions.map(({ instanceType }) => instanceType));
    // CloudWatch Logs takes 256 KB in one line.
    expect(Math.max(...log.split('\n').map((line) => line.length))).toBeLessThan(256_000);
  });

  it('entries last as long as they are asked to, under the name of their target', async () => {
    await using deployment = await deploy({ environment: { BLACKLIST_HOURS: '12', TARGET_NAME: 'team-a' } });
    await deployment.succeed();
    for (const entry of deployment.sandbox.castai.entries) {
      expect(hoursLeft(entry)).toBeGreaterThan(11.9);
      expect(hoursLeft(entry)).toBeLessThan(12.01);
      expect(entry.reason).toMatch(/^spot-blacklist\/team-a: /);
    }
  });

  it('Windows is another list than Linux', async () => {
    await using deployment = await deploy();
    const { clusters, target } = await deployment.succeed({ os: 'windows', dryRun: true });
    expect(target.os).toBe('Windows');
    expect(clusters[0]?.actions).toMatchObject({ add: 296 });
  });
});

describe('one risky type', () => {
  let deployment: Deployment;
  beforeAll(async () => {
    deployment = await deploy({ environment: NO_GUARD_RAILS });
    deployment.sandbox.feed.replace(smallFeed({ 'm5.large': 4, 'c5.large': 0 }));
  });
  beforeEach(() => {
    deployment.sandbox.castai.entries = [];
    deployment.sandbox.requests.length = 0;
  });
  afterAll(() => deployment[Symbol.asyncDispose]());

  const own = { lifecycle: 'spot', reason: `${MARKER}>20%` } as const;

  it.each<[string, string, Partial<BlacklistEntry>]>([
    [
      'keep',
      'its own entry has a little more than half of the time left',
      { ...own, expiresAt: inHours(2.6) },
    ],
    [
      'renew',
      'its own entry has a little less than half of the time left',
      { ...own, expiresAt: inHours(2.4) },
    ],
    ['renew', 'its own entry is about to expire', { ...own, expiresAt: inHours(0.05) }],
    ['add', 'its own entry has expired', { ...own, expiresAt: inHours(-1) }],
    ['covered', 'somebody else has it for ever', {}],
    ['covered', 'somebody else has it as Spot for ever', { lifecycle: 'spot' }],
    ['covered', 'somebody else has it for long enough', { expiresAt: inHours(2.6) }],
    ['add', 'somebody else has it, but not for long enough', { expiresAt: inHours(2.4) }],
    ['add', 'somebody else had it', { expiresAt: inHours(-1) }],
    ['add', 'somebody else has it for on-demand machines only', { lifecycle: 'on_demand' }],
    ['covered', 'somebody else has its family', { instanceType: null, instanceFamily: 'm5' }],
    [
      'covered',
      'somebody else has its family as Spot',
      { instanceType: null, instanceFamily: 'm5', lifecycle: 'spot' },
    ],
    [
      'add',
      'somebody else has its family for on-demand machines only',
      { instanceType: null, instanceFamily: 'm5', lifecycle: 'on_demand' },
    ],
    [
      'add',
      'somebody else has a family whose name only starts alike',
      { instanceType: null, instanceFamily: 'm5a' },
    ],
    ['add', 'somebody else has a type whose name only starts alike', { instanceType: 'm5.large-x' }],
    [
      'add',
      'somebody else has its family, but not for long enough',
      { instanceType: null, instanceFamily: 'm5', expiresAt: inHours(1) },
    ],
    ['covered', 'it is blacklisted for the whole organization', { clusterId: null }],
    [
      'covered',
      'it is blacklisted for the whole organization as Spot',
      { clusterId: null, lifecycle: 'spot' },
    ],
    [
      'covered',
      'its family is blacklisted for the whole organization',
      { clusterId: null, instanceType: null, instanceFamily: 'm5' },
    ],
    ['add', 'it is blacklisted in another cluster', { clusterId: '0e6f0000-0000-4000-8000-000000000000' }],
    [
      'covered',
      'another target has it',
      { lifecycle: 'spot', reason: 'spot-blacklist/other: >20%', expiresAt: inHours(4) },
    ],
    [
      'covered',
      'a target whose name starts alike has it',
      { lifecycle: 'spot', reason: 'spot-blacklist/default2: >20%', expiresAt: inHours(4) },
    ],
  ])('is decided as "%s" when %s', async (action, _, entry) => {
    const { castai } = deployment.sandbox;
    const seeded = castai.seed({ instanceType: 'm5.large', ...entry });
    const { clusters } = await deployment.succeed();
    const writes = action === 'add' || action === 'renew' ? 1 : 0;
    expect(clusters[0]).toMatchObject({
      actions: { ...NO_ACTIONS, [action]: 1 },
      outcome: { succeeded: writes, failed: 0, verified: writes === 0 ? null : writes },
    });
    expect(deployment.addedTypes).toEqual(writes === 0 ? [] : ['m5.large']);
    expect(deployment.writes).toHaveLength(writes);
    // Own entries may be written again; those of others stay, word for word.
    if (!seeded.reason.startsWith(MARKER)) expect(castai.entries).toContainEqual(seeded);
  });

  it.each([true, false])('is left to lapse once it is calm, in a dry run (%j) or not', async (dryRun) => {
    const { castai } = deployment.sandbox;
    castai.seed({ ...own, instanceType: 'c5.large', expiresAt: inHours(2) });
    castai.seed({ ...own, instanceType: 'm5.large', expiresAt: inHours(4) });
    const entries = structuredClone(castai.entries);
    const { clusters } = await deployment.succeed({ dryRun });
    expect(clusters[0]?.actions).toEqual({ ...NO_ACTIONS, keep: 1, lapse: 1 });
    expect(castai.entries).toEqual(entries);
    expect(deployment.writes).toEqual([]);
  });

  it('is never written in a dry run, whatever there is to do', async () => {
    const { castai } = deployment.sandbox;
    castai.seed({ ...own, instanceType: 'm5.large', expiresAt: inHours(1) });
    castai.seed({ ...own, instanceType: 'c5.large', expiresAt: inHours(1) });
    const entries = structuredClone(castai.entries);
    const { clusters } = await deployment.succeed({ dryRun: true, releaseCalm: true });
    expect(clusters[0]?.actions).toEqual({ ...NO_ACTIONS, renew: 1, release: 1 });
    expect(castai.entries).toEqual(entries);
    expect(deployment.writes).toEqual([]);
  });
});

it('nothing risky is a success that says so', async () => {
  await using deployment = await deploy();
  deployment.sandbox.feed.replace(smallFeed({ 'm5.large': 0, 'c5.large': 1, 'r5.large': 3 }));
  const { payload, log, functionError } = await deployment.invoke();
  expect(functionError).toBeUndefined();
  expect(payload).toMatchObject({
    status: 'completed',
    policy: { blacklistedBands: ['>20%'] },
    feed: { types: 3 },
    clusters: [{ status: 'completed', actions: NO_ACTIONS, outcome: { verified: null }, decisions: [] }],
  });
  expect(deployment.writes).toEqual([]);
  // A sentence, so that nobody takes the empty list for a fault.
  expect(JSON.stringify(payload)).toMatch(/no type .*(risky|above)|nothing to blacklist/i);
  expect(log).toMatch(/no type .*(risky|above)|nothing to blacklist/i);
});

describe('whichever way CAST AI’s API turns out to behave', () => {
  const RISKY = {
    'm5.large': 'new',
    'm5.xlarge': 'own, with most of its time left',
    'm5.2xlarge': 'own, due',
    'm5.4xlarge': 'own, expired',
    'c5.large': 'somebody else’s, for all lifecycles',
    'r5.large': 'somebody else’s, by its family',
    'i3.large': 'the organization’s',
    'd3.large': 'somebody else’s, for on-demand machines',
    'c6i.large': 'somebody else’s, under the same key',
    'x1.large': 'somebody else’s, for all lifecycles, and not for long',
    'z1d.large': 'another target’s',
  };
  const CALM = { 't3.large': 'own', 't3.small': 'somebody else’s', 't3.micro': 'nobody’s' };

  let deployment: Deployment;
  beforeAll(async () => {
    deployment = await deploy({ environment: NO_GUARD_RAILS });
    const bands = [
      ...Object.keys(RISKY).map((type) => [type, 4] as const),
      ...Object.keys(CALM).map((type) => [type, 0] as const),
    ];
    deployment.sandbox.feed.replace(smallFeed(Object.fromEntries(bands)));
  });
  afterAll(() => deployment[Symbol.asyncDispose]());

  function reset(switches: object): void {
    const { castai, requests } = deployment.sandbox;
    const own = { lifecycle: 'spot', reason: `${MARKER}>20% interrupted` } as const;
    Object.assign(castai.switches, DEFAULT_SWITCHES, switches);
    requests.length = 0;
    castai.entries = [];
    castai.seed({ ...own, instanceType: 'm5.xlarge', expiresAt: inHours(4) });
    castai.seed({ ...own, instanceType: 'm5.2xlarge', expiresAt: inHours(1) });
    castai.seed({ ...own, instanceType: 'm5.4xlarge', expiresAt: inHours(-1) });
    castai.seed({ ...own, instanceType: 't3.large', expiresAt: inHours(2) });
    castai.seed({ instanceType: 'c5.large', reason: 'out of capacity' });
    castai.seed({ instanceFamily: 'r5', lifecycle: 'spot', expiresAt: inHours(24) });
    castai.seed({ instanceType: 'i3.large', clusterId: null, reason: 'policy' });
    castai.seed({ instanceType: 'd3.large', lifecycle: 'on_demand', reason: 'by hand' });
    castai.seed({ instanceType: 'c6i.large', lifecycle: 'spot', reason: 'by hand', expiresAt: inHours(24) });
    castai.seed({ instanceType: 'x1.large', reason: 'by hand', expiresAt: inHours(1) });
    castai.seed({
      instanceType: 'z1d.large',
      lifecycle: 'spot',
      reason: 'spot-blacklist/other: x',
      expiresAt: inHours(4),
    });
    castai.seed({ instanceType: 't3.small', reason: 'by hand', expiresAt: inHours(1) });
    castai.seed({
      instanceType: 'm5.large',
      lifecycle: 'spot',
      clusterId: '0e6f0000-0000-4000-8000-000000000000',
    });
    castai.seed({ instanceType: 'm5.large', lifecycle: 'spot', reason: 'expired', expiresAt: inHours(-3) });
  }

  const isOwn = ({ reason }: BlacklistEntry) => reason.startsWith(MARKER);
  const foreignEntries = () =>
    structuredClone(deployment.sandbox.castai.entries.filter((one) => !isOwn(one)));

  /** For how long a type cannot be bought as Spot in the cluster, in hours. */
  function coverage(type: string): number {
    const { castai } = deployment.sandbox;
    const covering = castai.entries.filter(
      ({ clusterId, instanceType, instanceFamily, lifecycle }) =>
        (clusterId === null || clusterId === castai.clusters[0]?.id) &&
        (instanceType === type || instanceFamily === type.split('.')[0]) &&
        lifecycle !== 'on_demand',
    );
    return Math.max(0, ...covering.map(hoursLeft));
  }

  const booleans = [true, false];
  const OTHERS = booleans.flatMap((listExpired) =>
    booleans.flatMap((clusterQueryIncludesOrganization) =>
      booleans.flatMap((roundExpiryToSeconds) =>
        booleans.map((omitDefaults) => {
          return { listExpired, clusterQueryIncludesOrganization, roundExpiryToSeconds, omitDefaults };
        }),
      ),
    ),
  );

  it.each((['extend', 'ignore', 'duplicate', 'conflict'] as const).map((mode) => [mode]))(
    'every risky type ends covered and nothing of others changes (adding twice: %s)',
    async (onAddExisting) => {
      for (const others of OTHERS) {
        const context = JSON.stringify(others);
        reset({ onAddExisting, ...others });
        const foreign = foreignEntries();
        const { clusters } = await deployment.succeed();
        expect(clusters[0], context).toMatchObject({
          status: 'completed',
          actions: { ...NO_ACTIONS, add: 4, renew: 1, keep: 1, covered: 5, lapse: 1 },
          outcome: { succeeded: 5, failed: 0, deferred: 0, verified: 5 },
        });
        for (const type of Object.keys(RISKY))
          expect(coverage(type), `${type} ${context}`).toBeGreaterThan(2.5);
        expect(coverage('t3.large')).toBeLessThan(2.01);
        expect(coverage('t3.micro')).toBe(0);
        expect(foreignEntries(), context).toEqual(foreign);
        for (const entry of deployment.sandbox.castai.entries.filter(isOwn)) {
          expect(entry, context).toMatchObject({
            lifecycle: 'spot',
            instanceFamily: null,
            expiresAt: expect.any(String),
          });
        }

        deployment.sandbox.requests.length = 0;
        const second = await deployment.succeed();
        expect(second.clusters[0]?.actions, context).toEqual({
          ...NO_ACTIONS,
          keep: 6,
          covered: 5,
          lapse: 1,
        });
        expect(deployment.writes, context).toEqual([]);
        expect(foreignEntries(), context).toEqual(foreign);
      }
    },
  );

  it.each((['extend', 'ignore', 'duplicate', 'conflict'] as const).map((mode) => [mode]))(
    'every risky type ends covered and nothing is removed where no reason is echoed (adding twice: %s)',
    async (onAddExisting) => {
      for (const others of OTHERS) {
        const context = JSON.stringify(others);
        reset({ onAddExisting, echoReason: false, ...others });
        const foreign = foreignEntries();
        const { clusters } = await deployment.succeed();
        expect(clusters[0], context).toMatchObject({
          status: 'completed',
          outcome: { failed: 0, deferred: 0 },
        });
        // What looks like somebody else's and is kept as it is covers for as long as it lasts.
        for (const type of Object.keys(RISKY))
          expect(coverage(type), `${type} ${context}`).toBeGreaterThan(0.9);
        expect(foreignEntries(), context).toEqual(foreign);
        expect(deployment.writes.map(({ route }) => route)).not.toContain('remove');

        deployment.sandbox.requests.length = 0;
        await deployment.succeed();
        // Only the one that the API did not take over the first time may be tried again.
        expect(['', 'm5.2xlarge']).toContain(deployment.writes.map(typeIn).join());
        expect(foreignEntries(), context).toEqual(foreign);
      }
    },
  );

  it.each((['extend', 'ignore', 'duplicate', 'conflict'] as const).map((mode) => [mode]))(
    'an entry of somebody else under the very same key that runs out soon stays as it is (adding twice: %s)',
    async (onAddExisting) => {
      reset({ onAddExisting });
      const { castai } = deployment.sandbox;
      const theirs = castai.seed({
        instanceType: 'm5.large',
        lifecycle: 'spot',
        reason: 'by hand, until the maintenance is over',
        expiresAt: inHours(1),
      });
      const { clusters } = await deployment.succeed();
      expect(clusters[0]?.status).toBe('completed');
      const sameKey = castai.entries.filter(
        ({ instanceType, clusterId }) =>
          instanceType === theirs.instanceType && clusterId === theirs.clusterId,
      );
      expect(sameKey).toContainEqual(theirs);
      expect(deployment.writes.map(typeIn)).not.toContain('m5.large');
      expect(coverage('m5.large')).toBeGreaterThan(0.9);
    },
  );

  it.each(['ignore', 'conflict'] as const)(
    'a renewal that the API does not take over is removed and added (adding twice: %s)',
    async (onAddExisting) => {
      reset({ onAddExisting });
      await deployment.succeed();
      const onDue = deployment.writes.filter((request) => typeIn(request) === 'm5.2xlarge');
      expect(onDue.map(({ route }) => route)).toEqual(['add', 'remove', 'add']);
      // And nothing else is.
      const removed = deployment.writes.filter(({ route }) => route === 'remove');
      expect(removed.map(typeIn)).toEqual(['m5.2xlarge']);
      expect(removed[0]?.body).toMatchObject({
        organizationId: deployment.sandbox.castai.organizationId,
        clusterId: deployment.sandbox.castai.clusters[0]?.id,
        instanceType: 'm5.2xlarge',
        lifecycle: 'spot',
      });
      expect(coverage('m5.2xlarge')).toBeGreaterThan(4.9);
    },
  );

  it('a renewal that can neither be taken over nor removed has failed, and its old entry stays', async () => {
    reset({ onAddExisting: 'ignore' });
    const { faults } = deployment.sandbox;
    faults.push({ when: { route: 'remove' }, fault: { kind: 'status', status: 400 } });
    const { name, message, report } = await deployment.fail();
    faults.clear();
    expect(name).toBe('RunIncompleteError');
    expect(message).toContain('m5.2xlarge');
    expect(report.clusters?.[0]?.outcome).toEqual({ succeeded: 4, failed: 1, deferred: 0, verified: 4 });
    expect(coverage('m5.2xlarge')).toBeGreaterThan(0.9);
  });

  it('a renewal that is refused has failed, and its old entry is not removed to make room', async () => {
    reset({});
    const { faults } = deployment.sandbox;
    const when = { route: 'add', matching: aboutType('m5.2xlarge') } as const;
    faults.push({ when, fault: answering(400) });
    const { name, message } = await deployment.fail();
    faults.clear();
    expect(name).toBe('RunIncompleteError');
    expect(message).toContain('m5.2xlarge');
    expect(deployment.writes.map(({ route }) => route)).not.toContain('remove');
    expect(coverage('m5.2xlarge')).toBeGreaterThan(0.9);
  });

  it.each(['ignore', 'conflict'] as const)(
    'a renewal that the API does not take over is not forced where removing would take somebody else’s entry too (adding twice: %s)',
    async (onAddExisting) => {
      reset({ onAddExisting });
      const { castai } = deployment.sandbox;
      const theirs = { instanceType: 'm5.2xlarge', lifecycle: 'spot', reason: 'by hand' } as const;
      castai.seed({ ...theirs, expiresAt: inHours(2) });
      const { clusters } = await deployment.succeed();
      expect(clusters[0]?.status).toBe('completed');
      expect(deployment.writes.map(({ route }) => route)).not.toContain('remove');
      expect(castai.entries).toContainEqual(expect.objectContaining(theirs));
      expect(coverage('m5.2xlarge')).toBeGreaterThan(1.9);
    },
  );

  it('an entry without a lifecycle is for all lifecycles, and so nobody takes it for an own one', async () => {
    reset({ omitDefaults: true });
    const { castai } = deployment.sandbox;
    const entry = castai.seed({ instanceType: 'm5.large', lifecycle: 'all', reason: `${MARKER}copied` });
    const { result } = await runHere(deployment.sandbox, {
      settings: { ...GUARD_RAILS_OFF, releaseCalm: true },
    });
    expect(result.clusters[0]?.actions).toMatchObject({ covered: 6, add: 3 });
    expect(castai.entries).toContainEqual(entry);
  });

  it('an API that cuts expiries to less than two hours makes the run fail and say so', async () => {
    reset({ maxExpiryHours: 1.5 });
    const { name, code, message, report } = await deployment.fail();
    expect({ name, code }).toEqual({ name: 'RunIncompleteError', code: 'RUN_INCOMPLETE' });
    expect(message).toMatch(/lists the entry until \S+Z and not until \S+Z/);
    // Removing and adding again would not help, and open a gap for each.
    expect(deployment.writes.filter(({ route }) => route === 'remove')).toEqual([]);
    expect(report.clusters?.[0]).toMatchObject({
      status: 'failed',
      outcome: { succeeded: 0, failed: 5, deferred: 0, verified: 0 },
    });
    for (const type of Object.keys(RISKY)) expect(coverage(type), type).toBeGreaterThan(0.9);
  });

  it('an expiry that lasts for two intervals of the schedule is enough, whatever they are', async () => {
    const cut = async (scheduleGapMinutes: number) => {
      reset({ maxExpiryHours: 3 });
      const settings = { ...GUARD_RAILS_OFF, blacklistHours: 168, scheduleGapMinutes };
      return (await runHere(deployment.sandbox, { settings })).result.status;
    };
    expect(await cut(60)).toBe('completed');
    expect(await cut(120)).toBe('failed');
  });

  it('an API that cuts expiries to some hours is named once, with what to set, and the run completes', async () => {
    reset({ maxExpiryHours: 24 });
    const { result } = await runHere(deployment.sandbox, {
      settings: { ...GUARD_RAILS_OFF, blacklistHours: 168 },
    });
    const { status, warnings, clusters } = result;
    expect(status).toBe('completed');
    expect(clusters[0]?.outcome).toMatchObject({ failed: 0, verified: clusters[0]?.outcome.succeeded });
    expect(warnings).toEqual(['CAST AI keeps entries for at most 24 h; set BLACKLIST_HOURS to that.']);
  });

  it('an API that cuts expiries to whole minutes has done what it was asked for', async () => {
    reset({ roundExpiryToMinutes: true });
    const { status, warnings, clusters } = await deployment.succeed();
    expect({ status, warnings }).toEqual({ status: 'completed', warnings: [] });
    expect(clusters[0]?.outcome).toMatchObject({ succeeded: 5, failed: 0, verified: 5 });
    deployment.sandbox.requests.length = 0;
    await deployment.succeed();
    expect(deployment.writes).toEqual([]);
  });

  it.each(['extend', 'duplicate'] as const)(
    'a list that lags behind the writes is read again, and nothing is repaired that is done (adding twice: %s)',
    async (onAddExisting) => {
      reset({ onAddExisting, listLagMs: 300 });
      const { status, clusters } = await deployment.succeed();
      expect(status).toBe('completed');
      expect(clusters[0]?.outcome).toMatchObject({ succeeded: 5, failed: 0, verified: 5 });
      expect(deployment.writes.map(({ route }) => route)).toEqual(['add', 'add', 'add', 'add', 'add']);
    },
  );

  it('of renewals that the API does not take over, those that the list shows late are not repaired', async () => {
    reset({ onAddExisting: 'extend', listLagMs: 4_000 });
    deployment.sandbox.castai.seed({
      lifecycle: 'spot',
      reason: `${MARKER}>20% interrupted`,
      instanceType: 'm5.large',
      expiresAt: inHours(1),
    });
    await deployment.invoke();
    // The first is tried; by then the list shows the other.
    const removed = deployment.writes.filter(({ route }) => route === 'remove');
    expect(removed.length).toBeLessThanOrEqual(1);
  });

  it.each([true, false])(
    'an expired entry under the key is removed where it keeps the API from adding (listed: %j)',
    async (listExpired) => {
      reset({ onAddExisting: 'conflict', listExpired, expiredRowsConflict: true });
      const { castai } = deployment.sandbox;
      castai.seed({
        instanceType: 'm5.large',
        lifecycle: 'spot',
        reason: 'spot-blacklist/former: >20%',
        expiresAt: inHours(-1),
      });
      const { status } = await deployment.succeed();
      expect(status).toBe('completed');
      expect(coverage('m5.large')).toBeGreaterThan(4.9);
    },
  );
});
