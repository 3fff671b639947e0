import { describe, expect, it } from 'vitest';
import type { Policy } from '../../../lambda/domain/decision.ts';
import { planApply, planClear } from '../../../lambda/domain/plan.ts';
import {
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

const region = madeUpRegion({
  'm5.large': 0,
  'c5.large': 0,
  'g5.xlarge': 0,
  'g6.xlarge': 0,
  'g6.2xlarge': 4,
});
const policy: Policy = { ...POLICY, ...NO_GUARD_RAILS };
const gpu = templateOf('gpu', { gpu: { isRequired: true } });

describe('a guard rail that cannot hold', () => {
  it('is named if others leave a machine class too little, and no more of it is blacklisted', () => {
    const rules = { ...policy, minTypesPerArchitecture: 2, minFamiliesPerArchitecture: 2 };
    const state = stateWith([foreignEntry({ instanceFamily: 'g6' })]);
    const plan = planApply(region, rules, state);
    expect(plan.shortfalls).toBe(1);
    expect(plan.warnings).toContain(
      "Other owners' entries leave fewer types available than the guard rails require, and a run cannot change that: the machine class x86_64 accelerated (1 of 3 types and 1 of 2 families; at least 2 and 2) until 2026-02-15T12:00:00.000Z. This target adds none of these types, and keeps no entry of them that it may remove. Remove some in CAST AI's console, or pods may wait for machines.",
    );
    expect(plan.decisions.map(({ action }) => action)).not.toContain('add');
  });

  it('is named for a template in the same way', () => {
    const rules = { ...policy, minTypesPerTemplate: 2 };
    const state = { ...stateWith([foreignEntry({ instanceFamily: 'g6' })]), templates: [gpu] };
    const { shortfalls, warnings, templates } = planApply(region, rules, state);
    expect(shortfalls).toBe(1);
    expect(warnings.join()).toContain('the template gpu (1 of 3 types; at least 2)');
    expect(templates).toMatchObject([{ allowed: 3, available: 1, floor: 2 }]);
  });

  it('is named with the time until enough of the entries in its way have expired, own ones included', () => {
    const endOf = (...entries: Parameters<typeof stateWith>[0][number][]) => {
      const state = { ...stateWith(entries), templates: [gpu] };
      const { shortfalls, warnings } = planApply(region, { ...policy, minTypesPerTemplate: 2 }, state);
      return [shortfalls, warnings.find((text) => text.includes('the template gpu'))];
    };
    const theirs = (instanceType: string, hours: number) =>
      foreignEntry({ instanceType, expiresAt: NOW + hours * HOUR });
    const until = (text: string) => [1, expect.stringContaining(`(1 of 3 types; at least 2) ${text}. `)];
    const [g5, g6] = [theirs('g5.xlarge', 3), theirs('g6.xlarge', 5)];
    expect(endOf(g5, g6)).toEqual(until('until 2026-02-14T15:00:00.000Z'));
    // Under their key, an own entry cannot be removed.
    expect(endOf(g5, g6, ownEntry('g5.xlarge', 4))).toEqual(until('until 2026-02-14T16:00:00.000Z'));
    const family = foreignEntry({ instanceFamily: 'g5', expiresAt: NOW + 3 * HOUR });
    expect(endOf(family, g6, ownEntry('g5.xlarge', 4))).toEqual(until('until 2026-02-14T15:00:00.000Z'));
    const endless = foreignEntry({ instanceFamily: 'g6', expiresAt: null });
    expect(endOf({ ...g5, expiresAt: null }, endless)).toEqual([
      1,
      expect.stringContaining('(0 of 3 types; at least 2) without expiry. '),
    ]);
    expect(endOf(g5, ownEntry('g6.xlarge', 4), ownEntry('g6.2xlarge', 4))).toEqual([0, undefined]);
  });

  it('is not reported if the region has no more types', () => {
    const rules = {
      ...policy,
      minTypesPerArchitecture: 100,
      minFamiliesPerArchitecture: 100,
      minTypesPerTemplate: 100,
    };
    const { shortfalls, warnings } = planApply(region, rules, { ...stateWith([]), templates: [gpu] });
    expect({ shortfalls, warnings }).toEqual({ shortfalls: 0, warnings: [] });
  });

  it('is not reported if others leave enough', () => {
    const rules = { ...policy, minTypesPerArchitecture: 2, minTypesPerTemplate: 2 };
    const state = { ...stateWith([foreignEntry({ instanceType: 'g6.2xlarge' })]), templates: [gpu] };
    expect(planApply(region, rules, state).shortfalls).toBe(0);
  });

  it('is reported for a template that allows nothing; many share one warning', () => {
    const rules = { ...policy, minTypesPerTemplate: 5 };
    const empty = ['a', 'b'].map((name) => templateOf(name, { includeFamilies: ['x9'] }));
    const { shortfalls, warnings } = planApply(region, rules, { ...stateWith([]), templates: empty });
    expect(shortfalls).toBe(2);
    expect(warnings).toEqual([
      "No type of us-east-1, Linux, fits the constraints of the node templates a, b, as far as they can be judged, so nothing is kept available there. Check the constraints in CAST AI's console.",
    ]);
    const off = planApply(region, policy, { ...stateWith([]), templates: empty });
    expect(off.shortfalls).toBe(0);
  });

  it('is reported for a family in use that loses its last type, whoever blacklists it', () => {
    const spotNodes = new Map([
      ['g6.xlarge', 3],
      ['g6.2xlarge', 2],
      ['g5.xlarge', 1],
      ['c5.large', 4],
      ['x9.large', 7],
    ]);
    const entries = [foreignEntry({ instanceType: 'g6.xlarge' }), ownEntry('c5.large', 3)];
    const { shortfalls, warnings } = planApply(region, policy, { ...stateWith(entries), spotNodes });
    expect(shortfalls).toBe(2);
    expect(warnings).toEqual([
      "No type stays available of families that the cluster runs as Spot nodes: c5 (4), g6 (5). The nodes keep running, but are not bought again. Put those that pods need on the never list: NEVER_BLACKLIST='c5.*,g6.*'",
    ]);
    const listed = { ...policy, neverBlacklist: ['z1d'] };
    expect(planApply(region, listed, { ...stateWith(entries), spotNodes }).warnings.join()).toContain(
      "on the never list, beside what is on it: NEVER_BLACKLIST='c5.*,g6.*'",
    );
  });
});

describe('the Spot nodes of a cluster', () => {
  const spotNodes = new Map([
    ['m5.large', 5],
    ['g6.2xlarge', 3],
    ['c5.large', 2],
    ['x9.large', 1],
    ['g5.xlarge', 0],
  ]);

  it('are counted by type, and in total for blacklisted types', () => {
    const state = { ...stateWith([ownEntry('c5.large', 3), ownEntry('g5.xlarge', 3)]), spotNodes };
    const { nodes, decisions } = planApply(region, policy, state);
    expect(nodes).toEqual({ spot: 11, onBlacklisted: 5 });
    expect(decisions.map(({ instanceType, nodes: count }) => [instanceType, count])).toEqual([
      ['g6.2xlarge', 3],
      ['c5.large', 2],
      ['g5.xlarge', undefined],
    ]);
    expect(decisions[2]).not.toHaveProperty('nodes');
  });

  it('do not count as blacklisted if their type is spared', () => {
    const rules = { ...policy, minTypesPerArchitecture: 3 };
    const { nodes, decisions } = planApply(region, rules, { ...stateWith([]), spotNodes });
    expect(nodes).toEqual({ spot: 11, onBlacklisted: 0 });
    expect(decisions).toMatchObject([{ instanceType: 'g6.2xlarge', action: 'spare', nodes: 3 }]);
  });

  it('are unknown if they could not be read', () => {
    const plan = planApply(region, policy, stateWith([]));
    expect(plan.nodes).toBeNull();
    expect(plan.decisions[0]).not.toHaveProperty('nodes');
  });

  it('are included in a plan that clears, too', () => {
    const state = { ...stateWith([ownEntry('c5.large', 3)]), spotNodes };
    expect(planClear(state)).toMatchObject({
      nodes: { spot: 11, onBlacklisted: 0 },
      decisions: [{ nodes: 2 }],
    });
  });
});
