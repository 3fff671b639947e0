import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startFunction } from '../../../../sandbox/function/function.ts';

/** Starts a function of this source in a folder of its own, which goes with it. */
async function functionOf(source: string, environment: Record<string, string> = {}, timeoutSeconds = 10) {
  const folder = await mkdtempDisposable(join(tmpdir(), 'function-'));
  const bundle = join(folder.path, 'index.mjs');
  await writeFile(bundle, source);
  const localFunction = await startFunction({ bundle, environment, timeoutSeconds, memory: 128 });
  return {
    invoke: (payload?: unknown) => localFunction.invoke(payload),
    async [Symbol.asyncDispose]() {
      await localFunction.close();
      await folder.remove();
    },
  };
}

test('an invocation returns the result after a JSON round trip, and its own log', async () => {
  await using echo = await functionOf(`
    console.log('loading');
    export const handler = async (event) => {
      console.log('out', event.n);
      console.error('err', event.n);
      return { event, date: new Date(0), nothing: undefined };
    };
  `);
  const first = await echo.invoke({ n: 1 });
  expect(first).toMatchObject({ payload: { event: { n: 1 }, date: '1970-01-01T00:00:00.000Z' } });
  expect(first.payload).not.toHaveProperty('nothing');
  expect(first).not.toHaveProperty('functionError');
  expect(first.log.split('\n').sort()).toEqual(['', 'err 1', 'loading', 'out 1']);
  expect((await echo.invoke({ n: 2 })).log.split('\n').sort()).toEqual(['', 'err 2', 'out 2']);
});

test('a handler that returns nothing answers null, and no payload is an empty event', async () => {
  await using silent = await functionOf(
    `export const handler = async (event) => { globalThis.got = event; }`,
  );
  expect(await silent.invoke()).toMatchObject({ payload: null });
  await using echo = await functionOf(`export const handler = async (event) => event`);
  expect(await echo.invoke()).toMatchObject({ payload: {} });
});

test('a long log is kept completely', async () => {
  await using loud = await functionOf(`export const handler = async () => console.log('x'.repeat(1e6))`);
  expect((await loud.invoke()).log).toHaveLength(1e6 + 1);
});

test('errors are reported as Lambda reports them', async () => {
  await using thrower = await functionOf(`
    class BandError extends Error { name = 'BandError' }
    export const handler = async ({ text }) => { throw text ?? new BandError('no such band'); };
  `);
  expect(await thrower.invoke()).toMatchObject({
    functionError: 'Unhandled',
    payload: {
      errorType: 'BandError',
      errorMessage: 'no such band',
      trace: expect.arrayContaining([expect.stringContaining('index.mjs')]),
    },
  });
  expect(await thrower.invoke({ text: 'words' })).toMatchObject({
    functionError: 'Unhandled',
    payload: { errorType: 'string', errorMessage: 'words' },
  });
});

test('at the timeout the process is killed, its log is kept, and the next invocation starts a new one', async () => {
  await using sleeper = await functionOf(
    `
      let calls = 0;
      export const handler = async ({ sleep }) => {
        calls += 1;
        console.log('call', calls);
        if (sleep) await new Promise((resolve) => setTimeout(resolve, 60_000));
        return calls;
      };
    `,
    {},
    0.5,
  );
  expect(await sleeper.invoke()).toMatchObject({ payload: 1 });
  expect(await sleeper.invoke({ sleep: true })).toMatchObject({
    functionError: 'Unhandled',
    payload: { errorType: 'Sandbox.Timedout', errorMessage: 'Task timed out after 0.50 seconds' },
    log: 'call 2\n',
  });
  expect(await sleeper.invoke()).toMatchObject({ payload: 1 });
});

test('the sandbox survives a bundle that ends its process', async () => {
  await using quitter = await functionOf(`
    export const handler = async ({ code }) => code === undefined ? 'here' : process.exit(code);
  `);
  expect(await quitter.invoke({ code: 3 })).toMatchObject({
    functionError: 'Unhandled',
    payload: { errorType: 'Runtime.ExitError', errorMessage: 'Runtime exited with error: exit status 3' },
  });
  expect(await quitter.invoke()).toMatchObject({ payload: 'here' });
});

test('the sandbox survives a bundle that cannot be loaded', async () => {
  await using broken = await functionOf(`throw new RangeError('at import'); export const handler = 1;`);
  const failure = {
    functionError: 'Unhandled',
    payload: { errorType: 'RangeError', errorMessage: 'at import' },
  };
  expect(await broken.invoke()).toMatchObject(failure);
  expect(await broken.invoke()).toMatchObject(failure);

  await using other = await functionOf('export const main = () => 1');
  expect(await other.invoke()).toMatchObject({
    payload: { errorMessage: expect.stringContaining('handler') },
  });

  await using missing = await startFunction({ bundle: '/nowhere/x.mjs', environment: {}, timeoutSeconds: 1 });
  expect(await missing.invoke()).toMatchObject({
    payload: { errorMessage: expect.stringContaining('/nowhere') },
  });
});

test('the process has its own environment and Lambda’s variables, and none of the parent’s', async () => {
  expect(process.env).toHaveProperty('VITEST');
  await using teller = await functionOf(`export const handler = async () => process.env`, { MINE: 'yes' });
  const { payload } = await teller.invoke();
  expect(payload).toMatchObject({
    MINE: 'yes',
    AWS_LAMBDA_FUNCTION_NAME: 'spot-blacklist',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '128',
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    TZ: ':UTC',
  });
  expect(payload).not.toHaveProperty('VITEST');
});

test('the context counts down to the timeout', async () => {
  await using teller = await functionOf(`
    export const handler = async (event, context) => {
      const before = context.getRemainingTimeInMillis();
      await new Promise((resolve) => setTimeout(resolve, 50));
      return { ...context, before, after: context.getRemainingTimeInMillis() };
    };
  `);
  const { payload, requestId } = await teller.invoke();
  const { before, after } = payload as { before: number; after: number };
  expect(payload).toMatchObject({
    awsRequestId: requestId,
    functionName: 'spot-blacklist',
    memoryLimitInMB: '128',
    invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:spot-blacklist',
  });
  expect(before).toBeGreaterThan(9_000);
  expect(before).toBeLessThanOrEqual(10_000);
  expect(before - after).toBeGreaterThanOrEqual(45);
});

test('invocations run one after another', async () => {
  await using counter = await functionOf(`
    let running = 0;
    export const handler = async () => {
      running += 1;
      await new Promise((resolve) => setTimeout(resolve, 20));
      return running--;
    };
  `);
  const invocations = await Promise.all([counter.invoke(), counter.invoke(), counter.invoke()]);
  expect(invocations.map(({ payload }) => payload)).toEqual([1, 1, 1]);
});
