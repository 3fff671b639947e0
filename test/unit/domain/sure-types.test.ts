// Templates as CAST AI's API returns them, on the feed of February 2026: each was left without what it surely allows.
import { describe, expect, it } from 'vitest';
import { readTemplates } from '../../../lambda/castai/templates.ts';
import { isPlacement } from '../../../lambda/domain/decision.ts';
import { familyOf } from '../../../lambda/domain/instance-types/instance-type.ts';
import type { RegionFeed, SpotType } from '../../../lambda/domain/instance-types/spot-type.ts';
import { planApply } from '../../../lambda/domain/plan.ts';
import { POLICY, realFeed, regionsOf, stateWith } from '../../support/plan.ts';

/** The plan for a cluster with one Spot template, and the types that it keeps off. */
function planOn(feed: RegionFeed, interruptionThreshold: number, constraints: Record<string, unknown>) {
  const items = [{ template: { name: 'team', constraints: { spot: true, ...constraints } }, stats: {} }];
  const read = readTemplates({ status: 200, text: JSON.stringify({ items }), headers: {}, requestId: null });
  if (read.value === null) throw new Error(read.fault);
  const state = { ...stateWith([]), templates: read.value.templates };
  const { decisions, templates } = planApply(feed, { ...POLICY, interruptionThreshold }, state);
  return { templates, kept: new Set(decisions.filter(isPlacement).map(({ instanceType }) => instanceType)) };
}

/** What that leaves of some families on the feed of February 2026. */
function planFor(region: string, interruptionThreshold: number, constraints: Record<string, unknown>) {
  const feed = realFeed('2026-02-13').of(region, 'Linux');
  const { templates, kept } = planOn(feed, interruptionThreshold, constraints);
  const left = (...families: string[]) =>
    feed.types
      .map(({ instanceType }) => instanceType)
      .filter((type) => families.includes(familyOf(type)) && !kept.has(type)).length;
  return { left, outcome: templates?.[0] };
}

const X86 = { architectures: ['amd64'], os: ['linux'] };

describe('of what a template surely allows, five types stay', () => {
  it('without local SSDs: m5d is not counted for m5', () => {
    const families = { include: ['m5', 'm5d'], exclude: [] };
    const { left, outcome } = planFor('us-east-1', 15, {
      ...X86,
      storageOptimized: false,
      instanceFamilies: families,
    });
    expect(left('m5')).toBe(5);
    expect(outcome).toMatchObject({
      allowed: 18,
      sure: 9,
      available: 5,
      floor: 5,
      unjudged: ['storageOptimized'],
    });
  });

  it('with local SSDs: r5d may be one of them, so it is not given up', () => {
    const families = { include: ['r5d'], exclude: [] };
    const { left, outcome } = planFor('us-east-1', 15, {
      ...X86,
      storageOptimized: true,
      instanceFamilies: families,
    });
    expect(left('r5d')).toBeGreaterThanOrEqual(5);
    expect(outcome).toMatchObject({ allowed: 9, sure: 0, floor: 5, unjudged: ['storageOptimized'] });
  });

  it.each([
    ['disabled', 'DISABLED', 10],
    ['not set', 'NOT_SET', 15],
  ])('whole GPUs, with parts of them %s: g6f is not counted for g6', (_, fractionalGpus, allowed) => {
    const gpu = { manufacturers: ['NVIDIA'], includeNames: ['L4'], fractionalGpus };
    const { left, outcome } = planFor('us-west-2', 20, { ...X86, isGpuOnly: true, gpu });
    expect(left('g6', 'gr6')).toBe(5);
    expect(outcome).toMatchObject({ allowed, sure: 10, available: 5, floor: 5 });
  });

  it('that are not burstable, if that is not set: t3 is not counted', () => {
    const { outcome } = planFor('us-east-1', 5, {
      ...X86,
      maxCpu: 2,
      minCpu: 2,
      maxMemory: 4096,
      burstable: 'NOT_SET',
    });
    expect(outcome).toMatchObject({ sure: 17, available: 5, floor: 5, unjudged: ['burstable'] });
  });

  it('of amd64, if no architecture is set: Graviton is not counted', () => {
    const families = { include: ['m5', 'm6g', 'm7g'], exclude: [] };
    const { left, outcome } = planFor('us-east-1', 15, { os: ['linux'], instanceFamilies: families });
    expect(left('m5')).toBe(5);
    expect(outcome).toMatchObject({ sure: 9, available: 5, floor: 5, unjudged: ['architectures'] });
  });
});

const DISKS = ['c5d', 'm5d', 'm6id', 'r5d'];
const L4 = { manufacturers: ['NVIDIA'], includeNames: ['L4'] };
const regions = (['2025-06-28', '2026-02-13'] as const).flatMap((day) => {
  const feed = realFeed(day);
  return regionsOf(day).map((region) => feed.of(region, 'Linux'));
});

/** Templates of real clusters, each with the families that it surely allows, or that it may allow if none is sure. */
it.each<[string, Record<string, unknown>, number, (family: string, type: SpotType) => boolean]>([
  [
    'small and not burstable',
    { ...X86, minCpu: 2, maxCpu: 2, minMemory: 2048, maxMemory: 4096, burstable: 'NOT_SET' },
    1,
    (family, { cores, memory }) =>
      /^[cm]\d(?!\w*g)/.test(family) && cores === 2 && memory !== null && memory >= 2048 && memory <= 4096,
  ],
  [
    'local disks',
    { architectures: ['amd64'], storageOptimized: true, instanceFamilies: { include: DISKS } },
    0,
    (family) => DISKS.includes(family),
  ],
  [
    'no local disks',
    { architectures: ['amd64'], storageOptimized: false, instanceFamilies: { include: ['m5', 'm5d'] } },
    1,
    (family) => family === 'm5',
  ],
  [
    'GPUs with local disks',
    {
      ...{ storageOptimized: true, computeOptimized: false, minCpu: 10, maxCpu: 10_000 },
      ...{ architectures: ['amd64', 'arm64'], os: ['linux'], gpu: { manufacturers: ['NVIDIA'] } },
      instanceFamilies: { exclude: ['p4d', 'p3dn', 'p2', 'g3s', 'g5g', 'g5', 'g3'] },
    },
    0,
    (family, { cores }) =>
      /^(g4dn|g[67]\w*|gr6f?|p4de|p5\w*|p6-\w+)$/.test(family) && cores !== null && cores >= 10,
  ],
  ...[{ ...L4, fractionalGpus: 'DISABLED' }, L4].map(
    (gpu): [string, Record<string, unknown>, number, (family: string) => boolean] => [
      `whole GPUs, ${JSON.stringify(gpu)}`,
      { isGpuOnly: true, gpu, architectures: ['amd64'] },
      1,
      (family) => ['g6', 'gr6'].includes(family),
    ],
  ),
  [
    'a single GPU',
    { isGpuOnly: true, gpu: { ...L4, minCount: 1, maxCount: 1 } },
    1,
    (family, { cores }) => ['g6', 'gr6'].includes(family) && cores !== null && ![48, 96, 192].includes(cores),
  ],
])('five types stay in every region: %s', (_, constraints, isSure, allows) => {
  for (const feed of regions) {
    const types = feed.types.filter((type) => allows(familyOf(type.instanceType), type));
    for (const threshold of [5, 10, 15, 20]) {
      const { templates, kept } = planOn(feed, threshold, constraints);
      const left = types.filter(({ instanceType }) => !kept.has(instanceType)).length;
      const asked = { region: feed.region, threshold, sure: isSure * types.length };
      expect({ ...asked, sure: templates?.[0]?.sure }).toEqual(asked);
      expect({ ...asked, isEnough: left >= Math.min(5, types.length) }).toEqual({ ...asked, isEnough: true });
    }
  }
});
