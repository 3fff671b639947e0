import { describe, expect, it } from 'vitest';
import { planApply } from '../../../lambda/domain/plan.ts';
import { decideFor, LOOSE_POLICY, realFeed, stateWith } from '../../support/plan.ts';

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
    expect(Object.keys(decideFor([], { interruptionThreshold }))).toEqual(risky);
  });

  it.each([
    ['us-east-1', [883, 686, 565, 449]],
    ['eu-west-1', [453, 285, 217, 168]],
    ['ap-northeast-1', [533, 344, 228, 166]],
  ])('gives the known number of risky types in %s in February 2026', (name, counts) => {
    const feed = realFeed('2026-02-13').of(name, 'linux');
    const planned = [5, 10, 15, 20].map(
      (interruptionThreshold) =>
        planApply(feed, { ...LOOSE_POLICY, interruptionThreshold }, stateWith([])).decisions.length,
    );
    expect(planned).toEqual(counts);
  });
});
