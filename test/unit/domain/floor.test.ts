import { describe, expect, it } from 'vitest';
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

  it('holds for each machine class separately', () => {
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

  it('adds nothing until own entries that are no longer wanted have expired', () => {
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

  it('stops renewing types that it spares', () => {
    const region = madeUpRegion({ 'm5.large': 0, 'i3.large': 4 });
    const policy = { ...off, minTypesPerArchitecture: 2 };
    const { decisions } = planApply(region, policy, stateWith([ownEntry('i3.large', 1)]));
    // Until its entry expires, it is blacklisted all the same.
    expect(decisions).toMatchObject([{ action: 'spare', expiresAt: NOW + HOUR }]);
  });

  it('spares everything where the region has too few types to begin with', () => {
    const region = madeUpRegion({ 'm5.large': 4, 'i3.large': 4 });
    expect(actionsOf(planApply(region, { ...off, minTypesPerArchitecture: 15 }, stateWith([])))).toEqual({
      'm5.large': 'spare',
      'i3.large': 'spare',
    });
  });

  it('does not affect types that others blacklist, types that lapse, and the other architecture', () => {
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

  it('limits the always list as well', () => {
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
    for (const { types, families } of available.values()) {
      expect(types).toBeGreaterThanOrEqual(15);
      expect(families).toBeGreaterThanOrEqual(5);
    }
  });
});
