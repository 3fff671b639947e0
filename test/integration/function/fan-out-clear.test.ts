// `clear` during a fleet's jobs, from the bundle and over real sockets.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { cliProcess } from '../../support/cli.ts';
import { answering, type Deployment } from '../../support/deployment.ts';
import { deployFleet, FLEET_TYPES, handAll, resetFleet } from '../../support/fleet.ts';

const CLEAR = { operation: 'clear' };

let deployment: Deployment;
beforeAll(async () => {
  deployment = await deployFleet();
});
beforeEach(async () => {
  resetFleet(deployment);
  await deployment.invoke();
  await handAll(deployment);
  deployment.sandbox.requests.length = 0;
});
afterAll(() => deployment[Symbol.asyncDispose]());

const entries = () => deployment.sandbox.castai.entries.length;
const routes = () =>
  deployment.sandbox.requests.map(({ route }) => route).filter((route) => route !== 'event');

it('a clear removes everything while no job waits or runs', async () => {
  const { clusters } = await deployment.succeed(CLEAR);
  expect(clusters.map(({ actions }) => actions.remove)).toEqual([3, 3, 3]);
  expect(entries()).toBe(0);
  expect(routes()[0]).toBe('queue');
});

describe('a clear does nothing, and prints the commands that stop the jobs,', () => {
  it.each([
    ['wait', 4, 0],
    ['run', 0, 1],
    ['wait and run', 3, 1],
  ])('while jobs %s', async (_, waiting, running) => {
    const { sqs } = deployment.sandbox;
    await deployment.invoke();
    sqs.messages.splice(waiting);
    sqs.running = running;
    deployment.sandbox.requests.length = 0;
    const { name, code, message } = await deployment.fail(CLEAR);
    expect({ name, code }).toEqual({ name: 'QueueError', code: 'JOBS_UNFINISHED' });
    expect(message.split('\n')).toEqual([
      `In the fan-out queue, ${waiting} jobs wait and ${running} run, which would add again what is removed, so nothing was done. Stop the rounds and the jobs:`,
      `  aws events disable-rule --name "$(aws events list-rule-names-by-target --target-arn arn:aws:lambda:us-east-1:000000000000:function:spot-blacklist --query 'RuleNames[0]' --output text)"`,
      `  aws lambda update-event-source-mapping --no-enabled --uuid "$(aws lambda list-event-source-mappings --event-source-arn arn:aws:sqs:us-east-1:000000000000:jobs.fifo --query 'EventSourceMappings[0].UUID' --output text)"`,
      'Once no job runs, after 15 minutes at most, empty the queue, and clear again:',
      expect.stringMatching(/^ {2}aws sqs purge-queue --queue-url http.*\/jobs\.fifo$/),
    ]);
    expect(routes()).toEqual(['queue']);
    expect(entries()).toBe(3 * FLEET_TYPES.length);
  });
});

describe('a clear does nothing if it is unknown whether jobs wait or run, because', () => {
  it.each<[string, () => unknown, string]>([
    [
      'the role may not query it',
      () => (deployment.sandbox.sqs.failure = 'AccessDeniedException'),
      'QUEUE_ACCESS_DENIED',
    ],
    ['there is no queue', () => (deployment.sandbox.sqs.failure = 'QueueDoesNotExist'), 'QUEUE_NOT_FOUND'],
    ['SQS has an outage', () => answer(answering(500)), 'QUEUE_REFUSED'],
    ['SQS cannot be reached', () => answer({ kind: 'reset' }), 'QUEUE_UNREACHABLE'],
    ['SQS says nothing', () => answer({ kind: 'body', body: '{}' }), 'QUEUE_REFUSED'],
    ['a count is missing', () => answer(counts({ ApproximateNumberOfMessages: '0' })), 'QUEUE_REFUSED'],
    [
      'a count is no number',
      () =>
        answer(counts({ ApproximateNumberOfMessages: '0', ApproximateNumberOfMessagesNotVisible: 'none' })),
      'QUEUE_REFUSED',
    ],
  ])('%s', async (_, arrange, code) => {
    arrange();
    expect(await deployment.fail(CLEAR)).toMatchObject({ name: 'QueueError', code });
    expect(routes().filter((route) => route !== 'queue')).toEqual([]);
    expect(entries()).toBe(3 * FLEET_TYPES.length);
  });

  const answer = (fault: ReturnType<typeof answering>) =>
    deployment.sandbox.faults.push({ when: { route: 'queue' }, fault });
  const counts = (attributes: object) => {
    return { kind: 'body', body: JSON.stringify({ Attributes: attributes }) } as const;
  };
});

it('a dry run of a clear does not query the queue', async () => {
  deployment.sandbox.sqs.running = 1;
  expect(await deployment.succeed({ ...CLEAR, dryRun: true })).toMatchObject({ status: 'completed' });
  expect(routes()).not.toContain('queue');
});

it('a clear at the terminal refuses too, if the settings name the queue, and says how to find the rule', async () => {
  const { sandbox } = deployment;
  sandbox.sqs.running = 1;
  const { code, stderr } = await cliProcess(sandbox, ['clear', '--auto-approve'], {
    ...sandbox.fanOut,
    CLUSTER_ID: '*',
  });
  expect(code).toBe(1);
  expect(stderr).toContain('0 jobs wait and 1 run');
  expect(stderr).toContain('aws events disable-rule --name <rule>   (aws events list-rules names it)');
  expect(stderr).toContain('aws lambda update-event-source-mapping --no-enabled --uuid "$(aws lambda');
  expect(routes()).toEqual(['queue']);
  sandbox.sqs.running = 0;
  const again = await cliProcess(sandbox, ['clear', '--auto-approve'], {
    ...sandbox.fanOut,
    CLUSTER_ID: '*',
  });
  expect(again).toMatchObject({ code: 0 });
  expect(entries()).toBe(0);
});
