import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import got from 'got';
import { expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../../../sandbox/sandbox.ts';

const GOOD = { Source: 'spot-blacklist', DetailType: 'Run Completed', Detail: '{"a":1}' };

/** Sends entries by the real SDK, to the endpoint that the function gets by its environment. */
async function put({ environment }: Sandbox, ...Entries: object[]) {
  const client = new EventBridgeClient({
    endpoint: environment['AWS_ENDPOINT_URL_EVENTBRIDGE'] ?? '',
    region: environment['AWS_REGION'] ?? '',
    credentials: { accessKeyId: 'sandbox', secretAccessKey: 'sandbox' },
    maxAttempts: 1,
  });
  return await client.send(new PutEventsCommand({ Entries }));
}

test('an event is recorded, with its detail parsed and its size as EventBridge counts it', async () => {
  await using sandbox = await startSandbox();
  const answer = await put(sandbox, { ...GOOD, EventBusName: 'default' });
  expect(answer).toMatchObject({ FailedEntryCount: 0, Entries: [{ EventId: expect.any(String) }] });
  expect(sandbox.eventBridge.events).toEqual([
    { source: 'spot-blacklist', detailType: 'Run Completed', detail: { a: 1 }, size: 34 },
  ]);
});

test.for([
  ['another bus', { EventBusName: 'other' }, 'InvalidArgument'],
  ['a source of AWS itself', { Source: 'aws.ec2' }, 'InvalidArgument'],
  ['no source', { Source: undefined }, 'InvalidArgument'],
  ['no detail type', { DetailType: undefined }, 'InvalidArgument'],
  ['no detail', { Detail: undefined }, 'MalformedDetail'],
  ['a detail that is no JSON', { Detail: '{' }, 'MalformedDetail'],
  ['a detail that is no object', { Detail: '[]' }, 'MalformedDetail'],
] as const)('an entry with %s fails, and the others do not', async ([, changes, ErrorCode]) => {
  await using sandbox = await startSandbox();
  const answer = await put(sandbox, GOOD, { ...GOOD, ...changes });
  expect(answer.FailedEntryCount).toBe(1);
  expect(answer.Entries?.[1]).toMatchObject({ ErrorCode });
  expect(sandbox.eventBridge.events).toHaveLength(1);
});

test('a request of more than 256 KB, without entries or with eleven is refused', async () => {
  await using sandbox = await startSandbox();
  const detailOf = (size: number) => JSON.stringify({ a: 'x'.repeat(size - 8) });
  // Source and detail type have 27 bytes.
  await put(sandbox, { ...GOOD, Detail: detailOf(256 * 1024 - 27) });
  const refused = { name: 'ValidationException' };
  await expect(put(sandbox, { ...GOOD, Detail: detailOf(256 * 1024 - 26) })).rejects.toMatchObject(refused);
  await expect(put(sandbox)).rejects.toMatchObject(refused);
  await expect(put(sandbox, ...Array.from({ length: 11 }, () => GOOD))).rejects.toMatchObject(refused);
  expect(sandbox.eventBridge.events).toHaveLength(1);
});

test('a simulated failure and an unsigned request get AWS’s error', async () => {
  await using sandbox = await startSandbox();
  sandbox.eventBridge.failure = 'AccessDeniedException';
  await expect(put(sandbox, GOOD)).rejects.toMatchObject({ name: 'AccessDeniedException' });
  const url = sandbox.environment['AWS_ENDPOINT_URL_EVENTBRIDGE'] ?? '';
  const answer = await got.post(url, { json: {}, throwHttpErrors: false, retry: { limit: 0 } });
  expect(answer.statusCode).toBe(400);
  expect(answer.body).toContain('MissingAuthenticationTokenException');
});
