import { describe, expect, it } from 'vitest';
import type { Entry } from '../../../lambda/domain/entry.ts';
import { planApply } from '../../../lambda/domain/plan.ts';
import type { Policy } from '../../../lambda/domain/policy.ts';
import { actionsOf, madeUpRegion, NO_GUARD_RAILS, POLICY, realFeed, stateWith } from '../../support/plan.ts';

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
    [0, ['z1d.large', 'i3.large', 'r5.large', 'm5.large', 'c5.large']],
    [9.99, ['z1d.large', 'i3.large', 'r5.large', 'm5.large']],
    [11, ['z1d.large', 'i3.large', 'r5.large']],
    [16, ['z1d.large', 'i3.large']],
    [22, ['z1d.large']],
    [99.9, ['z1d.large']],
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
