import { describe, expect, it } from 'vitest';
import type { Policy } from '../../../lambda/domain/decision.ts';
import { planApply } from '../../../lambda/domain/plan.ts';
import {
  actionsOf,
  HOUR,
  madeUpRegion,
  NO_GUARD_RAILS,
  NOW,
  ownEntry,
  POLICY,
  stateWith,
} from '../../support/plan.ts';

/** 12 hours, so half the time is 6. */
const policy: Policy = { ...POLICY, ...NO_GUARD_RAILS };

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

  it('is not limited for ten', () => {
    expect(counted(actionsOf(plan(names.slice(0, 10))))).toEqual({ release: 10 });
  });

  it('is not limited up to half', () => {
    const risky = madeUpRegion({
      ...Object.fromEntries(names.map((name, index) => [name, index < 12 ? 0 : 4])),
    });
    const entries = names.map((name) => ownEntry(name, 9));
    const result = planApply(risky, { ...policy, releaseCalm: true }, stateWith(entries));
    expect(counted(actionsOf(result))).toEqual({ release: 12, keep: 12 });
  });

  it('gives held-back entries without expiry an expiry, or they would never lapse', () => {
    const result = plan(names, {}, null);
    expect(counted(actionsOf(result))).toEqual({ renew: 24 });
    expect(result.decisions[0]?.expiresAt).toBe(NOW + 12 * HOUR);
  });

  it('is held back for all clusters if a run would release too much in total', () => {
    const state = { ...stateWith(names.slice(0, 8).map((name) => ownEntry(name, 3))), holdReleases: true };
    const result = planApply(calmRegion, { ...policy, releaseCalm: true }, state);
    expect(counted(actionsOf(result))).toEqual({ lapse: 8 });
    expect(result.warnings.join()).not.toContain('at once');
  });

  it('is not limited for types on the never list, whatever the feed says', () => {
    expect(counted(actionsOf(plan(names, { neverBlacklist: ['*'] })))).toEqual({ release: 24 });
  });

  it('is not limited for types that a floor needs, and these do not count for the others', () => {
    const needed = plan(names, { minTypesPerArchitecture: 20 });
    expect(counted(actionsOf(needed))).toEqual({ release: 24 });
    expect(needed.releases).toEqual({ own: 24, calm: 4 });
    expect(needed.warnings.join()).not.toContain('at once');
    // 13 calm ones remain, more than half.
    const some = plan(names, { minTypesPerArchitecture: 11 });
    expect(counted(actionsOf(some))).toEqual({ release: 11, lapse: 13 });
    expect(some.warnings.join()).toContain('13 of the 24 live entries of this target');
    const held = { ...stateWith(names.map((name) => ownEntry(name, 3))), holdReleases: true };
    const rules = { ...policy, releaseCalm: true, minTypesPerArchitecture: 20 };
    expect(counted(actionsOf(planApply(calmRegion, rules, held)))).toEqual({ release: 20, lapse: 4 });
  });
});
