import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ACTIONS, isCalmRelease, isWrite, type Policy } from '../../lambda/domain/decision.ts';
import { holdersOf, judgeTemplates } from '../../lambda/domain/instance-types/allowed-types.ts';
import type { RegionFeed } from '../../lambda/domain/instance-types/spot-type.ts';
import type { Template } from '../../lambda/domain/instance-types/template.ts';
import { type ClusterState, type Plan, planApply } from '../../lambda/domain/plan.ts';
import {
  arbitraryEntries,
  arbitraryPolicy,
  carriedOut,
  HOUR,
  madeFrom,
  NO_GUARD_RAILS,
  NOW,
  ownEntry,
  POLICY,
  realFeed,
  stateWith,
  TEMPLATES,
} from '../support/plan.ts';

const feeds: Array<[string, RegionFeed]> = [
  ['us-east-1, 2026', realFeed('2026-02-13').of('us-east-1', 'Linux')],
  ['ap-southeast-2, 2025', realFeed('2025-06-28').of('ap-southeast-2', 'Linux')],
];

const nodes = fc.record({
  spot: fc.nat({ max: 60 }),
  fallback: fc.oneof(fc.nat({ max: 3 }), fc.nat({ max: 60 })),
});
const schedule = fc.option(
  fc.record({
    startedAt: fc.integer({ min: 0, max: 48 }).map((halves) => NOW + (halves * HOUR) / 2),
    gap: fc.constantFrom(HOUR / 4, HOUR, 5 * HOUR, 24 * HOUR),
  }),
  { nil: undefined },
);

const bought = (numbers: readonly Template['bought'][]): Template[] =>
  TEMPLATES.map((template, index) => ({ ...template, bought: numbers[index] ?? null }));

/** The number of a template's types that a plan leaves available, counted from the list after it and not by the plan. */
function leftOf(feed: RegionFeed, template: Template, plan: Plan, state: ClusterState): number {
  const [judged] = judgeTemplates([template], feed.types);
  const off = carriedOut(plan, state).filter(
    ({ expiresAt, lifecycle }) => lifecycle !== 'on_demand' && (expiresAt === null || expiresAt > NOW),
  );
  const types = new Set(off.map(({ instanceType }) => instanceType));
  const families = new Set(off.map(({ instanceFamily }) => instanceFamily));
  const left = [...(judged ? holdersOf(judged) : [])];
  return left.filter((type) => !types.has(type) && !families.has(type.split('.')[0] ?? '')).length;
}

describe.each(feeds)('where templates fall back to on-demand, in %s', (_, feed) => {
  const situation = fc.record({
    policy: arbitraryPolicy.map((policy): Policy => ({ ...policy, relaxOnFallback: true })),
    entries: arbitraryEntries(feed),
    numbers: fc.array(fc.option(nodes), { minLength: TEMPLATES.length, maxLength: TEMPLATES.length }),
    schedule,
  });
  const stateOf = (
    entries: ClusterState['entries'],
    numbers: readonly Template['bought'][],
    when: ClusterState['schedule'],
  ): ClusterState => ({
    ...stateWith(entries),
    templates: bought(numbers),
    ...(when && { schedule: when }),
  });

  it('more fallback never leaves fewer of a template’s types available', () => {
    const more = fc.record({
      of: fc.nat({ max: TEMPLATES.length - 1 }),
      less: nodes,
      by: fc.nat({ max: 40 }),
    });
    fc.assert(
      fc.property(situation, more, ({ policy, entries, numbers, schedule: when }, { of, less, by }) => {
        const left = (number: Template['bought']) => {
          const state = stateOf(entries, numbers.with(of, number), when);
          const [template] = [...(state.templates ?? [])].slice(of);
          return template ? leftOf(feed, template, planApply(feed, policy, state), state) : 0;
        };
        const fallback = less.fallback + by;
        expect(left({ ...less, fallback })).toBeGreaterThanOrEqual(left(less));
        const spot = Math.max(0, less.spot - by);
        expect(left({ spot, fallback })).toBeGreaterThanOrEqual(left(less));
      }),
      { numRuns: 20, endOnFailure: true },
    );
  });

  it('releases no more than its share of what would be kept off', () => {
    const urgentIn = ({ decisions }: Plan) =>
      decisions.filter((one) => one.action === 'release' && !isCalmRelease(one)).length;
    fc.assert(
      fc.property(situation, ({ policy, entries, numbers, schedule: when }) => {
        const state = stateOf(entries, numbers, when);
        const before = planApply(feed, { ...policy, relaxOnFallback: false }, state);
        const keptOff = new Set(
          before.decisions
            .filter(({ action }) => ACTIONS[action].isRisky && ACTIONS[action].keepsOff)
            .map(({ instanceType }) => instanceType),
        );
        const shares = judgeTemplates(state.templates ?? [], feed.types).map((judged) => {
          const { spot = 0, fallback = 0 } = judged.template.bought ?? {};
          const share = fallback < 2 ? 0 : Math.min(0.9, (2 * fallback) / (spot + fallback));
          return Math.ceil(share * keptOff.intersection(holdersOf(judged)).size);
        });
        const most = urgentIn(before) + shares.reduce((sum, share) => sum + share, 0);
        expect(urgentIn(planApply(feed, policy, state))).toBeLessThanOrEqual(most);
      }),
      { numRuns: 20, endOnFailure: true },
    );
  });

  it('the same facts give the same plan, and once it is carried out there is nothing to write', () => {
    fc.assert(
      fc.property(situation, ({ policy, entries, numbers, schedule: when }) => {
        const state = stateOf(entries, numbers, when);
        const plan = planApply(feed, policy, state);
        const other = { ...feed, types: feed.types.toReversed() };
        const reverse = planApply(other, policy, { ...state, entries: entries.toReversed() });
        expect(madeFrom(reverse)).toEqual(madeFrom(plan));
        const again = planApply(feed, policy, { ...state, entries: carriedOut(plan, state) });
        // What was held back because too much would be released at once may be released now.
        expect(again.decisions.filter((one) => isWrite(one) && !isCalmRelease(one))).toEqual([]);
      }),
      { numRuns: 20, endOnFailure: true },
    );
  });

  it('no type of a template that falls back is added twice within a day', () => {
    const policy = { ...POLICY, ...NO_GUARD_RAILS, interruptionThreshold: 10 };
    const day = fc.array(
      fc.record({ spot: fc.nat({ max: 40 }), fallback: fc.integer({ min: 1, max: 12 }) }),
      { minLength: 48, maxLength: 48 },
    );
    fc.assert(
      fc.property(day, fc.constantFrom(HOUR / 2, HOUR, 3 * HOUR), (numbers, gap) => {
        let entries: ClusterState['entries'] = [ownEntry('m5.large', 100)];
        const added = new Map<string, number>();
        for (const [index, number] of numbers.entries()) {
          const now = NOW + index * gap;
          const templates = bought([number]).slice(0, 1);
          const state = { ...stateWith(entries, now), templates, schedule: { startedAt: now, gap } };
          const plan = planApply(feed, policy, state);
          const [judged] = judgeTemplates(templates, feed.types);
          const ofTemplate = judged ? holdersOf(judged) : new Set();
          for (const { action, instanceType } of plan.decisions) {
            if (action !== 'add' || !ofTemplate.has(instanceType)) continue;
            const before = added.get(instanceType) ?? Number.NEGATIVE_INFINITY;
            expect(now - before).toBeGreaterThanOrEqual(24 * HOUR - gap);
            added.set(instanceType, now);
          }
          entries = carriedOut(plan, state);
        }
      }),
      { numRuns: 3, endOnFailure: true },
    );
  });
});

describe.each(feeds)('a larger rollout, in %s', (_, feed) => {
  const keptOff = (plan: Plan) =>
    new Set(
      plan.decisions
        .filter(({ action }) => ['add', 'renew', 'keep', 'covered'].includes(action))
        .map(({ instanceType }) => instanceType),
    );

  const two = fc.tuple(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 100 }));

  it('draws a superset, whatever floors and entries do with it', () => {
    const undrawn = ({ decisions }: Plan) =>
      new Set(
        decisions
          .filter(({ reason }) => reason.includes('outside the rollout'))
          .map(({ instanceType }) => instanceType),
      );
    fc.assert(
      fc.property(arbitraryPolicy, arbitraryEntries(feed), two, (policy, entries, [a, b]) => {
        // Without an expiry they are renewed where too many would be released at once, and it is that which they say.
        const lasting = entries.filter(({ expiresAt }) => expiresAt !== null);
        const of = (rollout: number) => undrawn(planApply(feed, { ...policy, rollout }, stateWith(lasting)));
        expect(of(Math.max(a, b)).isSubsetOf(of(Math.min(a, b)))).toBe(true);
      }),
      { numRuns: 15, endOnFailure: true },
    );
  });

  it('keeps off a superset without floors', () => {
    fc.assert(
      fc.property(arbitraryPolicy, arbitraryEntries(feed), two, (policy, entries, [a, b]) => {
        // Too many releases at once renew entries without an expiry.
        const lasting = entries.filter(({ expiresAt }) => expiresAt !== null);
        const of = (rollout: number) =>
          keptOff(planApply(feed, { ...policy, ...NO_GUARD_RAILS, rollout }, stateWith(lasting)));
        expect(of(Math.min(a, b)).isSubsetOf(of(Math.max(a, b)))).toBe(true);
      }),
      { numRuns: 15, endOnFailure: true },
    );
  });
});
