// Entries with a marker of this project that are not counted as own: of a former name, or changed by the API.
import { describe, expect, it } from 'vitest';
import { startSandbox } from '../../../cli/sandbox/sandbox.ts';
import { type Author, authorOf } from '../../../lambda/domain/markers.ts';
import { EIGHT_TYPES, HOUR, riskyFeed } from '../../support/deployment.ts';
import { FLEET, runHere, writesSeenBy } from '../../support/run-here.ts';

const NAMES = { targetName: 'default', formerTargetName: 'old' };

describe('the author of an entry', () => {
  it.each<[string, Author]>([
    ['spot-blacklist/default: >20%', { kind: 'own' }],
    ['spot-blacklist/old: >20%', { kind: 'own' }],
    ['spot-blacklist/gpu: >20%', { kind: 'target', name: 'gpu' }],
    ['spot-blacklist/default-2: >20%', { kind: 'target', name: 'default-2' }],
    [`spot-blacklist/${'x'.repeat(40)}: >20%`, { kind: 'target', name: null }],
    ['Spot-Blacklist/Default: >20%', { kind: 'altered' }],
    ['SPOT-BLACKLIST/DEFAULT: >20%', { kind: 'altered' }],
    ['user: spot-blacklist/default: >20%', { kind: 'altered' }],
    ['"spot-blacklist/default: >20%"', { kind: 'altered' }],
    ['spot-blacklist%2Fdefault: >20%', { kind: 'altered' }],
    ['spot-blacklist&#x2F;default: &gt;20%', { kind: 'altered' }],
    ['spot_blacklist default', { kind: 'altered' }],
    ['spot-blacklist/default', { kind: 'altered' }],
    ['spot-blacklist/def', { kind: 'altered' }],
    ['spot-blacklist/', { kind: 'altered' }],
    ['spot-blackl', { kind: 'altered' }],
    ['spot-blacklist/def…', { kind: 'altered' }],
    ['spot-blackl...', { kind: 'altered' }],
    ['spot-bla', { kind: 'altered' }],
    ['spot-blacklistdefault: >20%', { kind: 'altered' }],
    ['spot-blacklist-default-20-interrupted', { kind: 'altered' }],
    ['User: Spot-Blacklist/Old: >20%', { kind: 'altered' }],
    ['user: spot-blacklist/gpu: >20%', { kind: 'other' }],
    ['not for spot: blacklisted by hand', { kind: 'other' }],
    ['by hand', { kind: 'other' }],
    ['', { kind: 'other' }],
  ])('%j is %j', (reason, author) => {
    expect(authorOf(reason, NAMES)).toEqual(author);
  });
});

const payload = { minTypesPerArchitecture: 0, minFamiliesPerArchitecture: 0, maxBlacklistShare: 1 };

describe('an API that changes what it stores is noticed in the first run', () => {
  it.each<[string, (reason: string) => string]>([
    ['puts something before it', (reason) => `user: ${reason}`],
    ['capitalises it', (reason) => `S${reason.slice(1)}`],
    ['cuts it off', (reason) => reason.slice(0, 16)],
  ])('of a reason, when it %s', async (_, alterReason) => {
    await using sandbox = await startSandbox({ castai: { alterReason } });
    sandbox.feed.replace(riskyFeed());
    const { result } = await runHere(sandbox, { payload });
    expect(result.clusters[0]?.warnings.join()).toMatch(
      /have this target's marker in another form.*c5\.large, .*please report it|please report it: c5\.large, /,
    );
    const cleared = await runHere(sandbox, { payload: { operation: 'clear' } });
    expect(cleared.result.clusters[0]?.warnings.join()).toContain(
      "have this target's marker in another form",
    );
  });

  it('of a lifecycle, which blocks on-demand machines', async () => {
    await using sandbox = await startSandbox({ castai: { storeLifecycle: 'all' } });
    sandbox.feed.replace(riskyFeed());
    const first = await runHere(sandbox, { payload });
    const second = await runHere(sandbox, { payload });
    for (const { result } of [first, second])
      expect(result.clusters[0]?.warnings.join()).toContain('on-demand machines may be blocked');
    expect(first.error).not.toBeNull();
  });
});

describe('a renamed target', () => {
  const seedOld = async () => {
    const sandbox = await startSandbox();
    sandbox.feed.replace(riskyFeed());
    for (const [index, instanceType] of EIGHT_TYPES.entries()) {
      const expiresAt = new Date(Date.now() + (index < 4 ? 1 : 4) * HOUR).toISOString();
      sandbox.castai.seed({ instanceType, lifecycle: 'spot', expiresAt, reason: 'spot-blacklist/old: >20%' });
    }
    return sandbox;
  };

  it('is warned of the types that will be open when the entries of its old name end', async () => {
    await using sandbox = await seedOld();
    const { result } = await runHere(sandbox, { payload: { ...payload, targetName: 'new' } });
    const [warning, ...more] = result.clusters[0]?.warnings ?? [];
    expect(warning).toMatch(/^4 types are covered only by entries of the target old that end soon/);
    expect(warning).toContain('set FORMER_TARGET_NAME to old');
    expect(more).toEqual([]);
    expect(writesSeenBy(sandbox)).toEqual([]);
  });

  it('renews them under its new name without a gap when it is told its old one', async () => {
    await using sandbox = await seedOld();
    const renamed = { ...payload, targetName: 'new', formerTargetName: 'old' };
    const { result, error } = await runHere(sandbox, { payload: renamed });
    expect(error).toBeNull();
    expect(result.clusters[0]?.warnings).toEqual([]);
    expect(result.clusters[0]?.actions).toMatchObject({ renew: 4, keep: 4 });
    expect(writesSeenBy(sandbox).map(({ route }) => route)).toEqual(['add', 'add', 'add', 'add']);
    const reasons = sandbox.castai.entries.map(({ reason }) => reason.slice(0, 'spot-blacklist/new'.length));
    expect(reasons.filter((reason) => reason === 'spot-blacklist/new')).toHaveLength(4);
  });

  it('clears the entries of another name by that name, and is told when a name clears nothing', async () => {
    await using sandbox = await seedOld();
    const mistyped = await runHere(sandbox, { payload: { operation: 'clear', targetName: 'odl' } });
    expect(mistyped.result.clusters[0]?.warnings).toEqual([
      "There is no entry of the target odl, but there are some of old (8). Is the target's name right?",
    ]);
    const { result } = await runHere(sandbox, { payload: { operation: 'clear', targetName: 'old' } });
    expect(result.clusters[0]?.outcome).toMatchObject({ succeeded: 8, verified: 8 });
    expect(sandbox.castai.entries).toEqual([]);
  });
});

describe('an entry that is not understood', () => {
  it.each([
    ['lifecycle', { instanceType: 'm5.large', lifecycle: 'reserved' }],
    ['instanceType', { instanceType: `m5.${'x'.repeat(60)}`, lifecycle: 'spot' }],
    ['instanceFamily', { instanceFamily: 'm5.large', lifecycle: 'spot' }],
  ])('(its %s) belongs to another owner, covers nothing, and is named by its place', async (field, entry) => {
    await using sandbox = await startSandbox();
    sandbox.feed.replace(riskyFeed());
    const items = [
      { instanceFamily: 'z9', reason: 'fine' },
      { ...entry, clusterId: sandbox.castai.clusters[0]?.id, reason: 'x' },
    ];
    // Before the writing; afterwards the list is what was written.
    const fault = { kind: 'body', body: JSON.stringify({ items }) } as const;
    sandbox.faults.push({ when: { route: 'list' }, times: 2, fault });
    const { result, error } = await runHere(sandbox, { payload });
    expect(error).toBeNull();
    expect(result.clusters[0]?.actions).toMatchObject({ add: 8, covered: 0 });
    const [warning] = result.clusters[0]?.warnings ?? [];
    expect(warning).toMatch(/does not understand/);
    expect(warning).toContain(`: items[1].${field}.`);
    expect(warning).not.toMatch(/reserved|xxx/);
  });

  it.each<[string, Record<string, unknown>]>([
    ['items[1].expiresAt', { instanceType: 'm5.large', expiresAt: 'zq7 tomorrow' }],
    ['items[1].clusterId', { instanceType: 'm5.large', clusterId: 5 }],
    ['items[1].reason', { instanceType: 'm5.large', reason: { zq7: 1 } }],
  ])('so that it cannot be trusted is named as %s, without its value', async (place, entry) => {
    await using sandbox = await startSandbox();
    const body = JSON.stringify({ items: [{ instanceFamily: 'z9' }, entry] });
    sandbox.faults.push({ when: { route: 'list' }, fault: { kind: 'body', body } });
    const error: Error | null = await runHere(sandbox).then(
      (outcome) => outcome.error,
      (thrown) => thrown,
    );
    expect(error).toMatchObject({ code: 'CASTAI_MALFORMED' });
    expect(error?.message).toContain(`${place} is missing or unreadable`);
    expect(error?.message).not.toContain('zq7');
  });
});

it('a fleet of 20 that is told to come back tomorrow stops as a whole', async () => {
  await using sandbox = await startSandbox();
  const [first] = sandbox.castai.clusters;
  sandbox.castai.clusters = Array.from({ length: 20 }, (_, index) => ({
    ...(first ?? {
      id: '',
      name: '',
      organizationId: '',
      providerType: '',
      status: '',
      agentStatus: '',
      region: { name: '', displayName: '' },
    }),
    id: `0a9b8c7d-1111-4222-8333-${String(index).padStart(12, '0')}`,
  }));
  const headers = { 'retry-after': '86400' };
  sandbox.faults.push({ when: { route: 'add' }, fault: { kind: 'status', status: 429, headers } });
  const { result, error } = await runHere(sandbox, { secret: FLEET, payload: { batchSize: 10 } });
  expect(error).toMatchObject({ code: 'RUN_INCOMPLETE' });
  // Those that were under way when the third answer came.
  expect(writesSeenBy(sandbox).length).toBeLessThanOrEqual(20);
  const byStatus = Object.groupBy(result.clusters, ({ status }) => status);
  expect((byStatus.failed?.length ?? 0) + (byStatus.deferred?.length ?? 0)).toBe(20);
  expect(byStatus.deferred?.[0]?.problem).toContain('CAST AI asked for a longer pause');
});
