import { join } from 'node:path';
import {
  LambdaClient,
  ListEventSourceMappingsCommand,
  UpdateEventSourceMappingCommand,
} from '@aws-sdk/client-lambda';
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type LocalFunction, startFunction } from '../sandbox/function/function.ts';
import type { Sandbox } from '../sandbox/sandbox.ts';
import { logLines } from '../support/deployment.ts';
import { FLEET_TYPES, setFleet } from '../support/fleet.ts';
import { type Installation, startInstallation } from './installation.ts';

// A fleet's round on a local AWS with its real queue; each step builds on the one before. moto would invoke the function
// itself, in a container: the mapping is switched off, and the test does what Lambda's poller does.

const SECRET_NAME = 'spot-blacklist/castai';
const CLUSTERS = ['alpha', 'beta', 'gamma'];

let installation: Installation;
let sandbox: Sandbox;
let sqs: SQSClient;
let variables: Record<string, string>;

beforeAll(async () => {
  installation = await startInstallation();
  ({ sandbox } = installation);
  setFleet(sandbox, CLUSTERS);
  sqs = new SQSClient(installation.aws.client);
});

afterAll(async () => {
  sqs?.destroy();
  await installation?.[Symbol.asyncDispose]();
});

/** The deployed code, with the environment that the functions were given: of the runs, or of the jobs. */
async function start(entry = 'index.mjs'): Promise<LocalFunction> {
  const { aws, deployed, folder } = installation;
  const { Configuration } = await deployed.function();
  return startFunction({
    bundle: join(await deployed.download(folder), entry),
    environment: { ...variables, ...aws.environment },
    timeoutSeconds: Configuration?.Timeout ?? 0,
    memory: Configuration?.MemorySize ?? 0,
  });
}

/** @returns the next message, unless there is none or its group has one in flight */
async function receive(): Promise<Message | undefined> {
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({
      QueueUrl: variables['FAN_OUT_QUEUE_URL'],
      MaxNumberOfMessages: 1,
      MessageSystemAttributeNames: ['All'],
    }),
  );
  return Messages[0];
}

/** @returns a message as the event with which Lambda's poller invokes a function */
function eventOf({ MessageId, ReceiptHandle, Body, MD5OfBody, Attributes }: Message) {
  return {
    Records: [
      {
        ...{ messageId: MessageId, receiptHandle: ReceiptHandle, body: Body, md5OfBody: MD5OfBody },
        ...{ attributes: Attributes, messageAttributes: {}, awsRegion: installation.aws.region },
        ...{ eventSource: 'aws:sqs', eventSourceARN: `arn:aws:sqs:us-east-1:123456789012:jobs.fifo` },
      },
    ],
  };
}

/** What the poller does with a message whose job has ended. */
async function acknowledge({ ReceiptHandle }: Message): Promise<void> {
  await sqs.send(new DeleteMessageCommand({ QueueUrl: variables['FAN_OUT_QUEUE_URL'], ReceiptHandle }));
}

/** The time after which SQS redelivers a message that was not deleted. */
async function letTimePass({ ReceiptHandle }: Message): Promise<void> {
  await sqs.send(
    new ChangeMessageVisibilityCommand({
      QueueUrl: variables['FAN_OUT_QUEUE_URL'],
      ReceiptHandle,
      VisibilityTimeout: 0,
    }),
  );
}

async function received(): Promise<Message> {
  const message = await receive();
  if (message === undefined) throw new Error('The queue hands nothing over.');
  return message;
}

const jobIn = ({ Body = '' }: Message) =>
  JSON.parse(Body) as { kind: string; round: string; cluster?: string };

const writes = () => sandbox.requests.filter(({ route }) => route === 'add' || route === 'remove');

test('1. a fleet is deployed with fan-out', async () => {
  await installation.aws.createSecret(SECRET_NAME, sandbox, '*');
  expect((await installation.cdk(['bootstrap'])).status).toBe(0);
  const { status, output } = await installation.deploy({
    'targets.0.fanOut': true,
    'targets.0.minTypesPerArchitecture': 0,
    'targets.0.minFamiliesPerArchitecture': 0,
    'targets.0.minTypesPerTemplate': 0,
    'targets.0.maxBlacklistShare': 1,
  });
  expect({ status, output: status === 0 ? '' : output }).toEqual({ status: 0, output: '' });
  const { Configuration, Concurrency } = await installation.deployed.function();
  variables = Configuration?.Environment?.Variables ?? {};
  expect(Concurrency?.ReservedConcurrentExecutions).toBe(1);
});

test('2. its queue is FIFO, has a dead-letter queue, and delivers one job at a time', async () => {
  const { Attributes = {} } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: variables['FAN_OUT_QUEUE_URL'], AttributeNames: ['All'] }),
  );
  expect(Attributes).toMatchObject({ FifoQueue: 'true', VisibilityTimeout: '960' });
  const { maxReceiveCount, deadLetterTargetArn } = JSON.parse(Attributes['RedrivePolicy'] ?? 'null');
  expect(Number(maxReceiveCount)).toBe(2);
  expect(deadLetterTargetArn).toMatch(/-dead\.fifo$/);
  const lambda = new LambdaClient(installation.aws.client);
  const { EventSourceMappings: [mapping, ...more] = [] } = await lambda.send(
    new ListEventSourceMappingsCommand({}),
  );
  expect(more).toEqual([]);
  expect(mapping).toMatchObject({ BatchSize: 1, State: 'Enabled', EventSourceArn: Attributes['QueueArn'] });
  await lambda.send(new UpdateEventSourceMappingCommand({ UUID: mapping?.UUID, Enabled: false }));
});

test('3. a manual dry run covers the whole fleet, and queues nothing', async () => {
  await using run = await start();
  const { payload } = await run.invoke({ dryRun: true });
  expect(payload).toMatchObject({ status: 'completed', dryRun: true });
  expect((payload as { clusters: unknown[] }).clusters).toHaveLength(3);
  expect(await receive()).toBeUndefined();
});

test('4. a scheduled run plans a round, and SQS delivers its jobs one after the other', async () => {
  await using run = await start();
  expect((await run.invoke()).payload).toMatchObject({ status: 'planned', clusters: 3 });
  expect(writes()).toEqual([]);
  const first = await received();
  // The group has one in flight: one writer for each key.
  expect(await receive()).toBeUndefined();
  await using jobs = await start('fleet.mjs');
  expect((await jobs.invoke(eventOf(first))).payload).toEqual({ job: 'completed' });
  await acknowledge(first);
  expect(new Set(sandbox.castai.entries.map(({ clusterId }) => clusterId))).toEqual(
    new Set([jobIn(first).cluster]),
  );
  expect(sandbox.castai.entries).toHaveLength(FLEET_TYPES.length);
});

test('5. a job that is killed during its writes is redelivered, and does what is missing', async () => {
  const second = await received();
  const { cluster } = jobIn(second);
  const dying = await start('fleet.mjs');
  let isKilled = false;
  sandbox.requests.length = 0;
  sandbox.faults.push({
    when: { route: 'add', nth: 2 },
    onStrike() {
      isKilled = true;
      void dying.close();
    },
    fault: { kind: 'hang' },
  });
  const { functionError } = await dying.invoke(eventOf(second));
  expect({ isKilled, functionError }).toEqual({ isKilled: true, functionError: 'Unhandled' });
  sandbox.faults.clear();
  const ofCluster = () => sandbox.castai.entries.filter(({ clusterId }) => clusterId === cluster);
  expect(ofCluster().length).toBeLessThan(FLEET_TYPES.length);
  expect(await receive()).toBeUndefined();
  await letTimePass(second);

  const again = await received();
  expect({ ...jobIn(again), times: again.Attributes?.['ApproximateReceiveCount'] }).toEqual({
    ...jobIn(second),
    times: '2',
  });
  await using jobs = await start('fleet.mjs');
  expect((await jobs.invoke(eventOf(again))).payload).toEqual({ job: 'completed' });
  await acknowledge(again);
  expect(
    ofCluster()
      .map(({ instanceType }) => instanceType)
      .sort(),
  ).toEqual(FLEET_TYPES);
});

test('6. a job that is delivered twice changes nothing', async () => {
  const third = await received();
  await using jobs = await start('fleet.mjs');
  expect((await jobs.invoke(eventOf(third))).payload).toEqual({ job: 'completed' });
  sandbox.requests.length = 0;
  expect((await jobs.invoke(eventOf(third))).payload).toEqual({ job: 'completed' });
  expect(writes()).toEqual([]);
  await acknowledge(third);
});

test('7. the summary comes last, and reports the fleet', async () => {
  const last = await received();
  expect(jobIn(last).kind).toBe('summary');
  await using jobs = await start('fleet.mjs');
  const { payload, log } = await jobs.invoke(eventOf(last));
  await acknowledge(last);
  expect(payload).toEqual({ job: 'completed' });
  const line = logLines(log).find(({ code }) => code === 'RUN_COMPLETED');
  expect(line).toMatchObject({ status: 'completed', startedAt: jobIn(last).round });
  expect(line?.['clusters']).toHaveLength(3);
  expect(log).toMatch(/"RunCompleted":1\b/);
  expect(await receive()).toBeUndefined();
});

test('8. a job that dies twice goes to the dead-letter queue, and the others continue', async () => {
  await using planner = await start();
  await planner.invoke();
  const message = await received();
  const first = jobIn(message);
  await letTimePass(message);
  const again = await received();
  expect(jobIn(again)).toEqual(first);
  await letTimePass(again);
  expect(jobIn(await received()).cluster).not.toBe(first.cluster);
  const { DeadJobQueueUrl } = await installation.deployed.outputs();
  const { Messages: [dead] = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: DeadJobQueueUrl }));
  expect(dead && jobIn(dead)).toEqual(first);
});
