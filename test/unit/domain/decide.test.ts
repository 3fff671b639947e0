import { describe, expect, it } from 'vitest';
import type { Entry } from '../../../lambda/domain/blacklist/blacklist.ts';
import { planApply } from '../../../lambda/domain/plan.ts';
import {
  actionsOf,
  decideFor,
  foreignEntry,
  HOUR,
  LOOSE_POLICY,
  madeUpRegion,
  NOW,
  ONE_OF_EACH_BAND,
  OTHER_CLUSTER,
  ownEntry,
  stateWith,
} from '../../support/plan.ts';

describe('a risky type', () => {
  it('is added when nothing covers it, for the whole blacklist time', () => {
    const { decisions } = planApply(ONE_OF_EACH_BAND, LOOSE_POLICY, stateWith([]));
    expect(decisions).toEqual([
      {
        instanceType: 'z1d.large',
        band: '>20%',
        savings: 60,
        action: 'add',
        reason: "AWS's band is >20%, above the tolerated 20%",
        expiresAt: NOW + 12 * HOUR,
      },
    ]);
  });

  it.each<[string, string, Entry]>([
    ['kept while its own entry has most of its time left', 'keep', ownEntry('z1d.large', 9)],
    ['kept while its own entry has half its time left', 'keep', ownEntry('z1d.large', 6)],
    ['renewed when its own entry has less than half its time left', 'renew', ownEntry('z1d.large', 5.99)],
    ['added when its own entry has expired', 'add', ownEntry('z1d.large', 0)],
    [
      'covered by an entry of another target of a similar name, even one that expires soon: it is left alone',
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
      'covered by an entry without expiry',
      'covered',
      foreignEntry({ instanceType: 'z1d.large', expiresAt: null }),
    ],
    [
      'covered by an entry that lasts just half the time',
      'covered',
      foreignEntry({ instanceFamily: 'z1d', expiresAt: NOW + 6 * HOUR }),
    ],
    [
      'added when another owner’s entry lasts less than half the time, and is for more than this key',
      'add',
      foreignEntry({ instanceType: 'z1d.large', lifecycle: 'all', expiresAt: NOW + 5 * HOUR }),
    ],
    [
      'covered by another owner’s entry under the same key, however short: it is left alone',
      'covered',
      foreignEntry({ instanceType: 'z1d.large', expiresAt: NOW + HOUR }),
    ],
    [
      'added when an entry under the same key lasts less than half the time and has no owner',
      'add',
      foreignEntry({ instanceType: 'z1d.large', expiresAt: NOW + 5 * HOUR, reason: '' }),
    ],
    [
      'added when another owner excludes it on demand only',
      'add',
      foreignEntry({ instanceType: 'z1d.large', lifecycle: 'on_demand' }),
    ],
    [
      'added when another owner excludes its family on demand only',
      'add',
      foreignEntry({ instanceFamily: 'z1d', lifecycle: 'on_demand' }),
    ],
    [
      'added when another owner excludes its family for less than half the time',
      'add',
      foreignEntry({ instanceFamily: 'z1d', expiresAt: NOW + 5 * HOUR }),
    ],
    [
      'added when another owner excludes another size of its family',
      'add',
      foreignEntry({ instanceType: 'z1d.xlarge' }),
    ],
    [
      'added when another owner excludes a type whose name starts alike',
      'add',
      foreignEntry({ instanceType: 'z1d.large-x' }),
    ],
    [
      'added when another owner excludes a family whose name starts alike',
      'add',
      foreignEntry({ instanceFamily: 'z1dn' }),
    ],
    ['added when the entry has expired', 'add', foreignEntry({ instanceType: 'z1d.large', expiresAt: NOW })],
    [
      'covered by an entry that only looks own: a marker on every lifecycle',
      'covered',
      { ...ownEntry('z1d.large', 9), lifecycle: 'all' },
    ],
    [
      'covered by an entry that only looks own: a marker on the whole organization',
      'covered',
      { ...ownEntry('z1d.large', 9), clusterId: null },
    ],
    [
      'covered by an entry that only looks own: a marker on a type and its family at once',
      'covered',
      { ...ownEntry('z1d.large', 9), instanceFamily: 'z1d' },
    ],
    [
      'covered by an own entry whose reason is not echoed',
      'covered',
      { ...ownEntry('z1d.large', 9), reason: '' },
    ],
    ['renewed when its own entry lost its expiry', 'renew', { ...ownEntry('z1d.large', 9), expiresAt: null }],
  ])('is %s', (_, action, entry) => {
    expect(decideFor([entry])['z1d.large']).toBe(action);
  });

  it.each<[string, Partial<Entry>]>([
    ['until 2026-02-15T00:00:00.000Z', { instanceFamily: 'z1d', expiresAt: NOW + 12 * HOUR }],
    ['without expiry', { instanceFamily: 'z1d', expiresAt: null }],
    [
      'until 2026-02-14T13:00:00.000Z, under the same key, which is left alone',
      { instanceType: 'z1d.large', expiresAt: NOW + HOUR },
    ],
  ])('that another owner covers has the expiry in its reason: %s', (words, facts) => {
    const { decisions } = planApply(ONE_OF_EACH_BAND, LOOSE_POLICY, stateWith([foreignEntry(facts)]));
    expect(decisions[0]?.reason).toBe(
      `AWS's band is >20%, above the tolerated 20%; another owner blacklists it ${words}`,
    );
  });

  it('is covered rather than renewed when another owner blacklists it for longer', () => {
    const entries = [ownEntry('z1d.large', 1), foreignEntry({ instanceFamily: 'z1d' })];
    expect(decideFor(entries)['z1d.large']).toBe('covered');
  });

  it('is judged by the longest of several own entries, which an API that adds duplicates leaves behind', () => {
    expect(decideFor([ownEntry('z1d.large', 1), ownEntry('z1d.large', 8)])['z1d.large']).toBe('keep');
  });
});

describe('a type that is not risky', () => {
  it('is left alone without an entry', () => {
    expect(decideFor([])).not.toHaveProperty('m5.large');
  });

  it('is left alone with another owner’s entry', () => {
    expect(decideFor([foreignEntry({ instanceType: 'm5.large' })])).not.toHaveProperty('m5.large');
  });

  it('is left to lapse when it has an own entry', () => {
    expect(decideFor([ownEntry('m5.large', 3)])['m5.large']).toBe('lapse');
  });

  it('is released when the policy says so', () => {
    expect(decideFor([ownEntry('m5.large', 3)], { releaseCalm: true })['m5.large']).toBe('release');
  });

  it('is left to lapse when another owner holds the same key', () => {
    const entries = [ownEntry('m5.large', 3), foreignEntry({ instanceType: 'm5.large' })];
    expect(decideFor(entries, { releaseCalm: true })['m5.large']).toBe('lapse');
  });

  it('is released when its own entry has no expiry and would never lapse', () => {
    expect(decideFor([{ ...ownEntry('m5.large', 3), expiresAt: null }])['m5.large']).toBe('release');
  });

  it('is left to lapse when the feed no longer has it: unknown is not calm', () => {
    expect(decideFor([ownEntry('x99.large', 3)], { releaseCalm: true })['x99.large']).toBe('lapse');
  });

  it('is listed last, by name, when the feed no longer has it', () => {
    const entries = [ownEntry('x99.large', 3), ownEntry('a0.large', 3)];
    expect(Object.keys(decideFor(entries))).toEqual(['z1d.large', 'a0.large', 'x99.large']);
  });

  it('is ignored if only another cluster has an entry', () => {
    expect(decideFor([{ ...ownEntry('m5.large', 3), clusterId: OTHER_CLUSTER }])).not.toHaveProperty(
      'm5.large',
    );
  });
});

describe('types without evidence', () => {
  const feed = madeUpRegion({
    'a1.large': { band: 0, savings: 0 },
    'c5.large': 0,
    'm5.large': { band: 4, savings: 0 },
  });
  const low = { ...LOOSE_POLICY, interruptionThreshold: 0 };

  it('are not blacklisted, however low the threshold', () => {
    expect(actionsOf(planApply(feed, low, stateWith([])))).toEqual({ 'c5.large': 'add', 'm5.large': 'add' });
  });

  it('lapse when they have an own entry, even where calm ones are released: unknown is not calm', () => {
    const entries = [ownEntry('a1.large', 3), ownEntry('c5.large', 3)];
    const plan = planApply(feed, { ...LOOSE_POLICY, releaseCalm: true }, stateWith(entries));
    expect(actionsOf(plan)).toMatchObject({ 'a1.large': 'lapse', 'c5.large': 'release' });
    expect(plan.decisions.find(({ instanceType }) => instanceType === 'a1.large')?.reason).toBe(
      'AWS no longer has figures for it in this region',
    );
  });

  it('are blacklisted when the always list names them', () => {
    const always = { ...low, alwaysBlacklist: ['a1.*'] };
    expect(actionsOf(planApply(feed, always, stateWith([])))['a1.large']).toBe('add');
  });
});
