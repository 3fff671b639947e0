import { describe, expect, it } from 'vitest';
import type { Policy } from '../../../lambda/domain/decision.ts';
import { sizesOf } from '../../../lambda/domain/guard-rails/sizes.ts';
import type { RegionFeed, SpotType } from '../../../lambda/domain/instance-types/spot-type.ts';
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

const policy: Policy = { ...POLICY, ...NO_GUARD_RAILS, minTypesPerSize: 3 };

/** A type with so many vCPUs and GiB of memory. */
const machine = (instanceType: string, cores: number | null, gib: number | null): SpotType => ({
  ...{ instanceType, band: { label: '<5%', lower: 0, upper: 5 }, savings: 60, noEvidence: false },
  ...{ cores, memory: gib && gib * 1024 },
});

/** So many types of a shape, each of a family of its own. */
const alike = (count: number, cores: number, gib: number, letter = 'm') =>
  Array.from({ length: count }, (_, index) => machine(`${letter}${index + 1}.x`, cores, gib));

/** The sizes that a type belongs to, as vCPUs and GiB per vCPU. */
const sizesWith = (type: SpotType) => {
  const others = [1, 2, 4, 8, 16].flatMap((ratio) =>
    [2, 4, 8, 16, 32, 64, 128].flatMap((cores) => alike(6, cores, cores * ratio, `r${ratio}c${cores}n`)),
  );
  return sizesOf([...others, type])
    .sizes.filter(({ members }) => members.has(type.instanceType))
    .map(({ vcpus, gibPerVcpu }) => [vcpus, gibPerVcpu]);
};

describe('a common machine size', () => {
  it.each([
    [
      'a machine in the middle of several',
      16,
      64,
      [
        [8, 2],
        [8, 4],
        [8, 8],
        [16, 2],
        [16, 4],
      ],
    ],
    ['the smallest of a size, bounds included', 2, 4, [[2, 2]]],
    ['the largest of a size, bounds included', 128, 2048, [[64, 8]]],
    [
      'between two numbers of vCPUs',
      12,
      48,
      [
        [8, 2],
        [8, 4],
      ],
    ],
    ['more memory than any size', 8, 512, []],
    ['less memory than any size', 8, 4, []],
    ['one vCPU', 1, 4, []],
  ])('takes a type by its vCPUs and memory: %s', (_, cores, gib, expected) => {
    expect(sizesWith(machine('m99.x', cores, gib))).toEqual(expected);
  });

  it('has no accelerated and no bare-metal types, and neither counts as outside', () => {
    const types = [machine('g5.xlarge', 4, 16), machine('m5.metal', 96, 384), machine('m5.xlarge', 4, 16)];
    const { sizes, outside } = sizesOf([...alike(6, 4, 16), ...types]);
    expect(sizes.every(({ members }) => members.has('m5.xlarge') && members.size === 7)).toBe(true);
    expect(outside).toBe(0);
  });

  it.each([
    ['vCPUs', machine('m99.x', null, 16)],
    ['memory', machine('m99.x', 4, null)],
  ])('has no type whose %s the feed does not state, and such types are counted', (_, type) => {
    const { sizes, outside } = sizesOf([...alike(6, 4, 16), type]);
    expect(sizes.some(({ members }) => members.has('m99.x'))).toBe(false);
    expect(outside).toBe(1);
  });

  it('is common from six types on, by architecture', () => {
    const five = alike(5, 4, 16);
    expect(sizesOf([...five, machine('m6g.xlarge', 4, 16)]).sizes).toEqual([]);
    expect(sizesOf([...five, machine('m6i.xlarge', 4, 16)]).sizes.length).toBe(5);
  });
});

/** Six types of the size of 4 vCPUs and 16 GiB, of which the first are calm. */
const region = (calm: number): RegionFeed => {
  const names = ['m1x', 'm2x', 'm3x', 'm4x', 'm5x', 'm6x'].map((family) => `${family}.xlarge`);
  const bands = names.map((name, index) => [name, { band: index < calm ? 0 : 4, savings: 50 + index }]);
  const feed = madeUpRegion(Object.fromEntries(bands));
  return { ...feed, types: feed.types.map((type) => ({ ...type, cores: 4, memory: 16 * 1024 })) };
};

describe('the floor of a size', () => {
  it('keeps three types, the least risky first, and says why', () => {
    const plan = planApply(region(1), policy, stateWith([]));
    expect(actionsOf(plan)).toEqual({
      ...{ 'm2x.xlarge': 'add', 'm3x.xlarge': 'add', 'm4x.xlarge': 'add' },
      ...{ 'm5x.xlarge': 'spare', 'm6x.xlarge': 'spare' },
    });
    expect(plan.decisions.find(({ action }) => action === 'spare')?.reason).toBe(
      "AWS's band is >20%, above the tolerated 20%, but kept available: at least 3 types of its size, x86_64 with 2 to 4 vCPUs and 4 to 16 GiB, have to be",
    );
    expect(plan.shortfalls).toBe(0);
    expect(plan.sizes).toContainEqual({
      ...{ architecture: 'x86_64', vcpus: 4, gibPerVcpu: 4 },
      ...{ types: 6, available: 3, floor: 3 },
    });
  });

  it('releases own entries in the way', () => {
    const entries = ['m4x', 'm5x', 'm6x'].map((family) => ownEntry(`${family}.xlarge`, 11));
    const plan = planApply(region(2), policy, stateWith(entries));
    expect(plan.decisions.filter(({ action }) => action === 'release')).toMatchObject([
      { instanceType: 'm6x.xlarge', urgent: true },
    ]);
  });

  it('is nothing to speak of where nothing had to be spared', () => {
    expect(planApply(region(3), policy, stateWith([])).sizes).toEqual([]);
  });

  it('is off at 0', () => {
    const plan = planApply(region(0), { ...policy, minTypesPerSize: 0 }, stateWith([]));
    expect(plan.sizes).toEqual([]);
    expect(actionsOf(plan)).toMatchObject({ 'm6x.xlarge': 'add' });
  });

  it('that others blacklist too much of is a shortfall, with its size and what is left', () => {
    const entries = ['m1x', 'm2x', 'm3x', 'm4x'].map((family) => foreignEntry({ instanceFamily: family }));
    const plan = planApply(region(6), policy, stateWith(entries));
    expect(plan.shortfalls).toBe(5);
    expect(plan.warnings.join()).toContain(
      `the size x86_64 with 4 to 8 vCPUs and 16 to 64 GiB (2 of 6 types; at least 3)`,
    );
    expect(plan.sizes.map(({ available, floor }) => `${available} of ${floor}`)).toEqual(
      Array(5).fill('2 of 3'),
    );
  });
});
