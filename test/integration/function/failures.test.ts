import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { SandboxRequest } from '../../../cli/sandbox/http/exchange.ts';
import { aboutType, type Fault } from '../../../cli/sandbox/http/faults.ts';
import {
  answering,
  blacklistedTypes,
  type Deployment,
  deploy,
  deployForRisky,
  EIGHT_TYPES,
  NO_GUARD_RAILS,
  riskyFeed,
} from '../../support/deployment.ts';

let deployment: Deployment;
beforeAll(async () => {
  deployment = await deploy({ environment: NO_GUARD_RAILS });
});
beforeEach(() => deployment.reset());
afterAll(() => deployment[Symbol.asyncDispose]());

const toCastAi = ({ sandbox }: Deployment) =>
  sandbox.requests.filter(({ route }) => route !== 'feed' && route !== 'secret');

describe('a key that is not accepted', () => {
  it('is tried once, and nothing is written', async () => {
    deployment.sandbox.castai.apiKey = 'another';
    const { name, code, message } = await deployment.fail();
    expect({ name, code }).toEqual({ name: 'CastAiAuthError', code: 'KEY_REJECTED' });
    expect(message).toMatch(/401/);
    for (const hint of ['api-key', 'expired', 'CASTAI_API_URL']) expect(message).toContain(hint);
    expect(toCastAi(deployment)).toHaveLength(1);
  });

  it('is named with CAST AI’s id of the request, for its support', async () => {
    const id = '7d0f6c1e-94b2-4f0e-9d58-3f1c1d2b6a55';
    const fault = answering(401, { headers: { 'x-castai-request-id': id } });
    deployment.sandbox.faults.push({ when: { route: 'cluster' }, fault });
    expect((await deployment.fail()).message).toContain(id);
  });

  it('stops the writing at once when it is revoked in the middle of it, and the report says how far it came', async () => {
    let adds = 0;
    const matching = () => ++adds > 20;
    deployment.sandbox.faults.push({ when: { route: 'add', matching }, fault: answering(401) });
    const { name, code, report } = await deployment.fail();
    expect({ name, code }).toEqual({ name: 'CastAiAuthError', code: 'KEY_REJECTED' });
    // At most BATCH_SIZE (10) were under way when the first refusal came.
    expect(deployment.writes.length).toBeGreaterThan(20);
    expect(deployment.writes.length).toBeLessThanOrEqual(30);
    const outcome = report.clusters?.[0]?.outcome;
    expect(outcome).toMatchObject({ succeeded: 20, verified: 20, failed: deployment.writes.length - 20 });
    expect(outcome?.deferred).toBe(449 - deployment.writes.length);
    expect(blacklistedTypes(deployment)).toHaveLength(20);
  });

  it('stops a run that may read but not write (403), and the message says what role it takes', async () => {
    deployment.sandbox.castai.switches.keyMayWrite = false;
    const { name, code, message, report } = await deployment.fail();
    expect({ name, code }).toEqual({ name: 'CastAiAuthError', code: 'KEY_FORBIDDEN' });
    expect(message).toMatch(/403.*role.*Viewer/);
    expect(deployment.writes.length).toBeLessThanOrEqual(10);
    expect(report.clusters?.[0]?.outcome).toMatchObject({ succeeded: 0, verified: 0 });
    expect(deployment.sandbox.castai.entries).toEqual([]);
  });

  it('that may not even read the blacklist writes nothing', async () => {
    const matching = ({ query }: SandboxRequest) => query['clusterId'] !== undefined;
    deployment.sandbox.faults.push({ when: { route: 'list', matching }, fault: answering(403) });
    expect(await deployment.fail()).toMatchObject({ name: 'CastAiAuthError', code: 'KEY_FORBIDDEN' });
    expect(deployment.writes).toEqual([]);
  });
});

describe('one type that CAST AI refuses', () => {
  it.each([400, 404, 422])('(%i) does not keep the others from being added', async (code) => {
    const { faults, castai } = deployment.sandbox;
    faults.push({ when: { route: 'add', matching: aboutType('m5d.2xlarge') }, fault: answering(code) });
    const { name, code: errorCode, message, report } = await deployment.fail();
    expect({ name, errorCode }).toEqual({ name: 'RunIncompleteError', errorCode: 'RUN_INCOMPLETE' });
    expect(message).toContain('m5d.2xlarge');
    expect(message).toContain(String(code));
    expect(castai.entries).toHaveLength(448);
    // It was refused for good: asking again would not help.
    expect(deployment.addedTypes.filter((type) => type === 'm5d.2xlarge')).toHaveLength(1);
    expect(report).toMatchObject({
      status: 'failed',
      clusters: [
        {
          status: 'failed',
          actions: { add: 449 },
          outcome: { succeeded: 448, failed: 1, deferred: 0, postponed: 0, verified: 448, uncovered: 1 },
          problems: [{ instanceType: 'm5d.2xlarge', problem: expect.stringContaining(String(code)) }],
        },
      ],
    });
  });

  it('is told with the field that was refused, but not in the words of the answer', async () => {
    deployment.sandbox.feed.replace(riskyFeed());
    const body = JSON.stringify({
      message: 'words of the answer',
      fieldViolations: [
        { field: 'instanceType', description: 'words of the answer' },
        { field: 'words of the answer', description: '' },
      ],
    });
    const when = { route: 'add', matching: aboutType('c5.large') } as const;
    deployment.sandbox.faults.push({ when, fault: answering(400, { body }) });
    const { message, log } = await deployment.fail();
    expect(message).toMatch(/c5\.large: .*400, because of instanceType/);
    expect(message + log).not.toContain('words of the answer');
  });

  it('is one of several, and every one is in the log', async () => {
    deployment.sandbox.feed.replace(riskyFeed());
    for (const type of EIGHT_TYPES.slice(2, 5))
      deployment.sandbox.faults.push({
        when: { route: 'add', matching: aboutType(type) },
        fault: answering(400),
      });
    const { message, report } = await deployment.fail();
    expect(message).toMatch(/3 of 8/);
    const [cluster] = report.clusters as unknown as { problems: { instanceType: string }[] }[];
    expect(cluster?.problems.map(({ instanceType }) => instanceType).sort()).toEqual(
      EIGHT_TYPES.slice(2, 5).sort(),
    );
    expect(blacklistedTypes(deployment)).toEqual(EIGHT_TYPES.toSpliced(2, 3).sort());
  });

  it('is the only thing that the next run does', async () => {
    deployment.sandbox.feed.replace(riskyFeed());
    const { faults, requests } = deployment.sandbox;
    faults.push({ when: { route: 'add', matching: aboutType('c5.large') }, fault: answering(400) });
    await deployment.fail();
    faults.clear();
    requests.length = 0;
    const { clusters } = await deployment.succeed();
    expect(clusters[0]?.actions).toMatchObject({ add: 1, keep: 7 });
    expect(deployment.addedTypes).toEqual(['c5.large']);
  });
});

describe('an answer that is not what it should be', () => {
  it.each<[string, 'cluster' | 'list', string]>([
    ['a cluster in HTML', 'cluster', '<html>Sign in</html>'],
    ['a list in HTML', 'list', '<html>Sign in</html>'],
    ['a list that is an array', 'list', '[]'],
    [
      'a list with one item that cannot be read',
      'list',
      '{"items":[{"instanceType":"m5.large"},{"instanceType":5}]}',
    ],
    [
      'a list with a date that cannot be read',
      'list',
      '{"items":[{"instanceType":"m5.large","expiresAt":"soon"}]}',
    ],
    ['something else than a list', 'list', '{"message":"maintenance"}'],
  ])('%s is an error, and nothing is written', async (_, route, body) => {
    deployment.sandbox.faults.push({ when: { route }, fault: { kind: 'body', body } });
    const { name, code, message } = await deployment.fail();
    expect({ name, code }).toEqual({ name: 'CastAiError', code: 'CASTAI_MALFORMED' });
    expect(message).toContain('CASTAI_API_URL');
    expect(deployment.writes).toEqual([]);
  });

  it('to an addition does not matter: the list decides', async () => {
    deployment.sandbox.feed.replace(riskyFeed());
    const { faults } = deployment.sandbox;
    faults.push({
      when: { route: 'add', matching: aboutType('c5.large') },
      fault: { kind: 'body', body: '<html>' },
    });
    const { message, report } = await deployment.fail();
    expect(message).toContain('c5.large');
    expect(report.clusters?.[0]?.outcome).toMatchObject({
      succeeded: 7,
      failed: 1,
      deferred: 0,
      verified: 7,
    });
  });

  it('to an addition does not matter either where it was taken over', async () => {
    deployment.sandbox.feed.replace(riskyFeed());
    deployment.sandbox.faults.push({
      when: { route: 'add', matching: aboutType('c5.large') },
      times: 1,
      fault: { kind: 'lost-answer', status: 400 },
    });
    const { clusters } = await deployment.succeed();
    expect(clusters[0]?.outcome).toMatchObject({ succeeded: 8, failed: 0, verified: 8 });
  });
});

describe('a list that fails after the writing', () => {
  // The second list of this cluster; the one of the organization is not counted.
  const verification = {
    route: 'list',
    matching: ({ query }: SandboxRequest) => query['clusterId'] !== undefined,
    nth: 2,
  } as const;

  it.each<[string, Fault]>([
    ['is refused', answering(400)],
    ['cannot be read', { kind: 'body', body: '<html>' }],
    ['is not what it was', { kind: 'body', body: '{"message":"maintenance"}' }],
  ])('because it %s leaves what was added, and fails, because nothing is confirmed', async (_, fault) => {
    const { faults, castai, requests } = deployment.sandbox;
    faults.push({ when: verification, fault });
    const { name, message, report } = await deployment.fail();
    expect(name).toBe('RunIncompleteError');
    expect(message).toContain('could not be confirmed');
    expect(report.clusters?.[0]?.outcome).toMatchObject({
      succeeded: 0,
      failed: 449,
      deferred: 0,
      verified: 0,
    });
    expect(castai.entries).toHaveLength(449);

    faults.clear();
    requests.length = 0;
    const { clusters } = await deployment.succeed();
    expect(clusters[0]?.actions).toMatchObject({ keep: 449, add: 0 });
    expect(deployment.writes).toEqual([]);
  });

  it('because it is empty is not believed to be a success', async () => {
    deployment.sandbox.feed.replace(riskyFeed());
    // It is read again in vain.
    const when = { ...verification, nth: [2, 3, 4, 5, 6, 7] };
    deployment.sandbox.faults.push({ when, fault: { kind: 'body', body: '{"items":[]}' } });
    const { name, report } = await deployment.fail();
    expect(name).toBe('RunIncompleteError');
    expect(report.clusters?.[0]?.outcome).toMatchObject({ succeeded: 0, failed: 8, verified: 0 });
  });
});

describe('the pace', () => {
  it('never has more than BATCH_SIZE additions start in BATCH_PAUSE seconds', async () => {
    const types = Array.from({ length: 13 }, (_, index) => `m${index + 1}.large`);
    await using deployment = await deployForRisky(types, {
      environment: { BATCH_SIZE: '5', BATCH_PAUSE: '1.5' },
    });
    await deployment.succeed();
    const starts = deployment.writes.map(({ receivedAt }) => receivedAt).sort((a, b) => a - b);
    expect(starts).toHaveLength(13);
    for (const [index, start] of starts.entries()) {
      const sixth = starts[index + 5];
      // What is received is a little later than what is sent, and not always by the same.
      if (sixth !== undefined) expect(sixth - start).toBeGreaterThan(1_300);
    }
  });

  it.each([1, 3, 10])(
    'never has more than BATCH_SIZE (%i) additions under way, though there is no pause',
    async (size) => {
      const types = Array.from({ length: 4 * size }, (_, index) => `m${index + 1}.large`);
      await using deployment = await deployForRisky(types, {
        environment: { BATCH_SIZE: String(size), BATCH_PAUSE: '0' },
      });
      deployment.sandbox.faults.push({ when: { route: 'add' }, fault: { kind: 'latency', ms: 60 } });
      await deployment.succeed();
      expect(mostUnderWay(deployment.writes)).toBe(size);
    },
  );

  it('holds for requests that are answered later than the next may start', async () => {
    const types = Array.from({ length: 9 }, (_, index) => `m${index + 1}.large`);
    await using deployment = await deployForRisky(types, {
      environment: { BATCH_SIZE: '3', BATCH_PAUSE: '0.1' },
    });
    deployment.sandbox.faults.push({ when: { route: 'add' }, fault: { kind: 'latency', ms: 500 } });
    await deployment.succeed();
    expect(mostUnderWay(deployment.writes)).toBe(3);
  });

  /** The largest number of requests that had come and were not answered yet. */
  function mostUnderWay(requests: readonly SandboxRequest[]): number {
    const counts = requests.map(
      ({ receivedAt }) =>
        requests.filter(
          (other) => other.receivedAt <= receivedAt && (other.answeredAt ?? receivedAt) > receivedAt,
        ).length,
    );
    return Math.max(...counts);
  }
});
