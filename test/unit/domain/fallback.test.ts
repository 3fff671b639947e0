import { describe, expect, it } from 'vitest';
import type { Entry } from '../../../lambda/domain/blacklist/blacklist.ts';
import type { Policy } from '../../../lambda/domain/decision.ts';
import type { Template } from '../../../lambda/domain/instance-types/template.ts';
import { type ClusterState, type Plan, planApply } from '../../../lambda/domain/plan.ts';
import {
  actionsOf,
  carriedOut,
  foreignEntry,
  HOUR,
  madeUpRegion,
  NO_GUARD_RAILS,
  NOW,
  ownEntry,
  POLICY,
  stateWith,
  templateOf,
} from '../../support/plan.ts';

const policy: Policy = { ...POLICY, ...NO_GUARD_RAILS };

/** Four calm types and twenty risky ones, `r1` the least risky. */
const RISKY = Array.from({ length: 20 }, (_, index) => `r${index + 1}.large`);
const region = madeUpRegion({
  ...{ 'm5.large': 0, 'm6i.large': 0, 'm7i.large': 0, 'm8i.large': 0 },
  ...Object.fromEntries(RISKY.map((type, index) => [type, { band: 4, savings: 90 - index }])),
});

/** A template of all types, with so many nodes. */
const bought = (
  spot: number,
  fallback: number,
  template = templateOf('web', { architectures: ['x86_64'] }),
) => ({
  ...template,
  bought: { spot, fallback },
});

function planWith(
  templates: readonly Template[],
  { rules = {}, ...state }: Partial<ClusterState> & { readonly rules?: Partial<Policy> } = {},
): Plan {
  return planApply(region, { ...policy, ...rules }, { ...stateWith([]), ...state, templates });
}

/** Runs every hour, this one at a time (milliseconds since 1970). */
const hourly = (startedAt = NOW) => ({ startedAt, gap: HOUR });
const KEPT_OFF: readonly Entry[] = RISKY.map((type) => ownEntry(type, 11));
const typesWith = (plan: Plan, action: string) =>
  Object.entries(actionsOf(plan))
    .filter(([, one]) => one === action)
    .map(([type]) => type);

describe('a template that has to buy on-demand gets types back', () => {
  it.each([
    ['a quarter at 12%', 88, 12, 5],
    ['two thirds at 30%', 28, 12, 12],
    ['nine tenths at most', 0, 7, 18],
    ['rounded up', 89, 11, 5],
    ['nothing at 10%', 90, 10, 0],
    ['nothing for a single node', 3, 1, 0],
    ['nothing without fallback', 40, 0, 0],
    ['nothing without nodes', 0, 0, 0],
  ])('%s', (_, spot, fallback, back) => {
    const plan = planWith([bought(spot, fallback)], { entries: KEPT_OFF, schedule: hourly() });
    expect(typesWith(plan, 'release')).toHaveLength(back);
    expect(typesWith(plan, 'keep')).toHaveLength(20 - back);
    expect(plan.templates).toMatchObject([
      { available: 4 + back, floor: back === 0 ? 0 : 4 + back, fallback: { spot, fallback } },
    ]);
    expect(plan.shortfalls).toBe(0);
  });

  it('the least risky first, urgently, and the reason has the numbers', () => {
    const plan = planWith([bought(88, 12)], { entries: KEPT_OFF });
    expect(typesWith(plan, 'release').sort()).toEqual(RISKY.slice(0, 5).sort());
    expect(plan.decisions.find(({ instanceType }) => instanceType === 'r1.large')).toMatchObject({
      ...{ action: 'release', urgent: true },
      reason:
        "AWS's band is >20%, above the tolerated 20%, but kept available for the template web, which allows 24 types and needs 9 of them: 12 of its 100 nodes (12%) had to be bought on-demand, because Spot was short",
    });
  });

  it('the same ones are spared in the next run', () => {
    const first = { ...stateWith(KEPT_OFF), templates: [bought(88, 12)], schedule: hourly() };
    const entries = carriedOut(planApply(region, policy, first), first);
    const plan = planWith([bought(88, 12)], { entries, schedule: hourly(NOW + HOUR) });
    expect(typesWith(plan, 'spare').sort()).toEqual(RISKY.slice(0, 5).sort());
    expect(typesWith(plan, 'keep')).toHaveLength(15);
  });

  it('on top of what its floor keeps available anyway', () => {
    const plan = planWith([bought(88, 12)], { entries: KEPT_OFF, rules: { minTypesPerTemplate: 14 } });
    // Ten are spared for the floor, and a quarter of the other ten.
    expect(plan.templates).toMatchObject([{ available: 17, floor: 17 }]);
  });

  it.each([
    ['lapse', {}],
    ['are released because they are calm', { releaseCalm: true }],
  ])('but no entries that %s anyway', (_, rules) => {
    const calm = ['m5.large', 'm6i.large', 'm7i.large', 'm8i.large'].map((type) => ownEntry(type, 11));
    const plan = planWith([bought(88, 12)], { entries: [...KEPT_OFF, ...calm], rules });
    const urgent = plan.decisions.filter((decision) => decision.action === 'release' && decision.urgent);
    expect(urgent.map(({ instanceType }) => instanceType).sort()).toEqual(RISKY.slice(0, 5).sort());
    expect(plan.shortfalls).toBe(0);
  });

  it('up to all of its types', () => {
    const few = bought(0, 4, templateOf('few', { includeFamilies: ['r1'] }));
    const plan = planWith([few], { entries: KEPT_OFF });
    expect(typesWith(plan, 'release')).toEqual(['r1.large']);
    expect(plan.templates).toMatchObject([{ available: 1, floor: 1 }]);
  });

  it('of those that it may allow, if none is sure', () => {
    const unsure = bought(28, 12, templateOf('unsure', { storageOptimized: true, includeFamilies: ['d3'] }));
    const disks = madeUpRegion({ 'd3.xlarge': 4, 'd3.2xlarge': 4, 'd3.4xlarge': 4 });
    const plan = planApply(disks, policy, { ...stateWith([]), templates: [unsure] });
    expect(plan.templates).toMatchObject([{ sure: 0, available: 2, floor: 2 }]);
  });

  it('but none that other owners keep off', () => {
    const entries = [...KEPT_OFF, foreignEntry({ instanceFamily: 'r1' })];
    const plan = planWith([bought(88, 12)], { entries });
    // A quarter of the other nineteen.
    expect(typesWith(plan, 'release').sort()).toEqual(RISKY.slice(1, 6).sort());
    expect(plan.shortfalls).toBe(0);
  });

  it('but none that the always list keeps off', () => {
    const rules = { alwaysBlacklist: ['r1.*', 'm5.large'] };
    const plan = planWith([bought(88, 12)], { entries: [...KEPT_OFF, ownEntry('m5.large', 11)], rules });
    expect(typesWith(plan, 'release').sort()).toEqual(RISKY.slice(1, 6).sort());
    expect(plan.templates).toMatchObject([{ available: 3 + 5, floor: 8 }]);
  });

  it.each([
    ['RELAX_ON_FALLBACK is off', bought(28, 12), { relaxOnFallback: false }],
    ['the numbers are unknown', { ...bought(28, 12), bought: null }, {}],
  ])('but none where %s', (_, template, rules) => {
    const plan = planWith([template], { entries: KEPT_OFF, rules, schedule: hourly() });
    expect(plan.decisions).toEqual(planWith([], { entries: KEPT_OFF }).decisions);
  });

  it('more than half of the entries, if need be: a shortage is no broken feed', () => {
    const plan = planWith([bought(0, 9)], { entries: KEPT_OFF });
    expect(typesWith(plan, 'release')).toHaveLength(18);
    expect(plan.warnings.join()).not.toContain('broken feed');
  });
});

/** What a day of runs adds, run by run, if nothing else changes. */
function dayOf(
  templates: readonly Template[],
  gap = HOUR,
  entries: readonly Entry[] = [ownEntry('r1.large', 90)],
) {
  let list = entries;
  return Array.from({ length: (24 * HOUR) / gap }, (_, index) => {
    const now = NOW + index * gap;
    const state = { ...stateWith(list, now), templates, schedule: { startedAt: now, gap } };
    const plan = planApply(region, { ...policy, blacklistHours: 168 }, state);
    list = carriedOut(plan, state);
    return typesWith(plan, 'add');
  });
}

describe('what was given back is added over a day', () => {
  it('each type in its hour, while the template has a fallback node', () => {
    const added = dayOf([bought(40, 1)]);
    expect(added.flat().sort()).toEqual(RISKY.slice(1).sort());
    expect(Math.max(...added.map(({ length }) => length))).toBeLessThan(5);
  });

  it('and until then is spared, with the numbers', () => {
    const entries = [ownEntry('r1.large', 11)];
    const plan = planWith([bought(40, 1)], { entries, schedule: hourly() });
    expect(plan.decisions.find(({ action }) => action === 'spare')).toMatchObject({
      reason:
        "AWS's band is >20%, above the tolerated 20%, but added back over a day, for the template web: 1 of its 41 nodes (2%) had to be bought on-demand, because Spot was short",
    });
  });

  it('in the run whose gap holds the hour, with a longer schedule', () => {
    const added = dayOf([bought(40, 1)], 6 * HOUR);
    expect(added.flat().sort()).toEqual(RISKY.slice(1).sort());
    expect(dayOf([bought(40, 1)], 24 * HOUR)[0]).toHaveLength(19);
  });

  it('once, with a shorter schedule', () => {
    const added = dayOf([bought(40, 1)], HOUR / 4);
    expect(added.flat().sort()).toEqual(RISKY.slice(1).sort());
  });

  it.each([
    ['at 5% of two nodes', 38, 2, []],
    ['at 10%', 18, 2, []],
    ['below 5%', 39, 2, RISKY.slice(1)],
    ['with a single node', 3, 1, RISKY.slice(1)],
  ])('or not at all, %s', (_, spot, fallback, expected) => {
    expect(
      dayOf([bought(spot, fallback)])
        .flat()
        .sort(),
    ).toEqual([...expected].sort());
  });

  it.each([
    ['without a fallback node', [bought(40, 0)], { entries: [ownEntry('r1.large', 11)], schedule: hourly() }],
    ['in a cluster without own entries', [bought(18, 2)], { entries: [], schedule: hourly() }],
    ['in a run without a schedule', [bought(18, 2)], { entries: [ownEntry('r1.large', 11)] }],
  ])('at once %s', (_, templates, state) => {
    expect(typesWith(planWith(templates, state), 'spare')).toEqual([]);
  });

  it('at once from the always list, and what the template does not allow', () => {
    const some = bought(18, 2, templateOf('some', { includeFamilies: ['r2', 'r3', 'r4'] }));
    const state = { entries: [ownEntry('r1.large', 11)], schedule: hourly() };
    const plan = planWith([some], { ...state, rules: { alwaysBlacklist: ['r2.*'] } });
    expect(typesWith(plan, 'spare').sort()).toEqual(['r3.large', 'r4.large']);
  });
});
