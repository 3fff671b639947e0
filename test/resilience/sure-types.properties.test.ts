// Whatever a template's constraints leave open, five of the types that it surely allows stay, wherever there are five. What is
// sure is said here apart from the code under test.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readTemplates } from '../../lambda/castai/templates.ts';
import { isPlacement } from '../../lambda/domain/decision.ts';
import { familyOf } from '../../lambda/domain/instance-types/instance-type.ts';
import { planApply } from '../../lambda/domain/plan.ts';
import { POLICY, realFeed, regionsOf, stateWith } from '../support/plan.ts';

/** What AWS says of some families. */
const FAMILIES = {
  m5: {},
  m5d: { disks: 'optional' },
  r5d: { disks: 'optional' },
  c6g: { arch: 'arm64' },
  c6gd: { arch: 'arm64', disks: 'optional' },
  t3: { isBurstable: true },
  t4g: { arch: 'arm64', isBurstable: true },
  i4i: { disks: 'always' },
  d3: { disks: 'optional' },
  x1: { disks: 'optional' },
  g4dn: { gpu: 'whole', disks: 'optional' },
  g5g: { arch: 'arm64', gpu: 'whole' },
  g6: { gpu: 'whole', disks: 'optional' },
  g6f: { gpu: 'part', disks: 'optional' },
  p3: { gpu: 'whole' },
} as const satisfies Record<string, Facts>;

interface Facts {
  readonly arch?: 'arm64';
  readonly isBurstable?: true;
  readonly disks?: 'optional' | 'always';
  readonly gpu?: 'whole' | 'part';
}

const STATE = fc.constantFrom('ENABLED', 'DISABLED', 'NOT_SET', undefined);
const FLAG = fc.constantFrom(true, false, null, undefined);

const constraints = fc.record({
  architectures: fc.constantFrom<readonly string[] | undefined>(
    ['amd64'],
    ['arm64'],
    ['amd64', 'arm64'],
    [],
    undefined,
  ),
  burstable: STATE,
  fractionalGpus: STATE,
  storageOptimized: FLAG,
  isGpuOnly: FLAG,
  families: fc.subarray(Object.keys(FAMILIES) as (keyof typeof FAMILIES)[], { minLength: 1 }),
});

type Asked = typeof constraints extends fc.Arbitrary<infer One> ? One : never;

/** Whether a template with these constraints buys types of a family, whatever CAST AI makes of what is not set. */
function isSure(family: keyof typeof FAMILIES, asked: Asked): boolean {
  const { arch, isBurstable, disks, gpu }: Facts = FAMILIES[family];
  const { architectures = [], burstable, fractionalGpus, storageOptimized, isGpuOnly } = asked;
  return (
    (architectures.length === 0 ? arch === undefined : architectures.includes(arch ?? 'amd64')) &&
    (!isBurstable || burstable === 'ENABLED') &&
    (gpu !== 'part' || fractionalGpus === 'ENABLED') &&
    (storageOptimized !== true || disks === 'always') &&
    (storageOptimized !== false || disks === undefined) &&
    (isGpuOnly !== true || gpu !== undefined)
  );
}

const regions = (['2025-06-28', '2026-02-13'] as const).flatMap((day) => {
  const feed = realFeed(day);
  return regionsOf(day).map((region) => feed.of(region, 'Linux'));
});

it('five of the types that a template surely allows stay, in every region and at every threshold', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...regions),
      fc.constantFrom(5, 10, 15, 20),
      fc.array(constraints, { minLength: 1, maxLength: 4 }),
      (feed, interruptionThreshold, asked) => {
        const items = asked.map(({ families, fractionalGpus, ...others }) => {
          const instanceFamilies = { include: families };
          const constraints = { spot: true, instanceFamilies, gpu: { fractionalGpus }, ...others };
          return { template: { name: 'made up', constraints }, stats: {} };
        });
        const answer = { status: 200, text: JSON.stringify({ items }), headers: {}, requestId: null };
        const { value } = readTemplates(answer);
        const state = { ...stateWith([]), templates: value?.templates ?? null };
        const { decisions, templates } = planApply(feed, { ...POLICY, interruptionThreshold }, state);
        const off = new Set(decisions.filter(isPlacement).map(({ instanceType }) => instanceType));
        for (const [index, one] of asked.entries()) {
          const isOne = new Set<string>(one.families.filter((family) => isSure(family, one)));
          const sure = feed.types.filter(({ instanceType }) => isOne.has(familyOf(instanceType)));
          const left = sure.filter(({ instanceType }) => !off.has(instanceType));
          expect(left.length).toBeGreaterThanOrEqual(Math.min(5, sure.length));
          expect(templates?.[index]?.sure).toBe(sure.length);
          if (sure.length > 0) expect(templates?.[index]?.available).toBe(left.length);
        }
      },
    ),
    { numRuns: 300 },
  );
});
