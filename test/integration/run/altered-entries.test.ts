// Entries with a marker of this project that are not counted as own: of a former name, or changed by the API.
import { describe, expect, it } from 'vitest';
import { EIGHT_TYPES, HOUR } from '../../support/deployment.ts';
import { runSmall, startRisky, writesSeenBy } from '../../support/run-here.ts';

describe('the first run notices that the API changes what it stores', () => {
  it.each<[string, (reason: string) => string]>([
    ['puts something before it', (reason) => `user: ${reason}`],
    ['capitalises it', (reason) => `S${reason.slice(1)}`],
    ['cuts it off', (reason) => reason.slice(0, 16)],
  ])('of a reason, when it %s', async (_, alterReason) => {
    await using sandbox = await startRisky(EIGHT_TYPES, { castai: { alterReason } });
    const { result } = await runSmall(sandbox);
    expect(result.clusters[0]?.warnings.join()).toMatch(
      /have this target's marker in an altered form.*please report it: c5\.large, /,
    );
    const cleared = await runSmall(sandbox, { payload: { operation: 'clear' } });
    expect(cleared.result.clusters[0]?.warnings.join()).toContain(
      "have this target's marker in an altered form",
    );
  });

  it('of a lifecycle, which blocks on-demand machines', async () => {
    await using sandbox = await startRisky(EIGHT_TYPES, { castai: { storeLifecycle: 'all' } });
    const first = await runSmall(sandbox);
    const second = await runSmall(sandbox);
    for (const { result } of [first, second])
      expect(result.clusters[0]?.warnings.join()).toContain('on-demand machines may be blocked');
    expect(first.error).not.toBeNull();
  });
});

describe('a renamed target', () => {
  const seedOld = async (name = 'old') => {
    const sandbox = await startRisky();
    for (const [index, instanceType] of EIGHT_TYPES.entries()) {
      const expiresAt = new Date(Date.now() + (index < 4 ? 1 : 4) * HOUR).toISOString();
      sandbox.castai.seed({
        instanceType,
        lifecycle: 'spot',
        expiresAt,
        reason: `spot-blacklist/${name}: >20%`,
      });
    }
    return sandbox;
  };

  it.each([
    ['old', 'new'],
    ['Team_A.prod', 'team-a.prod'],
    ['New', 'new'],
  ])(
    'warns of types that will be uncovered when the entries of its old name expire: %s, now %s',
    async (old, targetName) => {
      await using sandbox = await seedOld(old);
      const { result } = await runSmall(sandbox, { settings: { targetName } });
      const [warning, ...more] = result.clusters[0]?.warnings ?? [];
      expect(warning).toContain(`4 types are covered only by entries of the target ${old} that expire soon`);
      expect(warning).toContain(`set FORMER_TARGET_NAME to ${old}`);
      expect(more).toEqual([]);
      expect(writesSeenBy(sandbox)).toEqual([]);
    },
  );

  it('renews them under its new name without a gap if its former name is set', async () => {
    await using sandbox = await seedOld();
    const renamed = { targetName: 'new', formerTargetName: 'old' };
    const { result, error } = await runSmall(sandbox, { settings: renamed });
    expect(error).toBeNull();
    expect(result.clusters[0]?.warnings).toEqual([]);
    expect(result.clusters[0]?.actions).toMatchObject({ renew: 4, keep: 4 });
    expect(writesSeenBy(sandbox).map(({ route }) => route)).toEqual(['add', 'add', 'add', 'add']);
    const reasons = sandbox.castai.entries.map(({ reason }) => reason.slice(0, 'spot-blacklist/new'.length));
    expect(reasons.filter((reason) => reason === 'spot-blacklist/new')).toHaveLength(4);
  });

  it('clears the entries of another name by that name, and warns of a name that clears nothing', async () => {
    await using sandbox = await seedOld();
    const mistyped = await runSmall(sandbox, {
      settings: { targetName: 'odl' },
      payload: { operation: 'clear' },
    });
    expect(mistyped.result.clusters[0]?.warnings).toEqual([
      "The target odl has no entries, but these targets have: old (8). Is the target's name correct?",
    ]);
    const { result } = await runSmall(sandbox, {
      settings: { targetName: 'old' },
      payload: { operation: 'clear' },
    });
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
    await using sandbox = await startRisky();
    const items = [
      { instanceFamily: 'z9', reason: 'fine' },
      { ...entry, clusterId: sandbox.castai.clusters[0]?.id, reason: 'x' },
    ];
    // Before the writes; afterwards the list holds what was written.
    const fault = { kind: 'body', body: JSON.stringify({ items }) } as const;
    sandbox.faults.push({ when: { route: 'list' }, times: 2, fault });
    const { result, error } = await runSmall(sandbox);
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
  ])('that cannot be trusted is named as %s, without its value', async (place, entry) => {
    await using sandbox = await startRisky();
    const body = JSON.stringify({ items: [{ instanceFamily: 'z9' }, entry] });
    sandbox.faults.push({ when: { route: 'list' }, fault: { kind: 'body', body } });
    const error: Error | null = await runSmall(sandbox).then(
      (outcome) => outcome.error,
      (thrown) => thrown,
    );
    expect(error).toMatchObject({ code: 'CASTAI_MALFORMED' });
    expect(error?.message).toContain(`${place} is missing or unreadable`);
    expect(error?.message).not.toContain('zq7');
  });
});
