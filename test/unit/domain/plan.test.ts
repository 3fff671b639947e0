import { describe, expect, it } from 'vitest';
import type { Entry } from '../../../lambda/domain/entry.ts';
import { planApply, planClear } from '../../../lambda/domain/plan.ts';
import type { Policy } from '../../../lambda/domain/policy.ts';
import {
  actionsOf,
  CLUSTER,
  foreignEntry,
  HOUR,
  madeUpRegion,
  NO_GUARD_RAILS,
  NOW,
  OTHER_CLUSTER,
  ownEntry,
  POLICY,
  realFeed,
  stateWith,
} from '../../support/plan.ts';

/** One type of each band, all of one size. */
const region = madeUpRegion({
  'c5.large': 0,
  'm5.large': 1,
  'r5.large': 2,
  'i3.large': 3,
  'z1d.large': 4,
});

/** 12 hours, so half the time is 6. */
const policy: Policy = { ...POLICY, ...NO_GUARD_RAILS };

const decide = (entries: Entry[], overrides: Partial<Policy> = {}) =>
  actionsOf(planApply(region, { ...policy, ...overrides }, stateWith(entries)));

describe('the threshold', () => {
  it.each([
    [20, ['z1d.large']],
    [19.9, ['z1d.large', 'i3.large']],
    [15, ['z1d.large', 'i3.large']],
    [12, ['z1d.large', 'i3.large', 'r5.large']],
    [10, ['z1d.large', 'i3.large', 'r5.large']],
    [5, ['z1d.large', 'i3.large', 'r5.large', 'm5.large']],
    [4, ['z1d.large', 'i3.large', 'r5.large', 'm5.large', 'c5.large']],
    [99, ['z1d.large']],
  ])('of %d blacklists every band whose label reaches above it', (interruptionThreshold, risky) => {
    expect(Object.keys(decide([], { interruptionThreshold }))).toEqual(risky);
  });

  it.each([
    ['us-east-1', [883, 686, 565, 449]],
    ['eu-west-1', [453, 285, 217, 168]],
    ['ap-northeast-1', [533, 344, 228, 166]],
  ])('gives the known number of risky types in %s in February 2026', (name, counts) => {
    const feed = realFeed('2026-02-13').of(name, 'linux');
    const planned = [5, 10, 15, 20].map(
      (interruptionThreshold) =>
        planApply(feed, { ...policy, interruptionThreshold }, stateWith([])).decisions.length,
    );
    expect(planned).toEqual(counts);
  });
});

describe('a plan', () => {
  it('comes riskiest first: by band, then the least saving, then by name', () => {
    const feed = madeUpRegion({
      'm5.large': { band: 3, savings: 10 },
      'c5.large': { band: 4, savings: 80 },
      'r5.large': { band: 4, savings: 20 },
      'i3.large': { band: 4, savings: 20 },
      'z1d.large': { band: 4, savings: 20 },
    });
    const { decisions } = planApply(feed, { ...policy, interruptionThreshold: 15 }, stateWith([]));
    expect(decisions.map(({ instanceType }) => instanceType)).toEqual([
      'i3.large',
      'r5.large',
      'z1d.large',
      'c5.large',
      'm5.large',
    ]);
  });

  it('warns when nothing at all is risky, and only then', () => {
    const calm = madeUpRegion({ 'm5.large': 0, 'c5.large': 1 });
    expect(planApply(calm, policy, stateWith([])).warnings).toEqual([
      'No type of us-east-1, Linux, is risky at a threshold of 20%, so there is nothing to blacklist.',
    ]);
    expect(planApply(region, policy, stateWith([])).warnings).toEqual([]);
    expect(planApply(calm, { ...policy, alwaysBlacklist: ['m5.*'] }, stateWith([])).warnings).toEqual([]);
  });
});

describe('a risky type', () => {
  it('is added when nothing covers it, for the whole blacklist time', () => {
    const { decisions } = planApply(region, policy, stateWith([]));
    expect(decisions).toEqual([
      {
        instanceType: 'z1d.large',
        band: '>20%',
        savings: 60,
        action: 'add',
        reason: '>20% interrupted in a month, above the tolerated 20%',
        expiresAt: NOW + 12 * HOUR,
      },
    ]);
  });

  it.each<[string, string, Entry]>([
    ['kept while its own entry has three quarters of its time left', 'keep', ownEntry('z1d.large', 9)],
    ['renewed when its own entry has less than half its time left', 'renew', ownEntry('z1d.large', 5.99)],
    ['added when its own entry has expired', 'add', ownEntry('z1d.large', 0)],
    [
      'covered by an entry of another target of a similar name, even if it runs out soon: that is left alone',
      'covered',
      ownEntry('z1d.large', 1, 'default-2'),
    ],
    ['covered by an entry of another target', 'covered', ownEntry('z1d.large', 7, 'windows')],
    ['covered by an entry for the type', 'covered', foreignEntry({ instanceType: 'z1d.large' })],
    ['covered by an entry for its family', 'covered', foreignEntry({ instanceFamily: 'z1d' })],
    [
      'covered by an entry for every lifecycle',
      'covered',
      foreignEntry({ instanceType: 'z1d.large', lifecycle: 'all' }),
    ],
    [
      'covered by an entry for the whole organization',
      'covered',
      foreignEntry({ instanceFamily: 'z1d', clusterId: null }),
    ],
    [
      'covered by an entry without an end',
      'covered',
      foreignEntry({ instanceType: 'z1d.large', expiresAt: null }),
    ],
    [
      'covered by an entry that lasts just half the time',
      'covered',
      foreignEntry({ instanceFamily: 'z1d', expiresAt: NOW + 6 * HOUR }),
    ],
    [
      'added when the entry of somebody else lasts less than half the time, and is for more than this key',
      'add',
      foreignEntry({ instanceType: 'z1d.large', lifecycle: 'all', expiresAt: NOW + 5 * HOUR }),
    ],
    [
      'covered by an entry of somebody else under the very same key, however short: that is left alone',
      'covered',
      foreignEntry({ instanceType: 'z1d.large', expiresAt: NOW + HOUR }),
    ],
    [
      'added when an entry under the same key lasts less than half the time and does not say whose it is',
      'add',
      foreignEntry({ instanceType: 'z1d.large', expiresAt: NOW + 5 * HOUR, reason: '' }),
    ],
    [
      'added when somebody else excludes it on demand only',
      'add',
      foreignEntry({ instanceType: 'z1d.large', lifecycle: 'on_demand' }),
    ],
    [
      'added when somebody else excludes another size of its family',
      'add',
      foreignEntry({ instanceType: 'z1d.xlarge' }),
    ],
    [
      'added when the entry is an expired one',
      'add',
      foreignEntry({ instanceType: 'z1d.large', expiresAt: NOW }),
    ],
    [
      'covered by what only looks own: a marker on every lifecycle',
      'covered',
      { ...ownEntry('z1d.large', 9), lifecycle: 'all' },
    ],
    [
      'covered by what only looks own: a marker on the whole organization',
      'covered',
      { ...ownEntry('z1d.large', 9), clusterId: null },
    ],
    [
      'covered by what only looks own: a marker on a type and its family at once',
      'covered',
      { ...ownEntry('z1d.large', 9), instanceFamily: 'z1d' },
    ],
    [
      'covered by an own entry whose reason is not echoed',
      'covered',
      { ...ownEntry('z1d.large', 9), reason: '' },
    ],
    [
      'renewed when its own entry lost its end, which would outlive this project',
      'renew',
      { ...ownEntry('z1d.large', 9), expiresAt: null },
    ],
  ])('is %s', (_, action, entry) => {
    expect(decide([entry])['z1d.large']).toBe(action);
  });

  it.each<[string, Partial<Entry>]>([
    ['until 2026-02-15T00:00:00.000Z', { instanceFamily: 'z1d', expiresAt: NOW + 12 * HOUR }],
    ['without expiry', { instanceFamily: 'z1d', expiresAt: null }],
    [
      'until 2026-02-14T13:00:00.000Z, under the same key, which is left alone',
      { instanceType: 'z1d.large', expiresAt: NOW + HOUR },
    ],
  ])('that somebody else covers says for how long: %s', (words, facts) => {
    const { decisions } = planApply(region, policy, stateWith([foreignEntry(facts)]));
    expect(decisions[0]?.reason).toBe(
      `>20% interrupted in a month, above the tolerated 20%; another owner blacklists it ${words}`,
    );
  });

  it('is covered rather than renewed when another owner blacklists it for longer', () => {
    const entries = [ownEntry('z1d.large', 1), foreignEntry({ instanceFamily: 'z1d' })];
    expect(decide(entries)['z1d.large']).toBe('covered');
  });

  it('is judged by the longest of several own entries, as an API that adds duplicates leaves them', () => {
    expect(decide([ownEntry('z1d.large', 1), ownEntry('z1d.large', 8)])['z1d.large']).toBe('keep');
  });
});

describe('a type that is not risky', () => {
  it('is left alone when nobody blacklists it', () => {
    expect(decide([])).not.toHaveProperty('m5.large');
  });

  it('is left alone when somebody else blacklists it', () => {
    expect(decide([foreignEntry({ instanceType: 'm5.large' })])).not.toHaveProperty('m5.large');
  });

  it('is left to lapse when it has an own entry', () => {
    expect(decide([ownEntry('m5.large', 3)])['m5.large']).toBe('lapse');
  });

  it('is released when the policy says so', () => {
    expect(decide([ownEntry('m5.large', 3)], { releaseCalm: true })['m5.large']).toBe('release');
  });

  it('is left to lapse all the same when somebody else holds the same key', () => {
    const entries = [ownEntry('m5.large', 3), foreignEntry({ instanceType: 'm5.large' })];
    expect(decide(entries, { releaseCalm: true })['m5.large']).toBe('lapse');
  });

  it('is released when its own entry has no end and would never lapse', () => {
    expect(decide([{ ...ownEntry('m5.large', 3), expiresAt: null }])['m5.large']).toBe('release');
  });

  it('is left to lapse when the feed no longer has it: unknown is not calm', () => {
    expect(decide([ownEntry('x99.large', 3)], { releaseCalm: true })['x99.large']).toBe('lapse');
  });

  it('comes after all the others, by name, when the feed no longer has it', () => {
    const entries = [ownEntry('x99.large', 3), ownEntry('a0.large', 3)];
    expect(Object.keys(decide(entries))).toEqual(['z1d.large', 'a0.large', 'x99.large']);
  });

  it("is none of this target's business in another cluster", () => {
    expect(decide([{ ...ownEntry('m5.large', 3), clusterId: OTHER_CLUSTER }])).not.toHaveProperty('m5.large');
  });
});

describe('types without evidence', () => {
  const feed = madeUpRegion({
    'a1.large': { band: 0, savings: 0 },
    'c5.large': 0,
    'm5.large': { band: 4, savings: 0 },
  });
  const low = { ...policy, interruptionThreshold: 0 };

  it('are not blacklisted, however low the threshold', () => {
    expect(actionsOf(planApply(feed, low, stateWith([])))).toEqual({ 'c5.large': 'add', 'm5.large': 'add' });
  });

  it('lapse when they have an own entry, even where calm ones are released: unknown is not calm', () => {
    const entries = [ownEntry('a1.large', 3), ownEntry('c5.large', 3)];
    const plan = planApply(feed, { ...policy, releaseCalm: true }, stateWith(entries));
    expect(actionsOf(plan)).toMatchObject({ 'a1.large': 'lapse', 'c5.large': 'release' });
    expect(plan.decisions.find(({ instanceType }) => instanceType === 'a1.large')?.reason).toBe(
      'AWS no longer has figures for it here',
    );
  });

  it('are blacklisted when the always list names them', () => {
    const always = { ...low, alwaysBlacklist: ['a1.*'] };
    expect(actionsOf(planApply(feed, always, stateWith([])))['a1.large']).toBe('add');
  });
});

describe('releasing', () => {
  const names = Array.from({ length: 24 }, (_, index) => `m${index + 1}.large`);
  const calmRegion = madeUpRegion(Object.fromEntries(names.map((name) => [name, 0])));
  const plan = (own: readonly string[], overrides: Partial<Policy> = {}, expiresAt?: null) =>
    planApply(
      calmRegion,
      { ...policy, releaseCalm: true, ...overrides },
      stateWith(own.map((name) => ({ ...ownEntry(name, 3), ...(expiresAt === null && { expiresAt }) }))),
    );
  const counted = (actions: Record<string, string>) =>
    Object.fromEntries(
      Object.entries(Object.groupBy(Object.values(actions), (action) => action)).map(([action, all]) => [
        action,
        all?.length,
      ]),
    );

  it('stops at half of the own entries when there are more than ten: they lapse, with a warning', () => {
    const result = plan(names.slice(0, 11));
    expect(counted(actionsOf(result))).toEqual({ lapse: 11 });
    expect(result.warnings.join()).toContain(
      '11 of the 11 live entries of this target would be released at once',
    );
    expect(result.decisions[0]?.reason).toBe(
      'no longer risky; not released, because more than half of the entries would be',
    );
  });

  it('does not stop for ten', () => {
    expect(counted(actionsOf(plan(names.slice(0, 10))))).toEqual({ release: 10 });
  });

  it('does not stop for what is no more than half', () => {
    const risky = madeUpRegion({
      ...Object.fromEntries(names.map((name, index) => [name, index < 12 ? 0 : 4])),
    });
    const entries = names.map((name) => ownEntry(name, 9));
    const result = planApply(risky, { ...policy, releaseCalm: true }, stateWith(entries));
    expect(counted(actionsOf(result))).toEqual({ release: 12, keep: 12 });
  });

  it('gives entries without expiry one in place of releasing them, or they would never lapse', () => {
    const result = plan(names, {}, null);
    expect(counted(actionsOf(result))).toEqual({ renew: 24 });
    expect(result.decisions[0]?.expiresAt).toBe(NOW + 12 * HOUR);
  });

  it('is held back as a whole where a run would release too much over all its clusters', () => {
    const state = { ...stateWith(names.slice(0, 8).map((name) => ownEntry(name, 3))), holdReleases: true };
    const result = planApply(calmRegion, { ...policy, releaseCalm: true }, state);
    expect(counted(actionsOf(result))).toEqual({ lapse: 8 });
    expect(result.warnings.join()).not.toContain('at once');
  });

  it('goes on for what the never list names: that is no matter of the feed', () => {
    expect(counted(actionsOf(plan(names, { neverBlacklist: ['*'] })))).toEqual({ release: 24 });
  });
});

describe('a time that means that there is no expiry', () => {
  const times = [
    '0001-01-01T00:00:00Z',
    '1970-01-01T00:00:00Z',
    '9999-12-31T23:59:59Z',
    '2038-01-19T03:14:07Z',
  ];

  it.each(times)('%s: covers when another owner wrote it', (time) => {
    const entry = foreignEntry({ instanceType: 'z1d.large', expiresAt: Date.parse(time) });
    const { decisions } = planApply(region, policy, stateWith([entry]));
    expect(decisions).toMatchObject([{ action: 'covered', expiresAt: null }]);
    expect(decisions[0]?.reason).toContain('without expiry');
  });

  it.each(times)('%s: an own calm entry is released, because it would never lapse', (time) => {
    const entry = { ...ownEntry('m5.large', 3), expiresAt: Date.parse(time) };
    expect(decide([entry])['m5.large']).toBe('release');
  });

  it.each(times)('%s: an own risky entry is written again', (time) => {
    const entry = { ...ownEntry('z1d.large', 3), expiresAt: Date.parse(time) };
    expect(decide([entry])['z1d.large']).toBe('renew');
  });

  it('of days is none: it is read as it is', () => {
    const entry = foreignEntry({ instanceType: 'z1d.large', expiresAt: NOW + 9 * 365 * 24 * HOUR });
    expect(decide([entry])['z1d.large']).toBe('covered');
  });
});

describe('the never and always lists', () => {
  it('spare a risky type that the never list names, and say which glob did', () => {
    const { decisions } = planApply(region, { ...policy, neverBlacklist: ['z1*.large'] }, stateWith([]));
    expect(decisions).toMatchObject([{ action: 'spare', reason: 'on the never list (z1*.large)' }]);
  });

  it('release an own entry that the never list names, risky or not', () => {
    const entries = [ownEntry('z1d.large', 9), ownEntry('c5.large', 9)];
    expect(decide(entries, { neverBlacklist: ['z1d.*', 'c5.*'] })).toEqual({
      'z1d.large': 'release',
      'c5.large': 'release',
    });
  });

  it('blacklist a calm type that the always list names', () => {
    expect(decide([], { alwaysBlacklist: ['c5.*'] })).toEqual({ 'z1d.large': 'add', 'c5.large': 'add' });
  });

  it('let never win over always', () => {
    expect(decide([], { alwaysBlacklist: ['z1d.*', 'c5.*'], neverBlacklist: ['*.large'] })).toEqual({
      'z1d.large': 'spare',
      'c5.large': 'spare',
    });
  });

  it('warn of a glob that matches no type', () => {
    const { warnings } = planApply(
      region,
      { ...policy, neverBlacklist: ['m5'], alwaysBlacklist: ['m5.*', 'q9.*'] },
      stateWith([]),
    );
    expect(warnings).toEqual([
      'm5 on the never list matches no type of this region; is it a typing mistake?',
      'q9.* on the always list matches no type of this region; is it a typing mistake?',
    ]);
  });
});

describe('two targets on one cluster', () => {
  const windows = { ...stateWith([]), targetName: 'windows' };

  it("do not touch each other's entries, not even those of a name that starts alike", () => {
    const entries = [ownEntry('m5.large', 1, 'default-2'), ownEntry('z1d.large', 9, 'default-2')];
    expect(decide(entries, { releaseCalm: true })).toEqual({ 'z1d.large': 'covered' });
  });

  it('clear their own entries only', () => {
    const entries = [ownEntry('m5.large', 1, 'windows'), ownEntry('c5.large', 1)];
    expect(actionsOf(planClear({ ...windows, entries }))).toEqual({ 'm5.large': 'remove' });
  });
});

describe('clearing', () => {
  it('removes live own entries, and leaves to lapse what somebody else holds too', () => {
    const entries = [
      ownEntry('z1d.large', 9),
      ownEntry('c5.large', 9),
      foreignEntry({ instanceType: 'c5.large' }),
      foreignEntry({ instanceType: 'r5.large' }),
      ownEntry('i3.large', -1),
      { ...ownEntry('m5.large', 9), clusterId: OTHER_CLUSTER },
    ];
    expect(actionsOf(planClear(stateWith(entries)))).toEqual({ 'c5.large': 'lapse', 'z1d.large': 'remove' });
  });

  it('has nothing to say of what stays available, because it does not ask the feed', () => {
    const { available, unavailable, warnings } = planClear(stateWith([ownEntry('z1d.large', 9)]));
    expect({ available, unavailable, warnings }).toEqual({
      available: new Map(),
      unavailable: [],
      warnings: [],
    });
  });

  it('removes even an own entry without an end', () => {
    const entries = [{ ...ownEntry('z1d.large', 9), expiresAt: null, clusterId: CLUSTER }];
    expect(actionsOf(planClear(stateWith(entries)))).toEqual({ 'z1d.large': 'remove' });
  });
});
