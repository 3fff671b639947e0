import { describe, expect, it } from 'vitest';
import type { Entry } from '../../../lambda/domain/blacklist/blacklist.ts';
import { planApply } from '../../../lambda/domain/plan.ts';
import {
  actionsOf,
  CLUSTER,
  carriedOut,
  HOUR,
  madeUpRegion,
  NO_GUARD_RAILS,
  NOW,
  OTHER_CLUSTER,
  ownEntry,
  POLICY,
  stateWith,
} from '../../support/plan.ts';

const TYPES = Array.from({ length: 450 }, (_, index) => `m${index}.large`);
const FEED = madeUpRegion(Object.fromEntries(TYPES.map((type) => [type, 4])));
const EAGER = { ...POLICY, ...NO_GUARD_RAILS };

function renewedOf(entries: readonly Entry[], clusterId = CLUSTER): string[] {
  const state = { ...stateWith(entries.map((entry) => ({ ...entry, clusterId }))), clusterId };
  const actions = Object.entries(actionsOf(planApply(FEED, EAGER, state)));
  return actions.filter(([, action]) => action === 'renew').map(([type]) => type);
}

const withLeft = (hours: number) => TYPES.map((type) => ownEntry(type, hours));

describe('entries of 12 hours that were written together', () => {
  it('are all renewed when less than half of their time is left, and none with more than three quarters', () => {
    expect(renewedOf(withLeft(5.99))).toHaveLength(TYPES.length);
    expect(renewedOf(withLeft(9.01))).toEqual([]);
  });

  it.each([
    [6, 0.3],
    [7, 0.2],
    [8, 0.1],
  ])('are renewed early with %d hours left, at a share of %d', (hours, share) => {
    const renewed = renewedOf(withLeft(hours)).length / TYPES.length;
    expect(renewed).toBeGreaterThan(share - 0.06);
    expect(renewed).toBeLessThan(share + 0.06);
  });

  it('are drawn differently in another cluster and for another expiry', () => {
    const renewed = renewedOf(withLeft(6));
    expect(renewedOf(withLeft(6))).toEqual(renewed);
    const all = new Set([
      ...renewed,
      ...renewedOf(withLeft(6), OTHER_CLUSTER),
      ...renewedOf(withLeft(6.001)),
    ]);
    expect(all.size).toBeGreaterThan(1.8 * renewed.length);
  });

  it('are spread over the runs of the third day, at the price of at most a tenth more writes a day', () => {
    let state = stateWith([]);
    const writes: number[] = [];
    for (let hour = 0; hour < 10 * 24; hour += 1) {
      state = { ...state, now: NOW + hour * HOUR };
      const plan = planApply(FEED, EAGER, state);
      writes.push(plan.decisions.filter(({ action }) => action !== 'keep').length);
      state = { ...state, entries: carriedOut(plan, state) };
    }
    const later = writes.slice(48);
    const mean = later.reduce((sum, count) => sum + count, 0) / later.length;
    expect(Math.max(...later)).toBeLessThan(1.5 * mean);
    // At half of their time, each would be renewed every seven hours.
    expect(mean).toBeLessThan((1.1 * TYPES.length) / 7);
  });
});
