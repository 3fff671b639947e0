// Two lists of one run that contradict each other: the cluster's is not believed, and nothing is written there.
import { describe, expect, it } from 'vitest';
import { type BlacklistEntry, makeCluster } from '../../../cli/demo/sandbox/castai/castai.ts';
import type { SandboxRequest } from '../../../cli/demo/sandbox/http/exchange.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import { answering, HOUR } from '../../support/deployment.ts';
import { FLEET, runSmall, startRisky, writesSeenBy } from '../../support/run-here.ts';

const TYPES = ['m5.large', 'c5.large', 'r5.large'];
const OTHER = '0e6f0000-0000-4000-8000-000000000000';
const THEIRS = { instanceType: 'm5.large', lifecycle: 'spot', reason: 'by hand' } as const;
const inHours = (hours: number) => new Date(Date.now() + hours * HOUR).toISOString();

const listOf =
  (clusterId: string | undefined) =>
  ({ query }: SandboxRequest) =>
    query['clusterId'] === clusterId;

/** Answers every request for a cluster's list, or the first ones, with these items. */
function pretend(sandbox: Sandbox, items: unknown, times = Number.POSITIVE_INFINITY): void {
  const when = { route: 'list', matching: listOf(sandbox.castai.clusters[0]?.id) } as const;
  const body = typeof items === 'string' ? items : JSON.stringify({ items });
  sandbox.faults.push({ when, times, fault: { kind: 'body', body, contentType: 'application/json' } });
}

const reads = ({ requests, castai }: Sandbox) =>
  requests.filter((one) => one.route === 'list' && listOf(castai.clusters[0]?.id)(one)).length;

describe('a cluster’s list without any of its entries is read again, and is then an error, if the organization’s list has live ones', () => {
  it.each<[string, unknown]>([
    ['an empty list', []],
    ['no items', '{}'],
    ['items that are null', null],
    ['only entries of another cluster', [{ ...THEIRS, clusterId: OTHER }]],
    ['only entries of the organization', [{ ...THEIRS, clusterId: null }]],
    ['only entries of another organization', [{ ...THEIRS, organizationId: OTHER }]],
  ])('%s', async (_, items) => {
    await using sandbox = await startRisky(TYPES);
    sandbox.castai.seed(THEIRS);
    const before = structuredClone(sandbox.castai.entries);
    pretend(sandbox, items);
    const { result, error } = await runSmall(sandbox);
    expect(error).toMatchObject({ name: 'CastAiError', code: 'CASTAI_CONTRADICTORY' });
    expect(result.clusters).toMatchObject([{ status: 'failed', problem: error?.message, decisions: [] }]);
    expect(reads(sandbox)).toBe(2);
    expect(writesSeenBy(sandbox)).toEqual([]);
    expect(sandbox.castai.entries).toEqual(before);
  });

  it('and is believed if it has them at the second reading', async () => {
    await using sandbox = await startRisky(TYPES);
    sandbox.castai.seed(THEIRS);
    pretend(sandbox, [], 1);
    const { result, error } = await runSmall(sandbox);
    expect(error).toBeNull();
    expect(result.clusters).toMatchObject([{ actions: { covered: 1, add: 2 } }]);
  });

  it('in a dry run too', async () => {
    await using sandbox = await startRisky(TYPES);
    sandbox.castai.seed(THEIRS);
    pretend(sandbox, []);
    const { error } = await runSmall(sandbox, { payload: { dryRun: true } });
    expect(error).toMatchObject({ code: 'CASTAI_CONTRADICTORY' });
  });

  it('while the other clusters of a fleet complete', async () => {
    await using sandbox = await startRisky(TYPES);
    const { organizationId } = sandbox.castai;
    const other = makeCluster('us-east-1', { organizationId, name: 'other' });
    sandbox.castai.clusters.push(other);
    sandbox.castai.seed(THEIRS);
    pretend(sandbox, []);
    const { result, error } = await runSmall(sandbox, { secret: FLEET });
    expect(error?.message).toMatch(/^1 of 2 clusters is not finished: sandbox-us-east-1 \(failed: /);
    expect(result.clusters).toMatchObject([
      { clusterName: 'other', status: 'completed', outcome: { succeeded: 3 } },
      { clusterName: 'sandbox-us-east-1', status: 'failed', outcome: { uncovered: null } },
    ]);
    expect(new Set(writesSeenBy(sandbox).map(({ body }) => (body as BlacklistEntry).clusterId))).toEqual(
      new Set([other.id]),
    );
  });
});

const byHand = (instanceType: string) => ({ ...THEIRS, instanceType });

describe('a cluster’s list that has some entries of it, but lacks live ones', () => {
  it.each<[string, object]>([
    ['of another type', { ...THEIRS, instanceType: 'i3.large' }],
    ['of the same type and another lifecycle', { ...THEIRS, lifecycle: 'on_demand' }],
    ['of the family', { instanceFamily: 'm5', lifecycle: 'spot' }],
  ])('that the organization’s list has is an error if confirmed: it has one %s', async (_, other) => {
    await using sandbox = await startRisky(TYPES);
    const kept = sandbox.castai.seed(other);
    sandbox.castai.seed(THEIRS);
    pretend(sandbox, [kept]);
    const { result, error } = await runSmall(sandbox);
    expect(error).toMatchObject({ code: 'CASTAI_CONTRADICTORY' });
    expect(result.clusters).toMatchObject([{ status: 'failed', decisions: [] }]);
    expect(writesSeenBy(sandbox)).toEqual([]);
  });

  it('is believed if they were removed after the organization’s list had been read', async () => {
    await using sandbox = await startRisky(TYPES);
    const kept = sandbox.castai.seed(byHand('c5.large'));
    sandbox.castai.seed(THEIRS);
    sandbox.faults.push({
      when: { route: 'list', matching: listOf(sandbox.castai.clusters[0]?.id) },
      onStrike: () => {
        sandbox.castai.entries = [kept];
      },
      times: 1,
      fault: { kind: 'body', body: JSON.stringify({ items: [kept] }) },
    });
    const { result, error } = await runSmall(sandbox);
    expect(error).toBeNull();
    expect(result.clusters).toMatchObject([{ actions: { covered: 1, add: 2 } }]);
  });
});

it('after the writes, the organization’s list is read anew, even if it was read again before them', async () => {
  await using sandbox = await startRisky(TYPES);
  const { castai, faults } = sandbox;
  const kept = castai.seed(byHand('c5.large'));
  castai.seed(byHand('i3.large'));
  castai.seed(THEIRS);
  const without =
    (...types: string[]) =>
    () => {
      castai.entries = castai.entries.filter(({ instanceType }) => !types.includes(instanceType ?? ''));
    };
  const listed = castai.entries.filter(({ instanceType }) => instanceType !== 'm5.large');
  const when = { route: 'list', matching: listOf(castai.clusters[0]?.id) } as const;
  const body = JSON.stringify({ items: listed });
  faults.push({ when, onStrike: without('m5.large'), times: 1, fault: { kind: 'body', body } });
  faults.push({ when: { route: 'add' }, onStrike: without('i3.large'), fault: { kind: 'latency', ms: 0 } });
  const { result, error } = await runSmall(sandbox);
  expect(error).toBeNull();
  expect(result.clusters).toMatchObject([{ status: 'completed', outcome: { succeeded: 2 } }]);
  expect(castai.entries).toContain(kept);
});

describe('an empty list is believed if the organization’s list has', () => {
  it.each<[string, (sandbox: Sandbox, id: string) => void]>([
    ['nothing', () => {}],
    [
      'expired entries only',
      ({ castai }) => {
        castai.switches.listExpired = true;
        castai.seed({ ...THEIRS, expiresAt: inHours(-1) });
      },
    ],
    [
      'an entry that expires at this moment',
      ({ castai }) => castai.seed({ ...THEIRS, expiresAt: inHours(0.005) }),
    ],
    ['entries of another cluster', ({ castai }) => castai.seed({ ...THEIRS, clusterId: OTHER })],
    ['entries of the organization', ({ castai }) => castai.seed({ ...THEIRS, clusterId: null })],
    ['entries of another organization', ({ castai }) => castai.seed({ ...THEIRS, organizationId: OTHER })],
    [
      'entries that cannot be read, of no cluster of this run',
      ({ castai }) => castai.seed({ clusterId: OTHER, expiresAt: 'tomorrow' }),
    ],
  ])('%s', async (_, arrange) => {
    await using sandbox = await startRisky(TYPES);
    arrange(sandbox, sandbox.castai.clusters[0]?.id ?? '');
    pretend(sandbox, [], 1);
    const { error } = await runSmall(sandbox);
    expect(error).toBeNull();
    expect(reads(sandbox)).toBe(2);
  });

  it('to say nothing, since the key may not read it', async () => {
    await using sandbox = await startRisky(TYPES);
    sandbox.faults.push({ when: { route: 'list', matching: listOf(undefined) }, fault: answering(403) });
    pretend(sandbox, [], 1);
    expect((await runSmall(sandbox)).error).toBeNull();
  });
});

describe('entries of a cluster in the organization’s list count', () => {
  it.each<[string, Record<string, unknown>]>([
    ['without an organization', { organizationId: null }],
    ['with the cluster in capitals', {}],
    ['with no expiry', { expiresAt: null }],
    ['with a placeholder for no expiry', { expiresAt: '0001-01-01T00:00:00Z' }],
    ['with an expiry that cannot be read', { expiresAt: 'tomorrow' }],
    ['that nobody understands', { instanceType: null, lifecycle: 'SPOT' }],
  ])('%s', async (_, facts) => {
    await using sandbox = await startRisky(TYPES);
    const clusterId = sandbox.castai.clusters[0]?.id.toUpperCase();
    const body = JSON.stringify({ items: [{ ...THEIRS, clusterId, ...facts }] });
    sandbox.faults.push({
      when: { route: 'list', matching: listOf(undefined) },
      fault: { kind: 'body', body },
    });
    const { error } = await runSmall(sandbox);
    expect(error).toMatchObject({ code: 'CASTAI_CONTRADICTORY' });
    expect(writesSeenBy(sandbox)).toEqual([]);
  });
});

describe('a list after the writes that lacks untouched entries', () => {
  const seeded = async () => {
    const sandbox = await startRisky(TYPES);
    sandbox.castai.seed(THEIRS);
    return sandbox;
  };
  const onceWritten = (sandbox: Sandbox, times?: number, items: unknown = []) =>
    sandbox.faults.push({
      when: { route: 'add' },
      times: 1,
      onStrike: () => pretend(sandbox, items, times),
      fault: { kind: 'latency', ms: 0 },
    });

  it('confirms nothing, and nothing is removed because of it', async () => {
    await using sandbox = await seeded();
    onceWritten(sandbox);
    const { result, error } = await runSmall(sandbox);
    expect(error).toMatchObject({ code: 'RUN_INCOMPLETE' });
    expect(error?.message).toContain('it could not be confirmed');
    expect(result.clusters).toMatchObject([{ outcome: { failed: 2, succeeded: 0 } }]);
    expect(writesSeenBy(sandbox).map(({ route }) => route)).toEqual(['add', 'add']);
    expect(sandbox.castai.entries).toHaveLength(3);
  });

  it('confirms nothing if only one of the untouched entries is lost', async () => {
    await using sandbox = await seeded();
    const kept = sandbox.castai.seed(byHand('i3.large'));
    onceWritten(sandbox, Number.POSITIVE_INFINITY, [kept]);
    expect((await runSmall(sandbox)).error?.message).toContain('it could not be confirmed');
  });

  it('is read again', async () => {
    await using sandbox = await seeded();
    onceWritten(sandbox, 1);
    expect((await runSmall(sandbox)).error).toBeNull();
  });

  it('is believed if others have removed it meanwhile', async () => {
    await using sandbox = await seeded();
    sandbox.faults.push({
      when: { route: 'add' },
      times: 1,
      onStrike: () => sandbox.castai.entries.shift(),
      fault: { kind: 'latency', ms: 0 },
    });
    expect((await runSmall(sandbox)).error).toBeNull();
  });
});
