// Temporary faults. Each test waits for seconds, so they run concurrently.
import { describe, it } from 'vitest';
import { aboutType, type Fault } from '../sandbox/http/faults.ts';
import { answering, EIGHT_TYPES, typeIn } from '../support/deployment.ts';
import { runSmall, startRisky, writesSeenBy } from '../support/run-here.ts';

describe.concurrent('a run retries and completes after', () => {
  it.for<[string, Fault]>([
    ['429 in HTML', answering(429, { body: '<html>429</html>', headers: { 'content-type': 'text/html' } })],
    ['500', answering(500)],
    ['502', answering(502)],
    ['504 for a request that took effect', { kind: 'lost-answer', status: 504 }],
    ['an answer that is lost', { kind: 'lost-answer' }],
    ['an answer that is cut off', { kind: 'truncate' }],
    ['a connection that is reset', { kind: 'reset' }],
  ])('%s', async ([, fault], { expect }) => {
    await using sandbox = await startRisky();
    const { faults, castai } = sandbox;
    for (const route of ['cluster', 'list'] as const) faults.push({ when: { route }, times: 1, fault });
    faults.push({ when: { route: 'add' }, times: 6, fault });
    const { result, error } = await runSmall(sandbox);
    expect(error).toBeNull();
    expect(result.clusters[0]?.outcome).toMatchObject({ succeeded: 8, failed: 0, deferred: 0, verified: 8 });
    expect(castai.entries.map(({ instanceType }) => instanceType).sort()).toEqual(EIGHT_TYPES.toSorted());
  });
});

describe.concurrent('a run whose additions get no response adds nothing twice', () => {
  it.for(['extend', 'ignore', 'duplicate', 'conflict'] as const)(
    'if adding an existing entry means %s',
    async (onAddExisting, { expect }) => {
      await using sandbox = await startRisky(EIGHT_TYPES, { castai: { onAddExisting } });
      sandbox.faults.push({ when: { route: 'add' }, times: 5, fault: { kind: 'lost-answer' } });
      expect((await runSmall(sandbox)).error).toBeNull();
      sandbox.requests.length = 0;
      const { result } = await runSmall(sandbox);
      expect(result.clusters[0]?.actions).toMatchObject({ keep: 8, add: 0 });
      expect(writesSeenBy(sandbox)).toEqual([]);
    },
  );
});

describe.concurrent('Retry-After', () => {
  it.for([
    ['2', 1_900],
    // Longer than one request may take.
    ['12', 11_900],
  ] as const)('is honoured in seconds: %s', async ([seconds, least], { expect }) => {
    const [first, second] = await triesAfter(seconds);
    expect((second ?? 0) - (first ?? 0)).toBeGreaterThan(least);
  });

  it('is honoured as a date', async ({ expect }) => {
    const date = new Date(Date.now() + 5_000).toUTCString();
    const [, second] = await triesAfter(date);
    expect(second).toBeGreaterThan(Date.parse(date) - 100);
  });

  it('of an hour, repeatedly, stops the writes, and the next run does the rest', async ({ expect }) => {
    const types = Array.from({ length: 60 }, (_, index) => `m${index}.large`);
    await using sandbox = await startRisky(types);
    const fault = answering(429, { headers: { 'retry-after': '3600' } });
    sandbox.faults.push({ when: { route: 'add' }, fault });
    const { result, error } = await runSmall(sandbox);
    expect(error).toMatchObject({ name: 'CastAiError', code: 'CASTAI_BUSY' });
    expect(error?.message).toMatch(/asked for a longer pause \(429/);
    expect(writesSeenBy(sandbox).length).toBeLessThanOrEqual(20);
    expect(result.clusters[0]?.outcome.deferred).toBeGreaterThanOrEqual(40);
    sandbox.faults.clear();
    const next = await runSmall(sandbox);
    expect(next.result.clusters[0]?.outcome).toMatchObject({ succeeded: 60, verified: 60 });
  });

  /** When a type was requested whose first request was answered 429 with this Retry-After. */
  async function triesAfter(retryAfter: string): Promise<number[]> {
    await using sandbox = await startRisky();
    const fault = answering(429, { headers: { 'retry-after': retryAfter } });
    sandbox.faults.push({ when: { route: 'add', matching: aboutType('c5.large') }, times: 1, fault });
    await runSmall(sandbox);
    const tries = writesSeenBy(sandbox).filter((request) => typeIn(request) === 'c5.large');
    if (tries.length !== 2) throw new Error(`There were ${tries.length} tries.`);
    return tries.map(({ receivedAt }) => receivedAt);
  }
});

it('all types are written despite a limit of 30 requests a second', { timeout: 60_000 }, async ({
  expect,
}) => {
  // Few enough that a busy machine reaches the limit, too.
  const rateLimit = { requests: 30, perSeconds: 1 };
  const types = Array.from({ length: 150 }, (_, index) => `m${index}.large`);
  await using sandbox = await startRisky(types, { castai: { rateLimit } });
  const { result } = await runSmall(sandbox);
  const outcome = { succeeded: 150, failed: 0, deferred: 0, verified: 150 };
  expect(result.clusters[0]?.outcome).toMatchObject(outcome);
  expect(writesSeenBy(sandbox).some((request) => request.status === 429)).toBe(true);
});

it('a type for which CAST AI always answers 503 is requested four times', async ({ expect }) => {
  await using sandbox = await startRisky();
  const when = { route: 'add', matching: aboutType('c5.large') } as const;
  sandbox.faults.push({ when, fault: answering(503) });
  expect((await runSmall(sandbox)).error?.message).toMatch(/c5\.large: .*503/);
  expect(writesSeenBy(sandbox).filter((request) => typeIn(request) === 'c5.large')).toHaveLength(4);
});
