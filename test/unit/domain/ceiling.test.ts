import { describe, expect, it } from 'vitest';
import type { Policy } from '../../../lambda/domain/decision.ts';
import { CeilingError } from '../../../lambda/domain/errors.ts';
import { planApply } from '../../../lambda/domain/plan.ts';
import {
  actionsOf,
  foreignEntry,
  madeUpRegion,
  NO_GUARD_RAILS,
  ownEntry,
  POLICY,
  realFeed,
  stateWith,
} from '../../support/plan.ts';

const off: Policy = { ...POLICY, ...NO_GUARD_RAILS };

describe('the ceiling', () => {
  const region = madeUpRegion({ 'm5.large': 0, 'c5.large': 4, 'r5.large': 4, 'i3.large': 4 });

  it('refuses a plan above it, and names the share and the likely cause', () => {
    expect(() => planApply(region, { ...off, maxBlacklistShare: 0.7 }, stateWith([]))).toThrow(CeilingError);
    expect(() => planApply(region, { ...off, maxBlacklistShare: 0.7 }, stateWith([]))).toThrow(
      '3 of 4 types of us-east-1, Linux, would be blacklisted: 75%, above the ceiling of 70%, so nothing was written. Most likely the threshold (20%) is too low, the always list too broad, or the feed wrong; if this is intended, raise MAX_BLACKLIST_SHARE.',
    );
  });

  it('names the always list, if there is one', () => {
    const always = { ...off, maxBlacklistShare: 0.7, alwaysBlacklist: ['m5.*', 'c5.*'] };
    expect(() => planApply(region, always, stateWith([]))).toThrow(
      'the always list (m5.*, c5.*) too broad, or the feed wrong',
    );
  });

  it('allows a plan exactly at it', () => {
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

  it('is checked after the floor', () => {
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
      /1034 of 1088 .* 95%/,
    );
  });
});
