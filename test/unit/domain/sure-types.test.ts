// Templates as CAST AI's API returns them, on the feed of February 2026: each was left without what it surely allows.
import { describe, expect, it } from 'vitest';
import { readTemplates } from '../../../lambda/castai/templates.ts';
import { isPlacement } from '../../../lambda/domain/decision.ts';
import { familyOf } from '../../../lambda/domain/instance-type.ts';
import { planApply } from '../../../lambda/domain/plan.ts';
import { POLICY, realFeed, stateWith } from '../../support/plan.ts';

/** What a plan leaves of some families to a cluster with one Spot template. */
function planFor(region: string, interruptionThreshold: number, constraints: Record<string, unknown>) {
  const items = [{ template: { name: 'team', constraints: { spot: true, ...constraints } }, stats: {} }];
  const read = readTemplates({ status: 200, text: JSON.stringify({ items }), headers: {}, requestId: null });
  if (read.value === null) throw new Error(read.fault);
  const feed = realFeed('2026-02-13').of(region, 'Linux');
  const state = { ...stateWith([]), templates: read.value.templates };
  const { decisions, templates } = planApply(feed, { ...POLICY, interruptionThreshold }, state);
  const kept = new Set(decisions.filter(isPlacement).map(({ instanceType }) => instanceType));
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
