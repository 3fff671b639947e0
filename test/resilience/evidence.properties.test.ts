import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPlacement, isWanted, isWrite } from '../../lambda/domain/decision.ts';
import { classOf, MACHINE_CLASSES } from '../../lambda/domain/instance-types/instance-type.ts';
import type { OwnFigures, Verdict } from '../../lambda/domain/own-evidence/evidence.ts';
import { type Comparison, verdictOn } from '../../lambda/domain/own-evidence/verdict.ts';
import { type Plan, planApply } from '../../lambda/domain/plan.ts';
import { comparedWith, withFigures } from '../support/evidence.ts';
import {
  arbitraryEntries,
  arbitraryPolicy,
  carriedOut,
  madeFrom,
  realFeed,
  stateWith,
} from '../support/plan.ts';

const ratio = fc.double({ min: 1.1, max: 10, noNaN: true });

const own: fc.Arbitrary<OwnFigures> = fc
  .record({
    hours: fc.oneof(fc.double({ min: 0.01, max: 1e6, noNaN: true }), fc.integer({ min: 1, max: 1e9 })),
    interruptions: fc.oneof(fc.nat(10), fc.nat(3_000)),
    more: fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(500) }),
  })
  .map(({ hours, interruptions, more }) => ({
    hours,
    interruptions,
    machines: interruptions + (interruptions > 0 ? more : 0),
  }));

/** From calm to risky. */
const LADDER: readonly Verdict[] = ['calm', 'undecided', 'risky'];
const rank = (figures: OwnFigures, comparison: Comparison, least: number) =>
  LADDER.indexOf(verdictOn(figures, comparison, least));

const dispersion = fc.oneof(fc.constant(1), fc.double({ min: 1, max: 20, noNaN: true }));

const comparison: fc.Arbitrary<Comparison> = fc.record({
  others: own,
  dispersion,
  machineDispersion: dispersion,
  daysInterrupted: fc.nat(14),
  days: fc.constant(14),
});

describe('a verdict', () => {
  it('is never calmer for more interruptions, be they alone or together', () => {
    fc.assert(
      fc.property(
        own,
        fc.nat(20),
        fc.nat(100),
        comparison,
        ratio,
        (figures, alone, together, others, least) => {
          const worse = {
            ...figures,
            interruptions: figures.interruptions + alone,
            machines: figures.machines + alone + (figures.interruptions + alone > 0 ? together : 0),
          };
          expect(rank(worse, others, least)).toBeGreaterThanOrEqual(rank(figures, others, least));
        },
      ),
    );
  });

  it('is never further from undecided for a larger ratio', () => {
    fc.assert(
      fc.property(own, comparison, ratio, ratio, (figures, others, a, b) => {
        const larger = verdictOn(figures, others, Math.max(a, b));
        if (larger !== 'undecided') expect(verdictOn(figures, others, Math.min(a, b))).toBe(larger);
      }),
    );
  });

  it('does not change if all machine-hours are multiplied by the same factor', () => {
    const factor = fc.integer({ min: -6, max: 9 }).map((exponent) => 2 ** exponent);
    fc.assert(
      fc.property(own, comparison, ratio, factor, (figures, others, least, by) => {
        const longer = (one: OwnFigures) => ({ ...one, hours: one.hours * by });
        const same = { ...others, others: longer(others.others) };
        expect(verdictOn(longer(figures), same, least)).toBe(verdictOn(figures, others, least));
      }),
    );
  });
});

const FEED = realFeed('2026-02-13').of('ap-southeast-2', 'Linux');
const TYPES = FEED.types.map(({ instanceType }) => instanceType);
const RUNS = { numRuns: 60 };

const situation = fc
  .record({
    policy: arbitraryPolicy,
    entries: arbitraryEntries(FEED),
    own: fc.dictionary(fc.constantFrom(...TYPES), own, { maxKeys: 200, size: 'max' }),
  })
  .map(({ own: figures, ...rest }) => {
    return {
      ...rest,
      figures,
      decided: withFigures(FEED, figures),
      reported: withFigures(FEED, figures, { decides: false }),
    };
  });

describe('a plan with own evidence', () => {
  it('that only reports it decides what one without it does', () => {
    fc.assert(
      fc.property(situation, ({ policy, entries, reported }) => {
        const { decisions, ...rest } = madeFrom(planApply(reported, policy, stateWith(entries)));
        const { decisions: bare, ...others } = madeFrom(planApply(FEED, policy, stateWith(entries)));
        expect(rest).toEqual(others);
        expect(decisions.map(({ own: _, reason: __, ...facts }) => facts)).toEqual(
          bare.map(({ reason: _, ...facts }) => facts),
        );
      }),
      RUNS,
    );
  });

  it('of no figures is the plan without it, to the byte', () => {
    fc.assert(
      fc.property(situation, ({ policy, entries }) => {
        const state = stateWith(entries);
        const bytes = (feed: typeof FEED) => JSON.stringify(madeFrom(planApply(feed, policy, state)));
        expect(bytes(withFigures(FEED, {}))).toBe(bytes(FEED));
      }),
      RUNS,
    );
  });

  it('differs from one without it only where there is enough of it, with the guard rails off', () => {
    fc.assert(
      fc.property(situation, ({ policy, figures, decided }) => {
        const loose = { ...policy, minTypesPerArchitecture: 0, minFamiliesPerArchitecture: 0 };
        const lists = { neverBlacklist: [], alwaysBlacklist: [] };
        const wanted = (feed: typeof FEED) =>
          new Set(
            planApply(feed, { ...loose, ...lists }, stateWith([])).decisions.map((one) => one.instanceType),
          );
        const changed = wanted(decided).symmetricDifference(wanted(FEED));
        for (const type of changed) {
          const ofType = figures[type];
          if (ofType === undefined) throw new Error(`${type} has no figures.`);
          expect(verdictOn(ofType, comparedWith(), 2)).not.toBe('undecided');
        }
      }),
      RUNS,
    );
  });

  it('holds the floor, or adds nothing more', () => {
    fc.assert(
      fc.property(situation, ({ policy, entries, decided }) => {
        const { decisions, available } = planApply(decided, policy, stateWith(entries));
        for (const machineClass of MACHINE_CLASSES) {
          const { types = 0, families = 0 } = available.get(machineClass) ?? {};
          const holds =
            types >= policy.minTypesPerArchitecture && families >= policy.minFamiliesPerArchitecture;
          const added = decisions.filter(
            ({ action, instanceType }) => action === 'add' && classOf(instanceType) === machineClass,
          );
          expect(holds || added.length === 0).toBe(true);
        }
      }),
      RUNS,
    );
  });

  it('is not refused for it: under a ceiling that the bands alone just keep, there is a plan, and it keeps it', () => {
    const heldOf = ({ decisions }: Plan) => decisions.filter(isWanted).length / FEED.types.length;
    fc.assert(
      fc.property(situation, ({ policy, entries, decided }) => {
        // One without expiry that is not released, because too many would be, gets one: it is written, but not blacklisted.
        const state = stateWith(entries.filter(({ expiresAt }) => expiresAt !== null));
        const maxBlacklistShare = heldOf(planApply(FEED, policy, state));
        const plan = planApply(decided, { ...policy, maxBlacklistShare }, state);
        expect(heldOf(plan)).toBeLessThanOrEqual(maxBlacklistShare);
      }),
      RUNS,
    );
  });

  it('leaves nothing to write for the next plan', () => {
    fc.assert(
      fc.property(situation, ({ policy, entries, decided }) => {
        const calm = { ...policy, releaseCalm: false };
        const state = stateWith(entries.filter(({ expiresAt }) => expiresAt !== null));
        const first = planApply(decided, calm, state);
        const next = planApply(decided, calm, stateWith(carriedOut(first, state)));
        expect(next.decisions.filter(isWrite)).toEqual([]);
      }),
      RUNS,
    );
  });

  it('that is lost releases nothing that it caused', () => {
    fc.assert(
      fc.property(situation, ({ policy, decided }) => {
        const loose = { ...policy, releaseCalm: true, neverBlacklist: [], alwaysBlacklist: [] };
        const state = stateWith([]);
        const first = planApply(decided, loose, state);
        const caused = first.decisions.filter(isPlacement).filter(({ cause }) => cause === 'own evidence');
        const { decisions } = planApply(FEED, loose, stateWith(carriedOut(first, state)));
        const released = new Set(
          decisions.filter(({ action }) => action === 'release').map((one) => one.instanceType),
        );
        expect(caused.filter(({ instanceType }) => released.has(instanceType))).toEqual([]);
      }),
      RUNS,
    );
  });
});
