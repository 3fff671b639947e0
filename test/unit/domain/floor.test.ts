import { describe, expect, it } from 'vitest';
import type { Policy } from '../../../lambda/domain/decision.ts';
import { planApply } from '../../../lambda/domain/plan.ts';
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
      "AWS's band is 15-20%, above the tolerated 15%, but kept available: at least 2 types and 0 families of its class, x86_64, have to be",
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

  it('releases an own entry of a calm type that it needs, before it spares a risky one', () => {
    const region = madeUpRegion({ 'm5.large': 0, 'c5.large': 0, 'i3.large': 4 });
    const policy = { ...off, minTypesPerArchitecture: 2 };
    const state = stateWith([ownEntry('c5.large', 3)]);
    // c5.large is calm again, but its entry is still live: only m5.large would be left beside the new one.
    for (const releaseCalm of [false, true])
      expect(planApply(region, { ...policy, releaseCalm }, state).decisions).toMatchObject([
        { instanceType: 'i3.large', action: 'add' },
        {
          ...{ instanceType: 'c5.large', action: 'release', urgent: true, expiresAt: null },
          reason:
            'no longer risky; kept available: at least 2 types and 0 families of its class, x86_64, have to be',
        },
      ]);
    // If the floor needs no type, it lapses as usual.
    const enough = { ...policy, minTypesPerArchitecture: 1 };
    expect(actionsOf(planApply(region, enough, state))).toEqual({ 'i3.large': 'add', 'c5.large': 'lapse' });
  });

  it('keeps available what saves the most within a band, even if that takes a release', () => {
    const region = madeUpRegion({
      'm5.large': 0,
      'c5.large': { band: 4, savings: 50 },
      'i3.large': { band: 4, savings: 80 },
    });
    const policy = { ...off, minTypesPerArchitecture: 2 };
    expect(actionsOf(planApply(region, policy, stateWith([ownEntry('i3.large', 11)])))).toEqual({
      'c5.large': 'add',
      'i3.large': 'release',
    });
  });

  it('releases entries of unknown types only if no other type can be spared', () => {
    const region = madeUpRegion({ 'm5.large': { band: 0, savings: 0 }, 'c5.large': 4, 'i3.large': 0 });
    const state = stateWith([ownEntry('m5.large', 3)]);
    const actionsFor = (minTypesPerArchitecture: number) =>
      actionsOf(planApply(region, { ...off, minTypesPerArchitecture }, state));
    expect(actionsFor(2)).toEqual({ 'c5.large': 'spare', 'm5.large': 'lapse' });
    expect(actionsFor(3)).toEqual({ 'c5.large': 'spare', 'm5.large': 'release' });
  });

  it('releases own entries in its way, the least risky first, and keeps the others', () => {
    const region = madeUpRegion({
      'm5.large': 0,
      'c5.large': { band: 4, savings: 80 },
      'r5.large': { band: 4, savings: 50 },
      'i3.large': { band: 4, savings: 70 },
    });
    // One is fresh, one is due, and one was never to expire.
    const entries = [
      ownEntry('c5.large', 11),
      ownEntry('r5.large', 11),
      { ...ownEntry('i3.large', 1), expiresAt: null },
    ];
    const planFor = (minTypesPerArchitecture: number) =>
      planApply(region, { ...off, minTypesPerArchitecture }, stateWith(entries));
    expect(actionsOf(planFor(1))).toEqual({ 'c5.large': 'keep', 'r5.large': 'keep', 'i3.large': 'renew' });
    expect(actionsOf(planFor(2))).toEqual({ 'c5.large': 'release', 'r5.large': 'keep', 'i3.large': 'renew' });
    const raised = planFor(3);
    expect(actionsOf(raised)).toEqual({ 'c5.large': 'release', 'r5.large': 'keep', 'i3.large': 'release' });
    expect(raised).toMatchObject({ shortfalls: 0, available: new Map([['x86_64', { types: 3 }]]) });
  });

  it('spares everything where the region has too few types to begin with', () => {
    const region = madeUpRegion({ 'm5.large': 4, 'i3.large': 4 });
    expect(actionsOf(planApply(region, { ...off, minTypesPerArchitecture: 15 }, stateWith([])))).toEqual({
      'm5.large': 'spare',
      'i3.large': 'spare',
    });
  });

  it('that cannot hold because of other owners has no own entry in its way; the other architecture is not affected', () => {
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
      'm5.large': 'release',
      'r5.large': 'release',
      'c6g.large': 'keep',
    });
  });

  it('leaves an own entry to lapse where removing it would remove another owner’s under the same key', () => {
    const region = madeUpRegion({ 'm5.large': 4, 'c5.large': 4, 'r5.large': 4 });
    const entries = [
      ownEntry('m5.large', 9),
      foreignEntry({ instanceType: 'm5.large', expiresAt: NOW + 2 * HOUR }),
      ownEntry('c5.large', 9),
      ownEntry('r5.large', 9),
    ];
    const plan = planApply(region, { ...off, minTypesPerArchitecture: 3 }, stateWith(entries));
    expect(plan.decisions.find(({ instanceType }) => instanceType === 'm5.large')).toMatchObject({
      action: 'lapse',
      expiresAt: NOW + 9 * HOUR,
      reason: expect.stringContaining('another owner has an entry under the same key'),
    });
    expect(actionsOf(plan)).toMatchObject({ 'c5.large': 'release', 'r5.large': 'release' });
    expect(plan.shortfalls).toBe(1);
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
