import { describe, expect, it } from 'vitest';
import type { Policy } from '../../../lambda/domain/decision.ts';
import { planApply } from '../../../lambda/domain/plan.ts';
import {
  actionsOf,
  foreignEntry,
  madeUpRegion,
  NO_GUARD_RAILS,
  ownEntry,
  POLICY,
  stateWith,
} from '../../support/plan.ts';

const off: Policy = { ...POLICY, ...NO_GUARD_RAILS };

describe('availability', () => {
  const region = madeUpRegion({
    'm5.large': 0,
    'm5.xlarge': 0,
    'c5.large': 0,
    'r5.large': 0,
    'i3.large': 4,
    'i4i.large': 4,
    'i7i.large': 4,
    'z1d.large': 4,
    'x2gd.large': 4,
  });
  const entries = [
    ownEntry('r5.large', 3),
    ownEntry('i4i.large', 9),
    ownEntry('i7i.large', 1),
    foreignEntry({ instanceType: 'x2gd.large' }),
    foreignEntry({ instanceType: 'z1d.large' }),
    foreignEntry({ instanceType: 'c5.large' }),
  ];
  const plan = planApply(region, { ...off, neverBlacklist: ['z1d.*'] }, stateWith(entries));

  it('is counted per architecture, in types and families', () => {
    expect(actionsOf(plan)).toEqual({
      'i3.large': 'add',
      'i4i.large': 'keep',
      'i7i.large': 'renew',
      'x2gd.large': 'covered',
      'z1d.large': 'spare',
      'r5.large': 'lapse',
    });
    expect(plan.available).toEqual(
      new Map([
        ['x86_64', { types: 2, families: 1 }],
        ['arm64', { types: 0, families: 0 }],
      ]),
    );
  });

  it('lists, by name, types that others blacklist without any action showing it', () => {
    expect(plan.unavailable).toEqual(['c5.large', 'z1d.large']);
  });
});
