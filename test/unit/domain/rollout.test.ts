import { describe, expect, it } from 'vitest';
import { type Plan, planApply } from '../../../lambda/domain/plan.ts';
import { actionsOf, LOOSE_POLICY, OTHER_CLUSTER, ownEntry, realFeed, stateWith } from '../../support/plan.ts';

const feed = realFeed('2026-02-13').of('us-east-1', 'Linux');
const RISKY = 449;

const planWith = (
  rollout: number,
  { always = [], ...state }: Record<string, unknown> & { always?: string[] } = {},
) => planApply(feed, { ...LOOSE_POLICY, rollout, alwaysBlacklist: always }, { ...stateWith([]), ...state });
const typesWith = (plan: Plan, action: string) =>
  Object.entries(actionsOf(plan))
    .filter(([, one]) => one === action)
    .map(([type]) => type);

describe('a rollout', () => {
  it.each([1, 10, 30, 50, 90])('of %i% keeps about that share of the risky types off', (rollout) => {
    const plan = planWith(rollout);
    const added = typesWith(plan, 'add').length;
    expect(added / RISKY).toBeGreaterThan(rollout / 100 - 0.05);
    expect(added / RISKY).toBeLessThan(rollout / 100 + 0.05);
    expect(typesWith(plan, 'spare')).toHaveLength(RISKY - added);
  });

  it('of 100% leaves none out', () => {
    expect(typesWith(planWith(100), 'add')).toHaveLength(RISKY);
  });

  it('says why a type is outside', () => {
    const spared = planWith(10).decisions.find(({ action }) => action === 'spare');
    expect(spared?.reason).toBe(
      "AWS's band is >20%, above the tolerated 20%, but outside the rollout of 10%",
    );
  });

  it('is a subset of each larger one', () => {
    const shares = [1, 10, 30, 50, 90, 100].map((rollout) => new Set(typesWith(planWith(rollout), 'add')));
    for (const [index, smaller] of shares.slice(1).entries())
      expect(shares[index]?.isSubsetOf(smaller)).toBe(true);
  });

  it('is the same in every cluster of the target, and another in another target', () => {
    const here = planWith(30);
    expect(actionsOf(planWith(30, { clusterId: OTHER_CLUSTER }))).toEqual(actionsOf(here));
    expect(actionsOf(planWith(30, { targetName: 'other' }))).not.toEqual(actionsOf(here));
  });

  it('lets own entries outside of it lapse', () => {
    const outside = typesWith(planWith(10), 'spare').slice(0, 3);
    const plan = planWith(10, { entries: outside.map((type) => ownEntry(type, 11)) });
    expect(typesWith(plan, 'lapse').sort()).toEqual([...outside].sort());
    expect(plan.decisions.find(({ action }) => action === 'lapse')?.reason).toContain(
      'but outside the rollout of 10%',
    );
  });

  it('does not concern the always list', () => {
    const outside = typesWith(planWith(10), 'spare').slice(0, 3);
    const plan = planWith(10, { always: outside });
    expect(typesWith(plan, 'add')).toEqual(expect.arrayContaining(outside));
  });
});
