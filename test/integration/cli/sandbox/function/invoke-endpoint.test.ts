import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import got, { type Response } from 'got';
import { expect, test } from 'vitest';
import { type Invocation, type LocalFunction, startFunction } from '../../../../sandbox/function/function.ts';
import { startInvokeEndpoint } from '../../../../sandbox/function/invoke-endpoint.ts';

const SOURCE = `
  export const handler = async (event) => {
    console.log('x'.repeat(5000) + 'the end');
    if (event.fail) throw new TypeError('as asked');
    return { event };
  };
`;

/** Runs `body` with an endpoint in front of a function that echoes, or fails where the payload says so. */
async function withEndpoint(
  body: (
    invoke: (payload: string, headers?: Record<string, string>, name?: string) => Promise<Response<string>>,
    invocations: Invocation[],
  ) => Promise<void>,
): Promise<void> {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'endpoint-'));
  const bundle = join(folder.path, 'index.mjs');
  await writeFile(bundle, SOURCE);
  await using localFunction: LocalFunction = await startFunction({
    bundle,
    environment: {},
    timeoutSeconds: 5,
  });
  const invocations: Invocation[] = [];
  const onInvocation = (invocation: Invocation) => void invocations.push(invocation);
  await using endpoint = await startInvokeEndpoint(localFunction, { onInvocation });
  await body(
    (payload, headers = {}, name = 'spot-blacklist') =>
      got.post(`${endpoint.url}/2015-03-31/functions/${encodeURIComponent(name)}/invocations`, {
        body: payload,
        headers,
        throwHttpErrors: false,
        retry: { limit: 0 },
      }),
    invocations,
  );
}

test('answers with the result', () =>
  withEndpoint(async (invoke, invocations) => {
    const response = await invoke('{"dryRun":true}');
    expect(response.statusCode).toBe(200);
    expect(JSON.parse(response.body)).toEqual({ event: { dryRun: true } });
    expect(response.headers).toMatchObject({ 'x-amz-executed-version': '$LATEST' });
    expect(response.headers).not.toHaveProperty('x-amz-function-error');
    expect(response.headers).not.toHaveProperty('x-amz-log-result');
    expect(invocations).toHaveLength(1);
  }));

test('answers 200 with the error that the function threw', () =>
  withEndpoint(async (invoke) => {
    const response = await invoke('{"fail":true}');
    expect(response.statusCode).toBe(200);
    expect(response.headers['x-amz-function-error']).toBe('Unhandled');
    expect(JSON.parse(response.body)).toMatchObject({ errorType: 'TypeError', errorMessage: 'as asked' });
  }));

test('sends the last 4 KB of the log if requested', () =>
  withEndpoint(async (invoke) => {
    const { headers } = await invoke('', { 'x-amz-log-type': 'Tail' });
    const log = Buffer.from(String(headers['x-amz-log-result']), 'base64').toString();
    expect(log).toHaveLength(4096);
    expect(log).toMatch(/the end\n$/);
  }));

test('invokes asynchronously, or not at all, if requested', () =>
  withEndpoint(async (invoke, invocations) => {
    expect((await invoke('{}', { 'x-amz-invocation-type': 'DryRun' })).statusCode).toBe(204);
    expect((await invoke('{"n":1}', { 'x-amz-invocation-type': 'Event' })).statusCode).toBe(202);
    // Invocations wait for each other, so this one ends last.
    await invoke('{"n":2}');
    expect(invocations.map(({ payload }) => payload)).toEqual([{ event: { n: 1 } }, { event: { n: 2 } }]);
  }));

test('finds its function by name and by ARN, and no other', () =>
  withEndpoint(async (invoke) => {
    const arn = 'arn:aws:lambda:us-east-1:000000000000:function:spot-blacklist';
    expect((await invoke('{}', {}, arn)).statusCode).toBe(200);
    const response = await invoke('{}', {}, 'somebody');
    expect(response.statusCode).toBe(404);
    expect(response.headers['x-amzn-errortype']).toBe('ResourceNotFoundException');
  }));

test('refuses a payload that is not JSON', () =>
  withEndpoint(async (invoke, invocations) => {
    const response = await invoke('{dryRun:true}');
    expect(response.statusCode).toBe(400);
    expect(response.headers['x-amzn-errortype']).toBe('InvalidRequestContentException');
    expect(invocations).toEqual([]);
  }));
