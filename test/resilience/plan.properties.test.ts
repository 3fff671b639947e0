import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Entry } from '../../lambda/domain/blacklist/blacklist.ts';
import { markerOf } from '../../lambda/domain/blacklist/ownership.ts';
import { type Decision, isCalmRelease, isPlacement, isWrite } from '../../lambda/domain/decision.ts';
import { classOf, familyOf, MACHINE_CLASSES } from '../../lambda/domain/instance-types/instance-type.ts';
import type { RegionFeed } from '../../lambda/domain/instance-types/spot-type.ts';
import { type Plan, planApply, planClear } from '../../lambda/domain/plan.ts';
import {
  arbitraryEntries,
  arbitraryPolicy,
  CLUSTER,
  carriedOut,
  madeFrom,
  NO_GUARD_RAILS,
  NOW,
  POLICY,
  realFeed,
  stateWith,
  TARGET,
} from '../support/plan.ts';

const feeds: Array<[string, RegionFeed]> = [
  ['us-east-1, 2026', realFeed('2026-02-13').of('us-east-1', 'Linux')],
  ['ap-southeast-2, 2026', realFeed('2026-02-13').of('ap-southeast-2', 'Linux')],
  ['eu-west-1 Windows, 2025', realFeed('2025-06-28').of('eu-west-1', 'Windows')],
];

/** Whether an entry is the target's, told from what it says and not with the code under test. */
const isOwn = (entry: Entry) =>
  entry.clusterId === CLUSTER &&
  entry.lifecycle === 'spot' &&
  entry.instanceType !== null &&
  entry.reason.startsWith(markerOf(TARGET));

const isLive = ({ expiresAt }: Entry) => expiresAt === null || expiresAt > NOW;

const blocks = (entry: Entry, type: string) =>
  isLive(entry) &&
  entry.lifecycle !== 'on_demand' &&
  (entry.instanceType === type || entry.instanceFamily === familyOf(type));

function stillAvailable(feed: RegionFeed, entries: readonly Entry[], machineClass: string) {
  const blocking = entries.filter((entry) => isLive(entry) && entry.lifecycle !== 'on_demand');
  const byType = new Set(blocking.map(({ instanceType }) => instanceType));
  const byFamily = new Set(blocking.map(({ instanceFamily }) => instanceFamily));
  const types = feed.types
    .map(({ instanceType }) => instanceType)
    .filter((type) => classOf(type) === machineClass)
    .filter((type) => !byType.has(type) && !byFamily.has(familyOf(type)));
  return { types: types.length, families: new Set(types.map(familyOf)).size };
}

/** A plan of some other order of the same facts has to be the same. */
const reversed = (feed: RegionFeed): RegionFeed => ({ ...feed, types: feed.types.toReversed() });

const runs = { numRuns: 60 };

describe.each(feeds)('a plan for %s', (_, feed) => {
  const situation = fc.record({ policy: arbitraryPolicy, entries: arbitraryEntries(feed) });

  it('holds the floor, or adds nothing more', () => {
    fc.assert(
      fc.property(situation, ({ policy, entries }) => {
        const state = stateWith(entries);
        const plan = planApply(feed, policy, state);
        const after = carriedOut(plan, state);
        for (const machineClass of MACHINE_CLASSES) {
          const available = stillAvailable(feed, after, machineClass);
          expect(plan.available.get(machineClass) ?? { types: 0, families: 0 }).toEqual(available);
          const holds =
            available.types >= policy.minTypesPerArchitecture &&
            available.families >= policy.minFamiliesPerArchitecture;
          const added = plan.decisions.filter(
            ({ action, instanceType }) => action === 'add' && classOf(instanceType) === machineClass,
          );
          expect(holds || added.length === 0).toBe(true);
        }
      }),
      runs,
    );
  });

  it('holds the floor in the long run, after all entries that are not renewed have expired', () => {
    fc.assert(
      fc.property(situation, ({ policy, entries }) => {
        const { decisions } = planApply(feed, policy, stateWith(entries));
        const held = new Set(
          decisions
            .filter((decision) => isPlacement(decision) || decision.action === 'keep')
            .map(({ instanceType }) => instanceType),
        );
        const lasting = entries.filter((entry) => !isOwn(entry));
        for (const machineClass of MACHINE_CLASSES) {
          const heldHere = feed.types.filter(
            ({ instanceType }) =>
              held.has(instanceType) &&
              classOf(instanceType) === machineClass &&
              !lasting.some((entry) => blocks(entry, instanceType)),
          );
          const left = feed.types
            .map(({ instanceType }) => instanceType)
            .filter((type) => classOf(type) === machineClass && !held.has(type))
            .filter((type) => !lasting.some((entry) => blocks(entry, type)));
          const holds =
            left.length >= policy.minTypesPerArchitecture &&
            new Set(left.map(familyOf)).size >= policy.minFamiliesPerArchitecture;
          expect(holds || heldHere.length === 0).toBe(true);
        }
      }),
      runs,
    );
  });

  it('spares no type that is riskier than a new one of its architecture that it blacklists', () => {
    fc.assert(
      fc.property(arbitraryPolicy, (policy) => {
        const lists = { neverBlacklist: [], alwaysBlacklist: [] };
        // A size may have risky types only, and what is outside a rollout is drawn.
        const limits = { ...lists, minTypesPerSize: 0, rollout: 100 };
        const { decisions } = planApply(feed, { ...policy, ...limits }, stateWith([]));
        const lower = new Map(feed.types.map(({ instanceType, band }) => [instanceType, band.lower]));
        for (const machineClass of MACHINE_CLASSES) {
          const typesWith = (action: string) =>
            decisions
              .filter((d) => d.action === action && classOf(d.instanceType) === machineClass)
              .map((d) => d.instanceType);
          const riskOf = (type: string) => lower.get(type) ?? Number.NaN;
          const added = new Set(typesWith('add'));
          const calmest = Math.min(...[...added].map(riskOf));
          const left = feed.types.map(({ instanceType }) => instanceType).filter((type) => !added.has(type));
          for (const type of typesWith('spare').filter((spared) => riskOf(spared) > calmest))
            expect(left.filter((other) => familyOf(other) === familyOf(type))).toEqual([type]);
        }
      }),
      runs,
    );
  });

  it('writes to no key of another owner, and removes none that another owner may hold', () => {
    fc.assert(
      fc.property(situation, ({ policy, entries }) => {
        const plans: Plan[] = [planApply(feed, policy, stateWith(entries)), planClear(stateWith(entries))];
        const live = entries.filter(isLive);
        const sameKey = (type: string) =>
          live.filter((e) => e.clusterId === CLUSTER && e.lifecycle === 'spot' && e.instanceType === type);
        for (const { decisions } of plans) {
          for (const { action, instanceType } of decisions) {
            if (action === 'renew' || action === 'release' || action === 'remove') {
              expect(sameKey(instanceType).some(isOwn)).toBe(true);
            }
            if (action === 'release' || action === 'remove') {
              expect(sameKey(instanceType).every(isOwn)).toBe(true);
            }
            if (action === 'add' || action === 'renew') {
              // Where no entry has a reason, it may be an own one, from an API that does not give reasons back.
              const givesReasons = entries.some(({ reason }) => reason !== '');
              expect(!givesReasons || sameKey(instanceType).every(isOwn)).toBe(true);
            }
          }
        }
      }),
      runs,
    );
  });

  it('leaves nothing to write for the next plan except releases that were held back', () => {
    fc.assert(
      fc.property(situation, ({ policy, entries }) => {
        const state = stateWith(entries);
        const first = planApply(feed, policy, state);
        const second = planApply(feed, policy, stateWith(carriedOut(first, state)));
        const heldBack = new Set(
          first.decisions
            .filter(({ action, reason }) => action === 'lapse' || reason.includes('; not released'))
            .map(({ instanceType }) => instanceType),
        );
        const writes = second.decisions.filter(isWrite);
        const isLate = (d: Decision) => isCalmRelease(d) && heldBack.has(d.instanceType);
        expect(writes.filter((d) => !isLate(d))).toEqual([]);
        const cleared = planClear(stateWith(carriedOut(planClear(state), state)));
        expect(cleared.decisions.filter(isWrite)).toEqual([]);
      }),
      runs,
    );
  });

  it('decides nothing else when entries of calm types lapse', () => {
    const known = { ...feed, types: feed.types.filter(({ noEvidence }) => !noEvidence) };
    fc.assert(
      fc.property(situation, ({ policy, entries }) => {
        const state = stateWith(entries);
        const plan = planApply(known, policy, state);
        const lapsing = new Set(
          plan.decisions.filter(({ action }) => action === 'lapse').map((d) => d.instanceType),
        );
        const after = carriedOut(plan, state).filter(
          (entry) => !(isOwn(entry) && lapsing.has(entry.instanceType ?? '')),
        );
        const { decisions } = planApply(known, policy, stateWith(after));
        expect(decisions.filter((d) => isWrite(d) && !isCalmRelease(d))).toEqual([]);
      }),
      runs,
    );
  });

  it('does not depend on the order of the feed or of the list', () => {
    fc.assert(
      fc.property(situation, ({ policy, entries }) => {
        const plan = planApply(feed, policy, stateWith(entries));
        const reverse = planApply(reversed(feed), policy, stateWith(entries.toReversed()));
        expect(madeFrom(reverse)).toEqual(madeFrom(plan));
        const cleared = planClear(stateWith(entries.toReversed()));
        expect(madeFrom(cleared)).toEqual(madeFrom(planClear(stateWith(entries))));
      }),
      runs,
    );
  });

  it('never plans fewer types for a lower threshold, with the guard rails off', () => {
    const thresholds = fc.tuple(
      fc.double({ min: 0, max: 99, noNaN: true }),
      fc.double({ min: 0, max: 99, noNaN: true }),
    );
    fc.assert(
      fc.property(thresholds, arbitraryEntries(feed), ([a, b], entries) => {
        const planned = (interruptionThreshold: number) => {
          const policy = { ...POLICY, ...NO_GUARD_RAILS, interruptionThreshold };
          const wanted = ['add', 'renew', 'keep', 'covered'];
          const { decisions } = planApply(feed, policy, stateWith(entries));
          return decisions
            .filter(({ action }) => wanted.includes(action))
            .map(({ instanceType }) => instanceType);
        };
        const lower = new Set(planned(Math.min(a, b)));
        expect(planned(Math.max(a, b)).filter((type) => !lower.has(type))).toEqual([]);
      }),
      runs,
    );
  });

  it('decides every type once, with a printable reason and expiry', () => {
    fc.assert(
      fc.property(situation, fc.boolean(), ({ policy, entries }, clears) => {
        const state = stateWith(entries);
        const { decisions } = clears ? planClear(state) : planApply(feed, policy, state);
        const types = decisions.map(({ instanceType }) => instanceType);
        expect(new Set(types).size).toBe(types.length);
        expect(decisions.filter(({ reason }) => reason === '')).toEqual([]);
        expect(decisions.filter(({ expiresAt }) => expiresAt === Number.POSITIVE_INFINITY)).toEqual([]);
      }),
      runs,
    );
  });
});
