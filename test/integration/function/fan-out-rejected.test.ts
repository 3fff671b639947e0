// Messages that do not belong in a fleet's queue, from the bundle and over real sockets.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeCluster } from '../../../cli/demo/sandbox/castai/castai.ts';
import { sqsEvent } from '../../sandbox/aws/sqs.ts';
import { answering, type Deployment, HOUR } from '../../support/deployment.ts';
import { clusterIdOf, deployFleet, hand, lastLine, message, resetFleet } from '../../support/fleet.ts';

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

describe('a message that is not a job for this function is acknowledged and logged as an error, and nothing is read or written', () => {
  const cluster = randomUUID();
  const long = 'x'.repeat(300_000);
  it.each<[string, unknown, string]>([
    ['no JSON', 'hello', 'JOB_UNREADABLE'],
    ['nothing', '', 'JOB_UNREADABLE'],
    ['a list', [], 'JOB_UNREADABLE'],
    ['null', null, 'JOB_UNREADABLE'],
    ['a payload that would be a clear', { operation: 'clear' }, 'JOB_UNREADABLE'],
    ['no version', message({ version: undefined }), 'JOB_UNREADABLE'],
    ['an older version', message({ version: 1 }), 'JOB_OF_OTHER_VERSION'],
    ['a newer version', message({ version: 4, kind: 'something new' }), 'JOB_OF_OTHER_VERSION'],
    ['another target', message({ target: 'other' }), 'JOB_OF_OTHER_TARGET'],
    ['no kind', message({ kind: undefined }), 'JOB_UNREADABLE'],
    ['another kind', message({ kind: 'clear' }), 'JOB_UNREADABLE'],
    ['a cluster job without a cluster', message({ kind: 'cluster' }), 'JOB_UNREADABLE'],
    ['a summary with a cluster', message({ cluster }), 'JOB_UNREADABLE'],
    ['a cluster that is no id', message({ kind: 'cluster', cluster: '../*' }), 'JOB_UNREADABLE'],
    ['a setting beside it', message({ batchPause: 0 }), 'JOB_UNREADABLE'],
    ['a round that is no time', message({ round: 'now' }), 'JOB_UNREADABLE'],
    ['a round in another form', message({ round: '2026-11-25' }), 'JOB_UNREADABLE'],
    ['a round to come', message({ round: new Date(Date.now() + HOUR).toISOString() }), 'JOB_UNREADABLE'],
    ['no feed', message({ feed: undefined }), 'JOB_UNREADABLE'],
    ['a feed that is no ETag', message({ feed: 'hello' }), 'JOB_UNREADABLE'],
    ['a large text', long, 'JOB_UNREADABLE'],
    ['a target as large', message({ target: long }), 'JOB_OF_OTHER_TARGET'],
  ])('%s', async (_, body, code) => {
    const invocation = await hand(deployment, body);
    expect(invocation.functionError).toBeUndefined();
    expect(invocation.payload).toEqual({ job: 'rejected' });
    expect(lastLine(invocation)).toMatchObject({
      level: 'ERROR',
      code: 'JOB_REJECTED',
      error: { name: 'JobError', code },
    });
    expect(deployment.sandbox.requests).toEqual([]);
    // The log does not quote it: it may come from anyone.
    expect(invocation.log).not.toMatch(/hello|something new|x{1000}/);
  });

  it.each([
    ['several records', (one: object) => ({ Records: [one, one] })],
    ['a record without a body', () => ({ Records: [{ eventSource: 'aws:sqs' }] })],
    ['a record beside another kind', (one: object) => ({ Records: [{ eventSource: 'aws:s3' }, one] })],
  ])('%s', async (_, make) => {
    const [record = {}] = sqsEvent({ body: JSON.stringify(message()) }).Records;
    const invocation = await deployment.invokeJob(make(record));
    expect(invocation.payload).toEqual({ job: 'rejected' });
    expect(lastLine(invocation)).toMatchObject({ error: { code: 'JOB_UNREADABLE' } });
    expect(deployment.sandbox.requests).toEqual([]);
  });
});

describe('a payload whose `Records` are not from a queue is an error, and nothing is read or written', () => {
  it.each<[string, () => object]>([
    ['of another service', () => ({ Records: [{ eventSource: 'aws:s3' }] })],
    ['without any', () => ({ Records: [] })],
    ['that is no list', () => ({ Records: 'aws:sqs' })],
  ])('%s', async (_, make) => {
    expect(await deployment.fail(make())).toMatchObject({
      name: 'SettingsError',
      message: expect.stringContaining('payload key "Records" is not known'),
    });
    expect(deployment.sandbox.requests.filter(({ route }) => route !== 'event')).toEqual([]);
  });
});

/** Payloads that only resemble a queue's event. */
const MIXED: [string, (job: object) => object][] = [
  ['beside a dry run', (job) => ({ Records: [job], dryRun: true })],
  ['beside a clear', (job) => ({ Records: [job], operation: 'clear' })],
  ['beside an empty operation', (job) => ({ Records: [job], operation: null })],
  ['beside an unknown key', (job) => ({ Records: [job], '': 0 })],
  ['beside its name in small letters', (job) => ({ Records: [job], records: [job] })],
  [
    'in a scheduled event',
    (job) => ({ Records: [job], source: 'aws.events', 'detail-type': 'Scheduled Event', detail: {} }),
  ],
];

const jobOf = (name: string) => {
  const [job = {}] = sqsEvent({
    body: JSON.stringify(message({ kind: 'cluster', cluster: idOf(name) })),
  }).Records;
  return job;
};

describe('the function of the runs rejects a job, names the right function, and reads and writes nothing', () => {
  it.each([['alone', (job: object): object => ({ Records: [job] })], ...MIXED])('%s', async (_, make) => {
    expect(await deployment.fail(make(jobOf('beta')))).toMatchObject({
      name: 'SettingsError',
      code: 'INVALID_SETTINGS',
      message: expect.stringMatching(
        /^The payload is an event of an SQS queue.* handler is fleet\.handler\.$/,
      ),
    });
    expect(deployment.sandbox.requests.filter(({ route }) => route !== 'event')).toEqual([]);
  });
});

describe('the function of the jobs rejects a payload that is not from a queue: the caller gets an error, and nothing is read or written', () => {
  it.each<[string, (job: object) => unknown]>([
    ['nothing', () => ({})],
    ['a dry run', () => ({ dryRun: true })],
    ['a clear', () => ({ operation: 'clear' })],
    ['a scheduled event', () => ({ source: 'aws.events', 'detail-type': 'Scheduled Event', detail: {} })],
    ['records of another service', () => ({ Records: [{ eventSource: 'aws:s3' }] })],
    ...MIXED.map(([what, make]): [string, (job: object) => unknown] => [`a job ${what}`, make]),
  ])('%s', async (_, make) => {
    const invocation = await deployment.invokeJob(make(jobOf('beta')));
    expect(invocation).toMatchObject({ functionError: 'Unhandled', payload: { errorType: 'JobError' } });
    expect(lastLine(invocation)).toMatchObject({ code: 'JOB_REJECTED', error: { code: 'JOB_UNREADABLE' } });
    expect(deployment.sandbox.requests).toEqual([]);
  });
});

describe('a job for a cluster outside the target writes nothing', () => {
  it.each([
    ['another organization’s', { organizationId: randomUUID() }, 'CLUSTER_OF_OTHER_ORGANIZATION'],
    ['no EKS cluster', { providerType: 'gke' }, 'CLUSTER_NOT_EKS'],
    ['gone', { status: 'archived' }, 'CLUSTER_NOT_WORKABLE'],
  ])('%s', async (_, more, code) => {
    const { castai } = deployment.sandbox;
    const other = makeCluster('us-east-1', { organizationId: castai.organizationId, ...more });
    castai.clusters.push(other);
    const invocation = await hand(deployment, message({ kind: 'cluster', cluster: other.id }));
    expect(invocation.payload).toEqual({ job: 'failed' });
    expect(lastLine(invocation)).toMatchObject({
      code: 'CLUSTER_FAILED',
      error: { name: 'ClusterError', code },
    });
    expect(deployment.writes).toEqual([]);
  });

  it('unknown', async () => {
    const invocation = await hand(deployment, message({ kind: 'cluster', cluster: randomUUID() }));
    expect(lastLine(invocation)).toMatchObject({ error: { code: 'CLUSTER_NOT_FOUND' } });
    expect(deployment.writes).toEqual([]);
  });

  it('one that the key may not read, even if REGION is set, because nothing else shows its owner', async () => {
    await using careful = await deployFleet({ environment: { REGION: 'us-east-1' } });
    const [first] = careful.sandbox.castai.clusters;
    careful.sandbox.faults.push({ when: { route: 'cluster' }, fault: answering(403) });
    const invocation = await hand(careful, message({ kind: 'cluster', cluster: first?.id }));
    expect(lastLine(invocation)).toMatchObject({ error: { code: 'KEY_FORBIDDEN' } });
    expect(careful.writes).toEqual([]);
  });

  it('one of the organization that the target’s globs do not select', async () => {
    await using choosy = await deployFleet({ environment: { EXCEPT_CLUSTERS: 'beta*' } });
    const beta = choosy.sandbox.castai.clusters.find(({ name }) => name === 'beta');
    const invocation = await hand(choosy, message({ kind: 'cluster', cluster: beta?.id }));
    expect(lastLine(invocation)).toMatchObject({ code: 'CLUSTER_FAILED', error: { name: 'ClusterError' } });
    expect(choosy.writes).toEqual([]);
  });

  it('one other than the secret’s', async () => {
    deployment.sandbox.putSecret({ 'cluster-id': idOf('alpha') });
    const other = await hand(deployment, message({ kind: 'cluster', cluster: idOf('beta') }));
    expect(lastLine(other)).toMatchObject({ error: { name: 'JobError', code: 'JOB_OF_OTHER_CLUSTER' } });
    expect(deployment.writes).toEqual([]);
    const same = await hand(deployment, message({ kind: 'cluster', cluster: idOf('alpha').toUpperCase() }));
    expect(same.payload).toEqual({ job: 'completed' });
  });
});

it('a job writes nothing if the target is a dry run', async () => {
  await using dry = await deployFleet({ environment: { DRY_RUN: 'true' } });
  const [first] = dry.sandbox.castai.clusters;
  await hand(dry, message({ kind: 'cluster', cluster: first?.id }));
  await hand(dry, message());
  expect(dry.writes).toEqual([]);
  expect(dry.sandbox.eventBridge.events).toEqual([]);
});

it('a job with unusable settings is acknowledged, and logs an error', async () => {
  await using broken = await deployFleet({ environment: { OS: undefined } });
  const invocation = await hand(broken, message());
  expect(invocation.functionError).toBeUndefined();
  expect(lastLine(invocation)).toMatchObject({ code: 'JOB_REJECTED', error: { name: 'SettingsError' } });
});
