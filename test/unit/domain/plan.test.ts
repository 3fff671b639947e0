import { describe, expect, it } from 'vitest';
import { planApply, planClear } from '../../../lambda/domain/plan.ts';
import {
  actionsOf,
  CLUSTER,
  decideFor,
  foreignEntry,
  LOOSE_POLICY,
  madeUpRegion,
  ONE_OF_EACH_BAND,
  OTHER_CLUSTER,
  ownEntry,
  stateWith,
} from '../../support/plan.ts';

describe('a plan', () => {
  it('is sorted riskiest first: by band, then by the least saving, then by name', () => {
    const feed = madeUpRegion({
      'm5.large': { band: 3, savings: 10 },
      'c5.large': { band: 4, savings: 80 },
      'r5.large': { band: 4, savings: 20 },
      'i3.large': { band: 4, savings: 20 },
      'z1d.large': { band: 4, savings: 20 },
    });
    const { decisions } = planApply(feed, { ...LOOSE_POLICY, interruptionThreshold: 15 }, stateWith([]));
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
    expect(planApply(calm, LOOSE_POLICY, stateWith([])).warnings).toEqual([
      'No type of us-east-1, Linux, is risky at a threshold of 20%, so there is nothing to blacklist.',
    ]);
    expect(planApply(ONE_OF_EACH_BAND, LOOSE_POLICY, stateWith([])).warnings).toEqual([]);
    expect(planApply(calm, { ...LOOSE_POLICY, alwaysBlacklist: ['m5.*'] }, stateWith([])).warnings).toEqual(
      [],
    );
  });
});

describe('the never and always lists', () => {
  it('spare a risky type on the never list, and name the matching glob', () => {
    const { decisions } = planApply(
      ONE_OF_EACH_BAND,
      { ...LOOSE_POLICY, neverBlacklist: ['z1*.large'] },
      stateWith([]),
    );
    expect(decisions).toMatchObject([{ action: 'spare', reason: 'on the never list (z1*.large)' }]);
  });

  it('release an own entry of a type on the never list, risky or not', () => {
    const entries = [ownEntry('z1d.large', 9), ownEntry('c5.large', 9)];
    expect(decideFor(entries, { neverBlacklist: ['z1d.*', 'c5.*'] })).toEqual({
      'z1d.large': 'release',
      'c5.large': 'release',
    });
  });

  it('blacklist a calm type on the always list', () => {
    expect(decideFor([], { alwaysBlacklist: ['c5.*'] })).toEqual({ 'z1d.large': 'add', 'c5.large': 'add' });
  });

  it('give never precedence over always', () => {
    expect(decideFor([], { alwaysBlacklist: ['z1d.*', 'c5.*'], neverBlacklist: ['*.large'] })).toEqual({
      'z1d.large': 'spare',
      'c5.large': 'spare',
    });
  });

  it('take a family for all its types, as m5.* does', () => {
    const { decisions, warnings } = planApply(
      ONE_OF_EACH_BAND,
      { ...LOOSE_POLICY, neverBlacklist: ['z1d'], alwaysBlacklist: ['C5'] },
      stateWith([]),
    );
    expect(decisions).toMatchObject([
      { instanceType: 'z1d.large', action: 'spare', reason: 'on the never list (z1d)' },
      { instanceType: 'c5.large', action: 'add', reason: 'on the always list (C5)' },
    ]);
    expect(warnings).toEqual([]);
  });

  it('warn of a glob that matches no type', () => {
    const { warnings } = planApply(
      ONE_OF_EACH_BAND,
      { ...LOOSE_POLICY, neverBlacklist: ['m6'], alwaysBlacklist: ['m5.*', 'q9.*'] },
      stateWith([]),
    );
    expect(warnings).toEqual([
      'm6 on the never list matches no type of this region. Check the spelling.',
      'q9.* on the always list matches no type of this region. Check the spelling.',
    ]);
  });
});

describe('two targets on one cluster', () => {
  const windows = { ...stateWith([]), targetName: 'windows' };

  it("do not touch each other's entries, not even those of a name that starts alike", () => {
    const entries = [ownEntry('m5.large', 1, 'default-2'), ownEntry('z1d.large', 9, 'default-2')];
    expect(decideFor(entries, { releaseCalm: true })).toEqual({ 'z1d.large': 'covered' });
  });

  it('clear their own entries only', () => {
    const entries = [ownEntry('m5.large', 1, 'windows'), ownEntry('c5.large', 1)];
    expect(actionsOf(planClear({ ...windows, entries }))).toEqual({ 'm5.large': 'remove' });
  });
});

describe('clearing', () => {
  it('removes live own entries, and lets those lapse whose key another owner holds too', () => {
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

  it('does not report what stays available, because it does not use the feed', () => {
    const { available, unavailable, warnings } = planClear(stateWith([ownEntry('z1d.large', 9)]));
    expect({ available, unavailable, warnings }).toEqual({
      available: new Map(),
      unavailable: [],
      warnings: [],
    });
  });

  it('removes even an own entry without expiry', () => {
    const entries = [{ ...ownEntry('z1d.large', 9), expiresAt: null, clusterId: CLUSTER }];
    expect(actionsOf(planClear(stateWith(entries)))).toEqual({ 'z1d.large': 'remove' });
  });
});
