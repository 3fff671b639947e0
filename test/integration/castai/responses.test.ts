import { describe, expect, it } from 'vitest';
import { runSmall, startRisky, writesSeenBy } from '../../support/run-here.ts';

const item = (facts: Record<string, unknown>) => JSON.stringify({ items: [facts] });

describe('a malformed list', () => {
  it.each([
    ['is empty', ''],
    ['is an array', '[]'],
    ['is null', 'null'],
    ['has no items', '{"message":"hello"}'],
    ['has items that are not an array', '{"items":{}}'],
    ['has an item that is null', '{"items":[null]}'],
    ['has an item that is a list', '{"items":[[]]}'],
    ['has an item that is text', '{"items":["m5.large"]}'],
    ['has a date that does not parse', item({ instanceType: 'm5.large', expiresAt: 'tomorrow' })],
    ['has a date that is empty', item({ instanceType: 'm5.large', expiresAt: '' })],
    ['has a date that is a number', item({ instanceType: 'm5.large', expiresAt: 1_790_000_000 })],
    ['has a time without a zone', item({ instanceType: 'm5.large', expiresAt: '2099-01-01T00:00:00' })],
    ['has a day that does not exist', item({ instanceType: 'm5.large', expiresAt: '2026-13-45T00:00:00Z' })],
    ['has a type that is a number', item({ instanceType: 5 })],
    ['has a reason that is an object', item({ instanceType: 'm5.large', reason: {} })],
  ])('is an error when it %s, and nothing is written', async (_, body) => {
    await using sandbox = await startRisky();
    sandbox.faults.push({ when: { route: 'list' }, fault: { kind: 'body', body } });
    await expect(outcomeOf(runSmall(sandbox))).resolves.toMatchObject({
      name: 'CastAiError',
      code: 'CASTAI_MALFORMED',
    });
    expect(writesSeenBy(sandbox)).toEqual([]);
  });
});

describe('a list in another form', () => {
  it.each([
    ['an empty object, as protobuf writes an empty list', '{}'],
    ['null items, as Go writes an empty list', '{"items":null}'],
    ['an empty list', '{"items":[]}'],
    [
      'an item with nulls only',
      item({ instanceType: null, instanceFamily: null, expiresAt: null, reason: null }),
    ],
    ['an item of another organization', item({ instanceFamily: 'm5', organizationId: 'another' })],
    ['an item of another cluster', item({ instanceFamily: 'm5', clusterId: 'another' })],
  ])('is read as empty: %s', async (_, body) => {
    await using sandbox = await startRisky();
    sandbox.faults.push({ when: { route: 'list' }, fault: { kind: 'body', body } });
    const { result } = await runSmall(sandbox, { payload: { dryRun: true } });
    expect(result.clusters[0]?.actions).toMatchObject({ add: 8, covered: 0 });
  });

  it('is accepted with nanoseconds, without a lifecycle (which means all) and without an expiry', async () => {
    await using sandbox = await startRisky();
    const items = [
      { instanceType: 'm5.large', expiresAt: '2099-01-01T00:00:00.123456789Z' },
      { instanceFamily: 'r5', reason: null, somethingNew: [1] },
    ];
    sandbox.faults.push({
      when: { route: 'list' },
      fault: { kind: 'body', body: JSON.stringify({ items }) },
    });
    const { result } = await runSmall(sandbox, { payload: { dryRun: true } });
    const covered = result.clusters[0]?.decisions.filter(({ action }) => action === 'covered') ?? [];
    expect(covered.map(({ instanceType }) => instanceType)).toContain('m5.large');
    expect(covered.filter(({ instanceType }) => instanceType.startsWith('r5.')).length).toBeGreaterThan(0);
  });

  it('is accepted with thousands of entries', async () => {
    await using sandbox = await startRisky();
    for (let entry = 0; entry < 10_000; entry += 1) {
      sandbox.castai.seed({ instanceType: `x${entry}.large`, lifecycle: 'spot', reason: 'by hand' });
    }
    const { result, error } = await runSmall(sandbox);
    expect(error).toBeNull();
    expect(result.clusters[0]?.outcome).toMatchObject({ succeeded: 8, verified: 8 });
    expect(sandbox.castai.entries).toHaveLength(10_008);
  });
});

describe('a malformed response about clusters', () => {
  it.each([
    ['a cluster without an id', '{"name":"x"}'],
    ['a list in place of one', '[]'],
  ])('is an error: %s', async (_, body) => {
    await using sandbox = await startRisky();
    sandbox.faults.push({ when: { route: 'cluster' }, fault: { kind: 'body', body } });
    await expect(runSmall(sandbox)).rejects.toMatchObject({ name: 'CastAiError', code: 'CASTAI_MALFORMED' });
    expect(writesSeenBy(sandbox)).toEqual([]);
  });
});

/** The error of a run, whether it was thrown at once or came with a result. */
async function outcomeOf(outcome: ReturnType<typeof runSmall>): Promise<unknown> {
  return outcome.then(
    ({ error }) => error,
    (error: unknown) => error,
  );
}
