import { describe, expect, it } from 'vitest';
import { CeilingError } from '../../../lambda/domain/errors.ts';
import { architectureOf, familyOf } from '../../../lambda/domain/instance-type.ts';
import { planApply } from '../../../lambda/domain/plan.ts';
import type { Policy } from '../../../lambda/domain/policy.ts';
import {
  actionsOf,
  foreignEntry,
  HOUR,
  madeUpRegion,
  NO_GUARD_RAILS,
  NOW,
  ownEntry,
  POLICY,
  realFeed,
  stateWith,
} from '../../support/plan.ts';

const off: Policy = { ...POLICY, ...NO_GUARD_RAILS };

describe('the architecture of a type', () => {
  it.each([
    'a1.large',
    'm7g.large',
    'm10g.large',
    'c6gn.xlarge',
    'im4gn.large',
    'is4gen.medium',
    'x2gd.metal',
    'hpc7g.4xlarge',
    'g5g.xlarge',
    't4g.nano',
    'r8gb.large',
  ])('is arm64 for %s', (type) => expect(architectureOf(type)).toBe('arm64'));

  it.each([
    'g4dn.xlarge',
    'xa1.large',
    'u-7g.large',
    'g5.large',
    'g6.large',
    'gr6.4xlarge',
    'm7i-flex.large',
    'u7i-12tb.224xlarge',
    'c7a.large',
    'inf1.xlarge',
    'p4de.24xlarge',
  ])('is x86_64 for %s', (type) => expect(architectureOf(type)).toBe('x86_64'));

  it('has the family before the dot', () => expect(familyOf('u7i-12tb.224xlarge')).toBe('u7i-12tb'));
});

describe('the floor', () => {
  it('spares the lowest band first, then the highest saving, then by name', () => {
    const region = madeUpRegion({
      'a5.large': { band: 4, savings: 90 },
      'b5.large': { band: 3, savings: 10 },
      'c5.large': { band: 3, savings: 80 },
      'd5.large': { band: 3, savings: 80 },
      'e5.large': { band: 3, savings: 80 },
    });
    const policy = { ...off, interruptionThreshold: 15, minTypesPerArchitecture: 2 };
    const { decisions, available } = planApply(region, policy, stateWith([]));
    expect(
      decisions
        .filter(({ action }) => action === 'spare')
        .map(({ instanceType }) => instanceType)
        .sort(),
    ).toEqual(['c5.large', 'd5.large']);
    expect(available).toEqual(new Map([['x86_64', { types: 2, families: 2 }]]));
    expect(decisions.find(({ instanceType }) => instanceType === 'c5.large')?.reason).toBe(
      '15-20% interrupted in a month, above the tolerated 15%, but kept available: at least 2 types and 0 families of its class, x86_64, have to be',
    );
  });

  it('counts families as well as types', () => {
    const region = madeUpRegion({
      'm5.large': 0,
      'm5.xlarge': 0,
      'm5.2xlarge': 0,
      'c5.large': 3,
      'r5.large': 4,
    });
    const policy = {
      ...off,
      interruptionThreshold: 10,
      minTypesPerArchitecture: 3,
      minFamiliesPerArchitecture: 2,
    };
    expect(actionsOf(planApply(region, policy, stateWith([])))).toEqual({
      'r5.large': 'add',
      'c5.large': 'spare',
    });
  });

  it('holds for each machine class by itself', () => {
    const region = madeUpRegion({ 'm5.large': 0, 'c5.large': 0, 'm6g.large': 4, 'c6g.large': 4 });
    const policy = { ...off, minTypesPerArchitecture: 2 };
    expect(actionsOf(planApply(region, policy, stateWith([])))).toEqual({
      'm6g.large': 'spare',
      'c6g.large': 'spare',
    });
  });

  it('counts what others blacklist as unavailable: types, families, and for the whole organization', () => {
    const region = madeUpRegion({ 'm5.large': 0, 'c5.large': 0, 'r5.large': 0, 'i3.large': 4 });
    const policy = { ...off, minTypesPerArchitecture: 2 };
    const of = (...entries: Array<Parameters<typeof foreignEntry>[0]>) =>
      actionsOf(planApply(region, policy, stateWith(entries.map(foreignEntry))))['i3.large'];
    expect(of({ instanceType: 'm5.large' })).toBe('add');
    expect(of({ instanceType: 'm5.large' }, { instanceFamily: 'c5' })).toBe('spare');
    expect(
      of({ instanceType: 'm5.large' }, { instanceFamily: 'c5', clusterId: null, lifecycle: 'all' }),
    ).toBe('spare');
    expect(of({ instanceType: 'm5.large' }, { instanceFamily: 'c5', lifecycle: 'on_demand' })).toBe('add');
  });

  it('adds nothing while own entries that no longer count have not run out', () => {
    const region = madeUpRegion({ 'm5.large': 0, 'c5.large': 0, 'i3.large': 4 });
    const policy = { ...off, minTypesPerArchitecture: 2 };
    // c5.large is calm again, but its entry is still live: only m5.large would be left beside the new one.
    expect(actionsOf(planApply(region, policy, stateWith([ownEntry('c5.large', 3)])))).toEqual({
      'i3.large': 'spare',
      'c5.large': 'lapse',
    });
    const releasing = { ...policy, releaseCalm: true };
    expect(actionsOf(planApply(region, releasing, stateWith([ownEntry('c5.large', 3)])))).toEqual({
      'i3.large': 'add',
      'c5.large': 'release',
    });
  });

  it('stops renewing what it spares', () => {
    const region = madeUpRegion({ 'm5.large': 0, 'i3.large': 4 });
    const policy = { ...off, minTypesPerArchitecture: 2 };
    const { decisions } = planApply(region, policy, stateWith([ownEntry('i3.large', 1)]));
    // Until its entry has run out, it is blacklisted all the same.
    expect(decisions).toMatchObject([{ action: 'spare', expiresAt: NOW + HOUR }]);
  });

  it('spares everything where the region has too few types to begin with', () => {
    const region = madeUpRegion({ 'm5.large': 4, 'i3.large': 4 });
    expect(actionsOf(planApply(region, { ...off, minTypesPerArchitecture: 15 }, stateWith([])))).toEqual({
      'm5.large': 'spare',
      'i3.large': 'spare',
    });
  });

  it('leaves alone what it cannot help: what others blacklist, what lapses, and the other machine class', () => {
    const region = madeUpRegion({
      'm5.large': 4,
      'c5.large': 4,
      'r5.large': 0,
      'm6g.large': 0,
      'c6g.large': 4,
    });
    // None of x86_64 is left, whatever is spared; of arm64 one is.
    const entries = [
      ownEntry('m5.large', 9),
      foreignEntry({ instanceFamily: 'm5' }),
      foreignEntry({ instanceFamily: 'c5' }),
      ownEntry('r5.large', 3),
      foreignEntry({ instanceFamily: 'r5' }),
      ownEntry('c6g.large', 9),
      foreignEntry({ instanceFamily: 'c6g' }),
    ];
    expect(actionsOf(planApply(region, { ...off, minTypesPerArchitecture: 1 }, stateWith(entries)))).toEqual({
      'c5.large': 'covered',
      'm5.large': 'spare',
      'r5.large': 'lapse',
      'c6g.large': 'keep',
    });
  });

  it('holds the always list to it as well', () => {
    const region = madeUpRegion({ 'm5.large': 0, 'i3.large': 0 });
    const policy = { ...off, minTypesPerArchitecture: 1, alwaysBlacklist: ['*'] };
    expect(Object.values(actionsOf(planApply(region, policy, stateWith([])))).sort()).toEqual([
      'add',
      'spare',
    ]);
  });

  it('keeps arm64 usable in ap-southeast-2, where a threshold of 10 takes most of it', () => {
    const feed = realFeed('2026-02-13').of('ap-southeast-2', 'Linux');
    const { available } = planApply(feed, { ...POLICY, interruptionThreshold: 5 }, stateWith([]));
    expect(available.get('arm64')?.types).toBeGreaterThanOrEqual(15);
    expect(available.get('arm64')?.families).toBeGreaterThanOrEqual(5);
  });
});

describe('what stays available', () => {
  const region = madeUpRegion({
    'm5.large': 0,
    'm5.xlarge': 0,
    'c5.large': 0,
    'r5.large': 0,
    'i3.large': 4,
    'i4i.large': 4,
    'i7i.large': 4,
    'z1d.large': 4,
    'x2gd.large': 4,
  });
  const entries = [
    ownEntry('r5.large', 3),
    ownEntry('i4i.large', 9),
    ownEntry('i7i.large', 1),
    foreignEntry({ instanceType: 'x2gd.large' }),
    foreignEntry({ instanceType: 'z1d.large' }),
    foreignEntry({ instanceType: 'c5.large' }),
  ];
  const plan = planApply(region, { ...off, neverBlacklist: ['z1d.*'] }, stateWith(entries));

  it('is counted per machine class, in types and families', () => {
    expect(actionsOf(plan)).toEqual({
      'i3.large': 'add',
      'i4i.large': 'keep',
      'i7i.large': 'renew',
      'x2gd.large': 'covered',
      'z1d.large': 'spare',
      'r5.large': 'lapse',
    });
    expect(plan.available).toEqual(
      new Map([
        ['x86_64', { types: 2, families: 1 }],
        ['arm64', { types: 0, families: 0 }],
      ]),
    );
  });

  it('names the types that others take away although no action says so, by name', () => {
    expect(plan.unavailable).toEqual(['c5.large', 'z1d.large']);
  });
});

describe('the ceiling', () => {
  const region = madeUpRegion({ 'm5.large': 0, 'c5.large': 4, 'r5.large': 4, 'i3.large': 4 });

  it('refuses a plan above it, naming the share and what is likely wrong', () => {
    expect(() => planApply(region, { ...off, maxBlacklistShare: 0.7 }, stateWith([]))).toThrow(CeilingError);
    expect(() => planApply(region, { ...off, maxBlacklistShare: 0.7 }, stateWith([]))).toThrow(
      '3 of 4 types of us-east-1, Linux, would be blacklisted: 75%, above the ceiling of 70%, so nothing was written. Most likely the threshold (20%) is too low, the always list too wide, or the feed wrong; if it is meant, raise MAX_BLACKLIST_SHARE.',
    );
  });

  it('names the always list, where there is one', () => {
    const always = { ...off, maxBlacklistShare: 0.7, alwaysBlacklist: ['m5.*', 'c5.*'] };
    expect(() => planApply(region, always, stateWith([]))).toThrow(
      'the always list (m5.*, c5.*) too wide, or the feed wrong',
    );
  });

  it('allows a plan just at it', () => {
    expect(actionsOf(planApply(region, { ...off, maxBlacklistShare: 0.75 }, stateWith([])))).toMatchObject({
      'c5.large': 'add',
    });
  });

  it('counts what is kept and renewed, but not what others blacklist', () => {
    const kept = [ownEntry('c5.large', 9), ownEntry('r5.large', 1)];
    expect(() => planApply(region, { ...off, maxBlacklistShare: 0.7 }, stateWith(kept))).toThrow(
      CeilingError,
    );
    const theirs = stateWith([foreignEntry({ instanceType: 'c5.large' })]);
    expect(actionsOf(planApply(region, { ...off, maxBlacklistShare: 0.5 }, theirs))).toMatchObject({
      'c5.large': 'covered',
      'r5.large': 'add',
    });
  });

  it('is asked after the floor', () => {
    const policy = { ...off, maxBlacklistShare: 0.5, minTypesPerArchitecture: 2 };
    expect(Object.values(actionsOf(planApply(region, policy, stateWith([])))).sort()).toEqual([
      'add',
      'add',
      'spare',
    ]);
  });

  it('refuses a threshold of 0 in a real region', () => {
    const feed = realFeed('2026-02-13').of('us-east-1', 'Linux');
    expect(() => planApply(feed, { ...POLICY, interruptionThreshold: 0 }, stateWith([]))).toThrow(
      /1037 of 1088 .* 95.3%/,
    );
  });
});
