import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Entry } from '../../lambda/domain/blacklist/blacklist.ts';
import { markerOf } from '../../lambda/domain/blacklist/ownership.ts';
import { isCalmRelease, isPlacement, isWrite, type Policy } from '../../lambda/domain/decision.ts';
import { sizesOf } from '../../lambda/domain/guard-rails/sizes.ts';
import { allowedWith, judgeTemplates } from '../../lambda/domain/instance-types/allowed-types.ts';
import { classOf, familyOf, MACHINE_CLASSES } from '../../lambda/domain/instance-types/instance-type.ts';
import { isAbove, type RegionFeed, type SpotType } from '../../lambda/domain/instance-types/spot-type.ts';
import type { Template } from '../../lambda/domain/instance-types/template.ts';
import { type Plan, planApply } from '../../lambda/domain/plan.ts';
import {
  arbitraryEntries,
  arbitraryPolicy,
  CLUSTER,
  carriedOut,
  NOW,
  POLICY,
  realFeed,
  regionsOf,
  stateWith,
  TARGET,
  TEMPLATES,
  templateOf,
} from '../support/plan.ts';

/** Templates as made-up clusters have them: broad and narrow, overlapping, nested, of types that are few or risky. */
const arbitraryTemplates: fc.Arbitrary<Template[]> = fc.array(
  fc
    .record({
      architectures: fc.subarray(['x86_64', 'arm64'] as const),
      minCpu: fc.constantFrom(null, 2, 8, 64),
      maxCpu: fc.constantFrom(null, 4, 16, 96),
      minMemory: fc.constantFrom(null, 16_384, 262_144),
      includeFamilies: fc.oneof(
        fc.constant([]),
        fc.subarray([
          ...['m5', 'm6i', 'c5', 'c6g', 'r5', 'r8g', 't3', 'g4dn', 'g5', 'g6', 'p3', 'inf2', 'x9'],
          ...['m5d', 'i4i', 'd3', 'g6f', 'r5.large'],
        ]),
      ),
      excludeFamilies: fc.subarray(['m5', 'c5', 'r5', 'g5', 'm6i.large']),
      burstable: fc.constantFrom(null, true, false),
      bareMetal: fc.constantFrom(null, true, false),
      storageOptimized: fc.constantFrom(null, true, false),
      gpu: fc.constantFrom(
        {},
        {},
        { isRequired: true },
        { manufacturers: ['NVIDIA'] },
        { includeNames: ['T4'] },
        { includeNames: ['L4'], fractional: false },
        { includeNames: ['L4', 'X9000'], maxCount: 1 },
      ),
    })
    .map((constraints) => templateOf('made up', constraints)),
  { maxLength: 8 },
);

interface Rule {
  readonly members: readonly string[];
  readonly types: number;
  readonly families: number;
}

/** The floors, put together apart from the code under test. */
function rulesOf({ types }: RegionFeed, policy: Policy, templates: readonly Template[]): Rule[] {
  const names = types.map(({ instanceType }) => instanceType);
  const classes = MACHINE_CLASSES.map((machineClass) => ({
    members: names.filter((type) => classOf(type) === machineClass),
    types: policy.minTypesPerArchitecture,
    families: policy.minFamiliesPerArchitecture,
  }));
  // Of what is surely allowed, and of what may be with one doubt more, and so on.
  const ofTemplates = judgeTemplates(templates, types).flatMap((judged) =>
    [...new Set([0, ...[...judged.allowed.values()].map(({ length }) => length)])].map((doubts) => {
      return { members: [...allowedWith(judged, doubts)], types: policy.minTypesPerTemplate, families: 0 };
    }),
  );
  const ofSizes = sizesOf(types).sizes.map(({ members }) => {
    return { members: [...members], types: policy.minTypesPerSize, families: 0 };
  });
  return [...classes, ...ofTemplates, ...ofSizes];
}

function holds({ members, types, families }: Rule, available: ReadonlySet<string>): boolean {
  const left = members.filter((type) => available.has(type));
  return left.length >= types && new Set(left.map(familyOf)).size >= families;
}

const planOf = (feed: RegionFeed, policy: Policy, templates: readonly Template[] | null) =>
  planApply(feed, policy, { ...stateWith([]), templates });

const typesWith = (plan: Plan, action: string) =>
  plan.decisions.filter((decision) => decision.action === action).map(({ instanceType }) => instanceType);

function availableWith(feed: RegionFeed, plan: Plan): Set<string> {
  const added = new Set(typesWith(plan, 'add'));
  return new Set(feed.types.map(({ instanceType }) => instanceType).filter((type) => !added.has(type)));
}

const isCalmer = (a: SpotType, b: SpotType) =>
  a.band.lower < b.band.lower || (a.band.lower === b.band.lower && a.savings > b.savings);

/** What has to be true of a first plan, where nobody else blacklists anything. */
function checkFirstPlan(feed: RegionFeed, policy: Policy, templates: readonly Template[]): void {
  const plan = planOf(feed, policy, templates);
  const rules = rulesOf(feed, policy, templates);
  const available = availableWith(feed, plan);
  const facts = new Map(feed.types.map((type) => [type.instanceType, type]));

  // No floor fails because of this target: it holds, or none of its types is blacklisted.
  for (const rule of rules) {
    const isWhole = rule.members.every((type) => available.has(type));
    expect(holds(rule, available) || isWhole).toBe(true);
  }

  // Nothing is spared in vain: not even all calmer types together could stand in for a spared one.
  for (const spared of typesWith(plan, 'spare')) {
    const type = facts.get(spared);
    const calmer = feed.types.filter((other) => type !== undefined && isCalmer(other, type));
    const without = new Set([...available, ...calmer.map(({ instanceType }) => instanceType)]);
    without.delete(spared);
    const breaks = rules.some((rule) => rule.members.includes(spared) && !holds(rule, without));
    expect([spared, breaks]).toEqual([spared, true]);
  }

  const state = { ...stateWith([]), templates };
  const again = planApply(feed, policy, { ...state, entries: carriedOut(plan, state) });
  expect(again.decisions.filter(isWrite)).toEqual([]);
  expect(typesWith(again, 'spare').sort()).toEqual(typesWith(plan, 'spare').sort());

  // Templates narrow what may be blacklisted, and nothing else.
  const without = planOf(feed, policy, null);
  expect(typesWith(plan, 'spare').length).toBeGreaterThanOrEqual(typesWith(without, 'spare').length);
  expect(planOf(feed, policy, []).decisions).toEqual(without.decisions);
}

const regions = (['2025-06-28', '2026-02-13'] as const).flatMap((day) => {
  const feed = realFeed(day);
  return regionsOf(day).map((region): [string, RegionFeed] => [`${region} ${day}`, feed.of(region, 'Linux')]);
});

describe.each([5, 10, 15, 20])('the floors at a threshold of %i', (interruptionThreshold) => {
  const policy = { ...POLICY, interruptionThreshold };

  it('hold in every region of the snapshots, and spare nothing in vain', () => {
    expect(regions.length).toBeGreaterThan(60);
    for (const [, feed] of regions) checkFirstPlan(feed, policy, TEMPLATES);
  });

  it('hold for any templates', () => {
    fc.assert(
      fc.property(fc.constantFrom(...regions), arbitraryTemplates, ([, feed], templates) => {
        checkFirstPlan(feed, policy, templates);
      }),
      { numRuns: 60 },
    );
  });
});

const isOwn = ({ clusterId, lifecycle, instanceType, reason }: Entry) =>
  clusterId === CLUSTER &&
  lifecycle === 'spot' &&
  instanceType !== null &&
  reason.startsWith(markerOf(TARGET));

const ofType = (type: string) => (entry: Entry) =>
  entry.instanceType === type || entry.instanceFamily === familyOf(type);

const isBlocking = ({ lifecycle, expiresAt }: Entry) =>
  lifecycle !== 'on_demand' && (expiresAt === null || expiresAt > NOW);

it('a floor holds when a plan is carried out, or others keep it from that and no own entry that may be removed is in its way', () => {
  const feed = realFeed('2026-02-13').of('eu-west-3', 'Linux');
  fc.assert(
    fc.property(arbitraryPolicy, arbitraryEntries(feed), arbitraryTemplates, (policy, entries, templates) => {
      const state = { ...stateWith(entries), templates };
      const plan = planApply(feed, policy, state);
      const live = carriedOut(plan, state).filter(isBlocking);
      const available = new Set(
        feed.types.map(({ instanceType }) => instanceType).filter((type) => !live.some(ofType(type))),
      );
      const mustStay = (type: string) =>
        live.some((entry) => entry.instanceType === type && entry.clusterId === CLUSTER && !isOwn(entry));
      for (const rule of rulesOf(feed, policy, templates)) {
        const ours = rule.members.filter((type) => live.some((entry) => isOwn(entry) && ofType(type)(entry)));
        expect(holds(rule, available) ? [] : ours.filter((type) => !mustStay(type))).toEqual([]);
      }
      const after = planApply(feed, policy, { ...state, entries: carriedOut(plan, state) });
      expect(after.decisions.filter(isPlacement)).toEqual([]);
    }),
    { numRuns: 60 },
  );
});

it('no own entry is released for a floor in vain, nor where all less risky types together would do', () => {
  const feed = realFeed('2026-02-13').of('eu-west-3', 'Linux');
  const limits = { neverBlacklist: [], alwaysBlacklist: [], minTypesPerSize: 0, rollout: 100 };
  const facts = new Map(feed.types.map((type) => [type.instanceType, type]));
  let released = 0;
  fc.assert(
    fc.property(arbitraryPolicy, arbitraryEntries(feed), arbitraryTemplates, (policy, entries, templates) => {
      const plan = planApply(feed, { ...policy, ...limits }, { ...stateWith(entries), templates });
      const theirs = entries.filter((entry) => isBlocking(entry) && !isOwn(entry));
      const free = feed.types.filter(({ instanceType }) => !theirs.some(ofType(instanceType)));
      const rules = rulesOf(feed, policy, templates);
      for (const decision of plan.decisions) {
        const type = facts.get(decision.instanceType);
        if (decision.action !== 'release' || !decision.urgent || type === undefined || !free.includes(type))
          continue;
        released += 1;
        // What is no longer wanted anyway goes before what is.
        const isWanted = isAbove(type.band, policy.interruptionThreshold);
        const calmer = free
          .filter((other) => isWanted && isCalmer(other, type))
          .map(({ instanceType }) => instanceType);
        const without = new Set([...availableIn(plan, free, entries), ...calmer]);
        without.delete(decision.instanceType);
        const breaks = rules.some(
          (rule) => rule.members.includes(decision.instanceType) && !holds(rule, without),
        );
        expect([decision.instanceType, breaks]).toEqual([decision.instanceType, true]);
      }
    }),
    { numRuns: 60 },
  );
  expect(released).toBeGreaterThan(100);
});

/** What can be bought of the types that others leave free, once everything of a plan is carried out that cannot wait. */
function availableIn(plan: Plan, free: readonly SpotType[], entries: readonly Entry[]): string[] {
  const decisions = plan.decisions.filter((decision) => !isCalmRelease(decision));
  const after = carriedOut({ ...plan, decisions }, stateWith(entries)).filter(isBlocking);
  return free.map(({ instanceType }) => instanceType).filter((type) => !after.some(ofType(type)));
}

it('an additional template never reduces the number of spared types if each template’s types contain or are contained in each other’s', () => {
  const policy = {
    ...POLICY,
    interruptionThreshold: 5,
    minFamiliesPerArchitecture: 0,
    minTypesPerTemplate: 8,
  };
  const chain = fc
    .shuffledSubarray([2, 4, 8, 16, 32, 64, 128])
    .map((sizes) =>
      sizes.map((maxCpu) =>
        templateOf(`up to ${maxCpu}`, { architectures: ['x86_64'], burstable: false, maxCpu }),
      ),
    );
  fc.assert(
    fc.property(fc.constantFrom(...regions), chain, ([, feed], templates) => {
      const counts = templates.map(
        (_, index) => typesWith(planOf(feed, policy, templates.slice(0, index + 1)), 'spare').length,
      );
      expect(counts).toEqual(counts.toSorted((a, b) => a - b));
    }),
    { numRuns: 100 },
  );
});

it('nodes do not affect any decision', () => {
  const feed = realFeed('2026-02-13').of('us-west-2', 'Linux');
  const spotNodes = new Map(feed.types.map(({ instanceType }, index) => [instanceType, index % 3]));
  const { decisions } = planApply(feed, POLICY, { ...stateWith([]), spotNodes });
  expect(decisions.map(({ nodes: _, ...decision }) => decision)).toEqual(
    planOf(feed, POLICY, null).decisions,
  );
});
