import { describe, expect, it } from 'vitest';
import type { Policy } from '../../../lambda/domain/decision.ts';
import type { Template } from '../../../lambda/domain/instance-types/template.ts';
import { type Plan, planApply } from '../../../lambda/domain/plan.ts';
import {
  actionsOf,
  foreignEntry,
  madeUpRegion,
  NO_GUARD_RAILS,
  ownEntry,
  POLICY,
  stateWith,
  templateOf,
} from '../../support/plan.ts';

const policy: Policy = { ...POLICY, ...NO_GUARD_RAILS, minTypesPerTemplate: 2 };
const region = madeUpRegion({
  'm5.large': 0,
  'm6i.large': 0,
  'g5.xlarge': { band: 4, savings: 50 },
  'g5.2xlarge': { band: 4, savings: 70 },
  'g6.xlarge': { band: 4, savings: 60 },
  'g6e.xlarge': 3,
});
const gpu = templateOf('gpu', { gpu: { isRequired: true } });

function planWith(
  templates: readonly Template[],
  entries: Parameters<typeof stateWith>[0] = [],
  rules = policy,
) {
  return planApply(region, rules, { ...stateWith(entries), templates });
}

const sparedBy = (plan: ReturnType<typeof planWith>) =>
  plan.decisions.filter(({ action }) => action === 'spare').map(({ instanceType }) => instanceType);

describe('the floor of a template', () => {
  const tolerant = { ...policy, interruptionThreshold: 20 };

  it('spares the least risky of the types that it allows, and says for which template', () => {
    const { decisions, templates } = planWith([gpu], [], tolerant);
    expect(decisions.filter(({ action }) => action === 'spare')).toMatchObject([
      {
        instanceType: 'g5.2xlarge',
        reason:
          "AWS's band is >20%, above the tolerated 20%, but kept available for the template gpu, which allows 4 types",
      },
    ]);
    expect(templates).toEqual([
      {
        name: 'gpu',
        allowed: 4,
        sure: 4,
        available: 2,
        spared: 1,
        floor: 2,
        fallback: null,
        fallsBackToOnDemand: false,
        families: [],
        unjudged: [],
      },
    ]);
  });

  it('is not met by accelerated types if its pods do not ask for them', () => {
    const any = templateOf('default');
    const strict = { ...policy, interruptionThreshold: 2, minTypesPerTemplate: 2 };
    expect(sparedBy(planWith([any], [], strict)).sort()).toEqual(['m5.large', 'm6i.large']);
  });

  it('spares all types of a template that allows fewer', () => {
    const few = templateOf('few', { includeFamilies: ['g5'] });
    const { templates, ...plan } = planWith([few], [], { ...policy, minTypesPerTemplate: 5 });
    expect(sparedBy({ templates, ...plan }).sort()).toEqual(['g5.2xlarge', 'g5.xlarge']);
    expect(templates).toMatchObject([{ allowed: 2, available: 2, spared: 2, floor: 2 }]);
    expect(plan.shortfalls).toBe(0);
  });

  it('is off at 0', () => {
    const plan = planWith([gpu], [], { ...policy, minTypesPerTemplate: 0 });
    expect(sparedBy(plan)).toEqual([]);
    expect(plan.templates).toMatchObject([{ allowed: 4, available: 1, spared: 0, floor: 0 }]);
  });

  it('is unknown if the templates are', () => {
    const plan = planApply(region, policy, stateWith([]));
    expect(sparedBy(plan)).toEqual([]);
    expect(plan.templates).toBeNull();
  });

  it('counts types that others blacklist as unavailable', () => {
    const plan = planWith([gpu], [foreignEntry({ instanceType: 'g6e.xlarge' })]);
    expect(sparedBy(plan).sort()).toEqual(['g5.2xlarge', 'g6.xlarge']);
  });

  it('releases own entries of types that it needs, as soon as there is such a template', () => {
    const entries = [ownEntry('g5.2xlarge', 3), ownEntry('g6.xlarge', Number.NaN)].map((entry) =>
      entry.instanceType === 'g6.xlarge' ? { ...entry, expiresAt: null } : entry,
    );
    const plan = planWith([gpu], entries, { ...policy, minTypesPerTemplate: 3 });
    expect(plan.decisions.filter(({ instanceType }) => instanceType !== 'g5.xlarge')).toMatchObject([
      { instanceType: 'g6.xlarge', action: 'release', urgent: true },
      {
        ...{ instanceType: 'g5.2xlarge', action: 'release', urgent: true, expiresAt: null },
        reason: expect.stringContaining('kept available for the template gpu, which allows 4 types'),
      },
    ]);
    expect(plan).toMatchObject({ shortfalls: 0, templates: [{ available: 3, spared: 2, floor: 3 }] });
    expect(planWith([], entries).decisions).not.toContainEqual(expect.objectContaining({ urgent: true }));
  });

  it('releases an own entry of a calm type before it spares a risky one', () => {
    const calm = ownEntry('g6e.xlarge', 3);
    const plan = planWith([gpu], [calm], tolerant);
    expect(sparedBy(plan)).toEqual(['g5.2xlarge']);
    expect(actionsOf(plan)).toMatchObject({ 'g6e.xlarge': 'release' });
  });

  it('counts types on the never list as available', () => {
    const plan = planWith([gpu], [], { ...tolerant, neverBlacklist: ['g5.xlarge'] });
    expect(plan.decisions.filter(({ action }) => action === 'spare')).toMatchObject([
      { instanceType: 'g5.xlarge', reason: 'on the never list (g5.xlarge)' },
    ]);
  });
});

describe('the floors of many templates', () => {
  const g5 = templateOf('g5', { includeFamilies: ['g5'] });
  const g6 = templateOf('g6', { includeFamilies: ['g6', 'g6e'] });

  it('spare no unneeded type, because one type can serve many templates', () => {
    // Alone, the template gpu would keep g6e.xlarge and g5.2xlarge.
    expect(sparedBy(planWith([gpu, g5])).sort()).toEqual(['g5.2xlarge', 'g5.xlarge']);
  });

  it('hold whatever the order of the templates', () => {
    const all = [gpu, g5, g6];
    expect(actionsOf(planWith(all))).toEqual(actionsOf(planWith(all.toReversed())));
    expect(sparedBy(planWith(all)).sort()).toEqual(['g5.2xlarge', 'g5.xlarge', 'g6.xlarge']);
  });

  it('can spare fewer types after a template is added whose type serves the others too', () => {
    const types = madeUpRegion({ 'g5.xlarge': 3, 'g6.xlarge': 3, 'p3.2xlarge': 4 });
    const [a, b, p3] = [['g5', 'p3'], ['g6', 'p3'], ['p3']].map((includeFamilies) =>
      templateOf(includeFamilies.join(), { includeFamilies }),
    );
    const planOf = (...templates: Array<Template | undefined>) =>
      planApply(
        types,
        { ...policy, interruptionThreshold: 10, minTypesPerTemplate: 1 },
        {
          ...stateWith([]),
          templates: templates.filter((template) => template !== undefined),
        },
      );
    expect(sparedBy(planOf(a, b))).toEqual(['g5.xlarge', 'g6.xlarge']);
    expect(sparedBy(planOf(a, b, p3))).toEqual(['p3.2xlarge']);
  });

  it('are named once in a reason, with a count', () => {
    const twins = ['a', 'b', 'c'].map((name) => templateOf(name, { includeFamilies: ['g5'] }));
    const [reason] = planWith(twins)
      .decisions.filter(({ action }) => action === 'spare')
      .map((one) => one.reason);
    expect(reason).toMatch(/ for the template a, which allows 2 types, and for 2 other templates$/);
  });

  it('are named together with the machine class’s floor if a type is needed for both', () => {
    const rules = { ...policy, minTypesPerArchitecture: 4 };
    const [decision] = planWith([g5], [], rules).decisions.filter(({ action }) => action === 'spare');
    expect(decision?.reason).toMatch(
      / for the template g5, which allows 2 types, and because at least 4 types and 0 families of its class, x86_64 accelerated, have to be$/,
    );
  });
});

describe('the floor of a template that may allow more than it surely allows', () => {
  const disks = templateOf('disks', { architectures: ['x86_64'], storageOptimized: false });
  const tolerant = { ...policy, interruptionThreshold: 15 };
  const plan = (types: Parameters<typeof madeUpRegion>[0], entries: Parameters<typeof stateWith>[0] = []) =>
    planApply(madeUpRegion(types), tolerant, { ...stateWith(entries), templates: [disks] });

  it('is held by what it surely allows', () => {
    const { decisions, templates } = plan({
      ...{ 'm5.large': 3, 'm5.xlarge': 3, 'm5.2xlarge': 4 },
      ...{ 'm5d.large': 0, 'm5d.xlarge': 0, 'm5d.2xlarge': 3 },
    });
    expect(actionsOf({ decisions } as Plan)).toEqual({
      ...{ 'm5.large': 'spare', 'm5.xlarge': 'spare', 'm5.2xlarge': 'add', 'm5d.2xlarge': 'add' },
    });
    expect(templates).toMatchObject([
      { allowed: 6, sure: 3, available: 2, spared: 2, floor: 2, unjudged: ['storageOptimized'] },
    ]);
  });

  it('also keeps what it may allow, as far as that does not suffice', () => {
    const { decisions, templates, shortfalls } = plan({
      ...{ 'm5.large': 4 },
      ...{ 'm5d.large': 4, 'm5d.xlarge': 3, 'm5d.2xlarge': 4 },
    });
    expect(sparedBy({ decisions } as Plan)).toEqual(['m5.large', 'm5d.xlarge']);
    expect(templates).toMatchObject([{ allowed: 4, sure: 1, available: 1, spared: 2, floor: 1 }]);
    expect(shortfalls).toBe(0);
  });

  it('keeps what it may allow, if nothing is sure', () => {
    const { decisions, templates, shortfalls } = plan({ 'm5d.large': 4, 'm5d.xlarge': 3, 'm5d.2xlarge': 4 });
    expect(sparedBy({ decisions } as Plan).sort()).toEqual(['m5d.2xlarge', 'm5d.xlarge']);
    expect(templates).toMatchObject([{ allowed: 3, sure: 0, available: 2, spared: 2, floor: 2 }]);
    expect(shortfalls).toBe(0);
  });

  it('is missed if others blacklist what it surely allows, whatever it may allow', () => {
    const { decisions, templates, shortfalls, warnings } = plan(
      { 'm5.large': 0, 'm5.xlarge': 4, 'm5d.large': 0, 'm5d.xlarge': 4 },
      [foreignEntry({ instanceFamily: 'm5' })],
    );
    // Both of m5d are kept instead.
    expect(actionsOf({ decisions } as Plan)).toMatchObject({ 'm5.xlarge': 'covered', 'm5d.xlarge': 'spare' });
    expect(decisions.find(({ action }) => action === 'spare')?.reason).toMatch(
      / for the template disks, which may allow 4 types$/,
    );
    expect(templates).toMatchObject([{ sure: 2, available: 0, floor: 2 }]);
    expect(shortfalls).toBe(1);
    expect(warnings.join()).toContain('the template disks (0 of 2 types; at least 2)');
  });

  it('prefers the types with the fewest doubts, if nothing is sure', () => {
    const l4 = templateOf('l4', {
      ...{ architectures: ['x86_64'], storageOptimized: true },
      gpu: { isRequired: true, includeNames: ['L4'] },
    });
    const region = madeUpRegion({
      'g6.xlarge': 3,
      'g6.2xlarge': 3,
      'g6.4xlarge': 4,
      'g6f.large': 0,
      'g6f.xlarge': 0,
    });
    const plan = planApply(region, tolerant, { ...stateWith([]), templates: [l4] });
    expect(sparedBy(plan).sort()).toEqual(['g6.2xlarge', 'g6.xlarge']);
    expect(plan.templates).toMatchObject([{ allowed: 5, sure: 0, floor: 2 }]);
  });
});
