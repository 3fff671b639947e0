// What goes wrong for a while. Each of these waits for seconds, so they wait beside each other.
import { describe, it } from 'vitest';
import { aboutType, type Fault } from '../../cli/sandbox/http/faults.ts';
import {
  answering,
  blacklistedTypes,
  deploy,
  deployForRisky,
  EIGHT_TYPES,
  typeIn,
} from '../support/deployment.ts';

describe.concurrent('what goes wrong for a while', () => {
  it.for<[string, Fault]>([
    ['429', answering(429)],
    ['429 with a Retry-After', answering(429, { headers: { 'retry-after': '1' } })],
    ['429 in HTML', answering(429, { body: '<html>429</html>', headers: { 'content-type': 'text/html' } })],
    ['500', answering(500)],
    ['502', answering(502)],
    ['503', answering(503)],
    ['504 for a request that was taken over all the same', { kind: 'lost-answer', status: 504 }],
    ['an answer that is lost', { kind: 'lost-answer' }],
    ['an answer that is cut off', { kind: 'truncate' }],
    ['a connection that is reset', { kind: 'reset' }],
  ])('is over after a few tries: %s', async ([, fault], { expect }) => {
    await using deployment = await deployForRisky(EIGHT_TYPES);
    const { faults, castai } = deployment.sandbox;
    for (const route of ['cluster', 'list'] as const) faults.push({ when: { route }, times: 1, fault });
    faults.push({ when: { route: 'add' }, times: 6, fault });
    const { clusters } = await deployment.succeed();
    expect(clusters[0]?.outcome).toMatchObject({ succeeded: 8, failed: 0, deferred: 0, verified: 8 });
    expect(blacklistedTypes(deployment)).toEqual(EIGHT_TYPES.toSorted());
    expect(castai.entries).toHaveLength(8);
  });

  it.for(['extend', 'ignore', 'duplicate', 'conflict'] as const)(
    'adds nothing twice in effect when answers are lost (adding twice: %s)',
    async (onAddExisting, { expect }) => {
      await using deployment = await deployForRisky(EIGHT_TYPES, { sandbox: { castai: { onAddExisting } } });
      const { faults, requests } = deployment.sandbox;
      faults.push({ when: { route: 'add' }, times: 5, fault: { kind: 'lost-answer' } });
      await deployment.succeed();
      expect(blacklistedTypes(deployment)).toEqual(EIGHT_TYPES.toSorted());
      requests.length = 0;
      const { clusters } = await deployment.succeed();
      expect(clusters[0]?.actions).toMatchObject({ keep: 8, add: 0 });
      expect(deployment.writes).toEqual([]);
    },
  );

  it('is waited for as long as Retry-After says, in seconds', async ({ expect }) => {
    const [first, second] = await triesAfter('2');
    expect((second ?? 0) - (first ?? 0)).toBeGreaterThan(1_900);
  });

  it('is waited for even if that is longer than one request may take', async ({ expect }) => {
    const [first, second] = await triesAfter('12');
    expect((second ?? 0) - (first ?? 0)).toBeGreaterThan(11_900);
  });

  it('is waited for until Retry-After says, as a date', async ({ expect }) => {
    const date = new Date(Date.now() + 5_000).toUTCString();
    const [, second] = await triesAfter(date);
    expect(second).toBeGreaterThan(Date.parse(date) - 100);
  });

  it('is not waited for where Retry-After asks for an hour: that type has failed and the others are done', async ({
    expect,
  }) => {
    await using deployment = await deployForRisky(EIGHT_TYPES);
    const fault = answering(429, { headers: { 'retry-after': '3600' } });
    deployment.sandbox.faults.push({ when: { route: 'add', matching: aboutType('c5.large') }, fault });
    const { name, message } = await deployment.fail();
    expect(name).toBe('RunIncompleteError');
    expect(message).toMatch(/c5\.large: .*429/);
    expect(blacklistedTypes(deployment)).toEqual(EIGHT_TYPES.filter((type) => type !== 'c5.large').sort());
  });

  it('stops the writing when Retry-After asks for an hour again and again, and leaves the rest to the next run', async ({
    expect,
  }) => {
    await using deployment = await deploy();
    const fault = answering(429, { headers: { 'retry-after': '3600' } });
    deployment.sandbox.faults.push({ when: { route: 'add' }, fault });
    const { name, code, message, report } = await deployment.fail();
    expect({ name, code }).toEqual({ name: 'CastAiError', code: 'CASTAI_BUSY' });
    expect(message).toMatch(/asks for a longer pause \(429\)/);
    expect(deployment.writes.length).toBeLessThanOrEqual(20);
    expect(report.clusters?.[0]?.outcome.deferred).toBeGreaterThan(400);
    deployment.sandbox.faults.clear();
    const { clusters } = await deployment.succeed();
    expect(clusters[0]?.outcome).toMatchObject({ succeeded: 449, verified: 449 });
  });

  it('is a limit of 100 requests a second, which all 449 types get through', { timeout: 60_000 }, async ({
    expect,
  }) => {
    const rateLimit = { requests: 100, perSeconds: 1 };
    await using deployment = await deploy({ sandbox: { castai: { rateLimit } } });
    const { clusters } = await deployment.succeed();
    expect(clusters[0]?.outcome).toMatchObject({ succeeded: 449, failed: 0, deferred: 0, verified: 449 });
    expect(deployment.writes.some((request) => request.status === 429)).toBe(true);
  });

  it('and does not end for one type has failed for that type only', async ({ expect }) => {
    await using deployment = await deployForRisky(EIGHT_TYPES);
    const when = { route: 'add', matching: aboutType('c5.large') } as const;
    deployment.sandbox.faults.push({ when, fault: answering(503) });
    const { name, message } = await deployment.fail();
    expect(name).toBe('RunIncompleteError');
    expect(message).toMatch(/c5\.large: .*503/);
    expect(deployment.addedTypes.filter((type) => type === 'c5.large')).toHaveLength(4);
    expect(blacklistedTypes(deployment)).toEqual(EIGHT_TYPES.filter((type) => type !== 'c5.large').sort());
  });
});

/** When a type was tried whose first try was answered 429 with this Retry-After. */
async function triesAfter(retryAfter: string): Promise<number[]> {
  await using deployment = await deployForRisky(EIGHT_TYPES);
  const fault = answering(429, { headers: { 'retry-after': retryAfter } });
  deployment.sandbox.faults.push({
    when: { route: 'add', matching: aboutType('c5.large') },
    times: 1,
    fault,
  });
  await deployment.succeed();
  const tries = deployment.writes.filter((request) => typeIn(request) === 'c5.large');
  if (tries.length !== 2) throw new Error(`There were ${tries.length} tries.`);
  return tries.map(({ receivedAt }) => receivedAt);
}
