import { describe, expect, test } from 'vitest';
import { aboutType, type Fault } from '../../../../sandbox/http/faults.ts';
import { clientFor } from '../../../../sandbox/http/test-client.ts';
import { type Sandbox, startSandbox } from '../../../../sandbox/sandbox.ts';

/** Adds a type and returns what came of it: the status and body, or the error's code. */
async function add(sandbox: Sandbox, instanceType = 'm5.large', timeoutMs = 400) {
  const started = performance.now();
  const outcome = await clientFor(sandbox)
    .post('v1/inventory/blacklist/add', { json: { instanceType }, timeout: { request: timeoutMs } })
    .then(
      ({ statusCode, body, headers }) => ({ status: statusCode, body, headers, code: undefined }),
      ({ code }: { code: string }) => ({ status: undefined, body: '', headers: {}, code }),
    );
  return { ...outcome, milliseconds: performance.now() - started, entries: sandbox.castai.entries.length };
}

async function addUnder(fault: Fault, timeoutMs?: number) {
  await using sandbox = await startSandbox();
  sandbox.faults.push({ when: { route: 'add' }, fault });
  const outcome = await add(sandbox, 'm5.large', timeoutMs);
  return { ...outcome, logged: sandbox.requests[0] };
}

describe('each kind of fault has its effect:', () => {
  test('status answers with the given headers and the service’s body', async () => {
    const fault: Fault = { kind: 'status', status: 503, headers: { 'Retry-After': '7' } };
    const outcome = await addUnder(fault);
    expect(outcome).toMatchObject({ status: 503, headers: { 'retry-after': '7' }, entries: 0 });
    expect(JSON.parse(outcome.body)).toMatchObject({ message: expect.any(String) });
  });

  test('status answers with a given body and content type', async () => {
    const headers = { 'Content-Type': 'text/html' };
    const outcome = await addUnder({ kind: 'status', status: 502, headers, body: '<html>' });
    expect(outcome).toMatchObject({ status: 502, body: '<html>', headers: { 'content-type': 'text/html' } });
  });

  test('latency delays the usual answer', async () => {
    const outcome = await addUnder({ kind: 'latency', ms: 150 });
    expect(outcome).toMatchObject({ status: 200, entries: 1 });
    expect(outcome.milliseconds).toBeGreaterThan(145);
  });

  test('hang never answers', async () => {
    const outcome = await addUnder({ kind: 'hang' });
    expect(outcome).toMatchObject({ code: 'ETIMEDOUT', entries: 0 });
    expect(outcome.logged).not.toHaveProperty('status');
  });

  test('reset closes the connection', async () => {
    expect(await addUnder({ kind: 'reset' })).toMatchObject({ code: 'ECONNRESET', entries: 0 });
  });

  test('truncate sends less than the announced length', async () => {
    expect(await addUnder({ kind: 'truncate' })).toMatchObject({
      code: expect.stringMatching(/ERR_HTTP_CONTENT_LENGTH_MISMATCH|ECONNRESET|ERR_READING_RESPONSE_STREAM/),
      entries: 1,
    });
  });

  test('slow is too slow for a short timeout, and complete for a long one', async () => {
    const fault: Fault = { kind: 'slow', bytesPerSecond: 500 };
    expect(await addUnder(fault, 200)).toMatchObject({ code: 'ETIMEDOUT', entries: 1 });
    const outcome = await addUnder(fault, 5000);
    expect(outcome.status).toBe(200);
    expect(JSON.parse(outcome.body)).toMatchObject({ instanceType: 'm5.large' });
    expect(outcome.milliseconds).toBeGreaterThan((outcome.body.length / 500) * 1000 - 150);
  });

  test('body answers 200 with malformed content', async () => {
    const outcome = await addUnder({ kind: 'body', body: '[]', contentType: 'application/json' });
    expect(outcome).toMatchObject({ status: 200, body: '[]', entries: 0 });
  });

  test('lost-answer carries out the request without answering', async () => {
    expect(await addUnder({ kind: 'lost-answer' })).toMatchObject({ code: 'ECONNRESET', entries: 1 });
    expect(await addUnder({ kind: 'lost-answer', status: 504 })).toMatchObject({
      status: 504,
      headers: { 'content-type': 'text/html' },
      entries: 1,
    });
  });
});

describe('rules', () => {
  const BROKEN: Fault = { kind: 'status', status: 500 };

  test('start at the nth request, and stop after the given times', async () => {
    await using sandbox = await startSandbox();
    sandbox.faults.push({ when: { route: 'add', nth: [2, 4] }, fault: BROKEN });
    sandbox.faults.push({ when: { route: 'add' }, times: 1, fault: { kind: 'status', status: 503 } });
    const statuses: unknown[] = [];
    for (let i = 0; i < 5; i += 1) statuses.push((await add(sandbox)).status);
    expect(statuses).toEqual([503, 500, 200, 500, 200]);
  });

  test('apply only to the route and type that they match', async () => {
    await using sandbox = await startSandbox();
    sandbox.faults.push({ when: { route: 'list' }, fault: BROKEN });
    sandbox.faults.push({ when: { route: 'add', matching: aboutType('m5.large') }, fault: BROKEN });
    expect(await add(sandbox, 'm5.large')).toMatchObject({ status: 500 });
    expect(await add(sandbox, 'm5.xlarge')).toMatchObject({ status: 200 });
  });

  test('add their latency to the general one and to other faults, until cleared', async () => {
    await using sandbox = await startSandbox();
    sandbox.faults.latencyMs = 60;
    sandbox.faults.push({ when: { route: 'add' }, fault: { kind: 'latency', ms: 60 } });
    sandbox.faults.push({ when: { route: 'add' }, fault: BROKEN });
    const late = await add(sandbox);
    expect(late.status).toBe(500);
    expect(late.milliseconds).toBeGreaterThan(115);
    sandbox.faults.clear();
    expect(await add(sandbox)).toMatchObject({ status: 200 });
  });
});

test('the log has each request with its time and response status', async () => {
  await using sandbox = await startSandbox();
  await clientFor(sandbox).get('v1/inventory/blacklist?clusterId=x', { headers: { 'user-agent': 'me' } });
  await add(sandbox);
  const [first, second] = sandbox.requests;
  expect(first).toMatchObject({
    route: 'list',
    method: 'GET',
    path: '/v1/inventory/blacklist',
    query: { clusterId: 'x' },
    headers: { 'user-agent': 'me', 'x-api-key': sandbox.castai.apiKey },
    text: '',
    status: 404,
  });
  expect(second).toMatchObject({ route: 'add', body: { instanceType: 'm5.large' }, status: 200 });
  expect(second?.answeredAt).toBeGreaterThanOrEqual(second?.receivedAt ?? Number.NaN);
});

test('close ends hanging requests too', async () => {
  const sandbox = await startSandbox();
  sandbox.faults.push({ when: { route: 'add' }, fault: { kind: 'hang' } });
  const hanging = add(sandbox, 'm5.large', 20_000);
  while (sandbox.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  await sandbox.close();
  expect(await hanging).toMatchObject({ code: 'ECONNRESET' });
});
