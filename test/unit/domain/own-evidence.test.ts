import { describe, expect, it } from 'vitest';
import { type Entry, readBlacklist } from '../../../lambda/domain/blacklist/blacklist.ts';
import { markerOf } from '../../../lambda/domain/blacklist/ownership.ts';
import type { Policy } from '../../../lambda/domain/decision.ts';
import type { RegionFeed } from '../../../lambda/domain/instance-types/spot-type.ts';
import { planApply } from '../../../lambda/domain/plan.ts';
import { figures, withFigures } from '../../support/evidence.ts';
import {
  actionsOf,
  carriedOut,
  foreignEntry,
  LOOSE_POLICY,
  madeUpRegion,
  NOW,
  ONE_OF_EACH_BAND,
  ownEntry,
  stateWith,
  TARGET,
} from '../../support/plan.ts';

const RISKY = figures(2_100, 21);
const CALM = figures(12_000, 0);
const FEW = figures(300, 1);

const plan = (feed: RegionFeed, entries: readonly Entry[] = [], policy: Partial<Policy> = {}) =>
  planApply(feed, { ...LOOSE_POLICY, ...policy }, stateWith(entries));

/** An entry that own evidence caused, as this target writes it, with so many hours left. */
const entryByEvidence = (type: string, hoursLeft: number): Entry => {
  const feed = withFigures(ONE_OF_EACH_BAND, { [type]: RISKY });
  const [entry] = carriedOut(plan(feed), stateWith([])).filter(({ instanceType }) => instanceType === type);
  if (entry === undefined) throw new Error(`${type} was not blacklisted.`);
  return { ...entry, expiresAt: NOW + hoursLeft * 3_600_000 };
};

describe('own evidence decides in place of the band', () => {
  const feed = withFigures(ONE_OF_EACH_BAND, { 'm5.large': RISKY, 'z1d.large': CALM, 'r5.large': FEW });

  it('in both directions, where there is enough', () => {
    expect(actionsOf(plan(feed))).toEqual({ 'm5.large': 'add' });
    expect(plan(feed).decisions).toEqual([
      expect.objectContaining({
        instanceType: 'm5.large',
        band: '5-10%',
        cause: 'own evidence',
        own: { hours: 2100, interruptions: 21, ratio: 10 },
        reason:
          "interrupted 21 times in 2,100 of your machine-hours, 10 times as often as your others, AWS's band is 5-10%",
      }),
    ]);
  });

  it('except where there is too little: then the reason says both', () => {
    const [decision] = plan(withFigures(ONE_OF_EACH_BAND, { 'z1d.large': FEW })).decisions;
    expect(decision?.reason).toBe(
      "AWS's band is >20%, above the tolerated 20%; interrupted once in 300 of your machine-hours, 3.3 times as often as your others: not enough to decide",
    );
  });

  it('except where it is only to be reported: then the reason says what it would decide', () => {
    const reported = withFigures(
      ONE_OF_EACH_BAND,
      { 'm5.large': RISKY, 'z1d.large': CALM },
      { decides: false },
    );
    expect(plan(reported).decisions).toEqual([
      expect.objectContaining({
        instanceType: 'z1d.large',
        action: 'add',
        own: { hours: 12_000, interruptions: 0, ratio: 0 },
        reason:
          "AWS's band is >20%, above the tolerated 20%; never interrupted in 12,000 of your machine-hours: calm by themselves",
      }),
    ]);
  });

  it('also about types of which AWS has no figures', () => {
    const unknown = madeUpRegion({ 'm5.large': { band: 0, savings: 0 }, 'c5.large': 0 });
    expect(actionsOf(plan(unknown))).toEqual({});
    expect(actionsOf(plan(withFigures(unknown, { 'm5.large': RISKY })))).toEqual({ 'm5.large': 'add' });
  });

  it('but not in place of the lists', () => {
    const lists = { neverBlacklist: ['m5.*'], alwaysBlacklist: ['z1d.*'] };
    expect(actionsOf(plan(feed, [], lists))).toEqual({ 'm5.large': 'spare', 'z1d.large': 'add' });
  });

  it('and orders the types: what is spared first is what is least risky by it', () => {
    const region = madeUpRegion({ 'c5.large': 4, 'm5.large': 4, 'r5.large': 0 });
    const both = withFigures(region, { 'r5.large': RISKY });
    const floor = { minTypesPerArchitecture: 1 };
    expect(actionsOf(plan(both, [], floor))['r5.large']).toBe('add');
    expect(plan(both).decisions[0]?.instanceType).toBe('r5.large');
  });

  it('unless that takes the plan above the ceiling: then the bands do, and a warning says so', () => {
    const risky = ['c5.large', 'm5.large', 'r5.large', 'i3.large'];
    const all = withFigures(ONE_OF_EACH_BAND, Object.fromEntries(risky.map((type) => [type, RISKY])));
    const { decisions, warnings } = plan(all, [], { maxBlacklistShare: 0.9 });
    expect(decisions.map(({ instanceType, action }) => [instanceType, action])).toEqual([
      ['z1d.large', 'add'],
    ]);
    expect(warnings[0]).toMatch(
      /^With own evidence, 5 of 5 types .* above the ceiling of 90%, so AWS's bands/,
    );
    expect(plan(all).warnings).toEqual([]);
  });

  it('and where the bands alone are above the ceiling, too, the plan is refused', () => {
    const half = withFigures(ONE_OF_EACH_BAND, { 'c5.large': RISKY, 'm5.large': RISKY });
    expect(() => plan(half, [], { maxBlacklistShare: 0.1 })).toThrow('1 of 5 types');
  });
});

describe('an own entry of a type that is calm by own evidence', () => {
  const feed = withFigures(ONE_OF_EACH_BAND, { 'z1d.large': CALM });

  it('lapses, however long its reason is', () => {
    const entry = {
      ...ownEntry('z1d.large', 9),
      reason: markerOf(TARGET) + ': interrupted 1'.repeat(200_000),
    };
    expect(actionsOf(plan(feed, [entry]))).toEqual({ 'z1d.large': 'lapse' });
  });

  it('lapses, or is released if the policy says so', () => {
    const entries = [ownEntry('z1d.large', 9)];
    expect(actionsOf(plan(feed, entries))).toEqual({ 'z1d.large': 'lapse' });
    const released = plan(feed, entries, { releaseCalm: true }).decisions;
    expect(released).toEqual([
      expect.objectContaining({
        action: 'release',
        reason: "no longer risky: never interrupted in 12,000 of your machine-hours, AWS's band is >20%",
      }),
    ]);
  });

  it('is not released where more than half would be at once', () => {
    const names = Array.from({ length: 12 }, (_, index) => `m${index + 1}.large`);
    const region = madeUpRegion(Object.fromEntries(names.map((name) => [name, 4])));
    const calm = withFigures(region, Object.fromEntries(names.map((name) => [name, CALM])));
    const entries = names.map((name) => ownEntry(name, 9));
    const { decisions, warnings } = plan(calm, entries, { releaseCalm: true });
    expect(new Set(decisions.map(({ action }) => action))).toEqual(new Set(['lapse']));
    expect(warnings.join()).toContain('would be released at once');
  });
});

describe('an own entry that own evidence caused', () => {
  it('says so after the marker, and nowhere else', () => {
    expect(entryByEvidence('m5.large', 9).reason).toMatch(
      /^spot-blacklist\/default: own evidence: interrupted 21 times in /,
    );
    const altered = { ...ownEntry('m5.large', 9), reason: `${markerOf(TARGET)}risky; own evidence: so` };
    const { byEvidence } = readBlacklist([altered], stateWith([]).clusterId, stateWith([]), NOW);
    expect([...byEvidence]).toEqual([]);
  });

  it('is distinguished from others by its reason', () => {
    const known = readBlacklist(
      [entryByEvidence('m5.large', 9), ownEntry('z1d.large', 9)],
      stateWith([]).clusterId,
      stateWith([]),
      NOW,
    );
    expect([...known.byEvidence]).toEqual(['m5.large']);
  });

  it('lapses if evidence is missing or no longer sufficient: that does not make a type calm', () => {
    const entries = [entryByEvidence('m5.large', 9), ownEntry('c5.large', 9)];
    const policy = { releaseCalm: true };
    for (const feed of [ONE_OF_EACH_BAND, withFigures(ONE_OF_EACH_BAND, { 'm5.large': FEW })])
      expect(actionsOf(plan(feed, entries, policy))).toMatchObject({
        'm5.large': 'lapse',
        'c5.large': 'release',
      });
  });

  it('is released where own evidence calls the type calm', () => {
    const feed = withFigures(ONE_OF_EACH_BAND, { 'm5.large': CALM });
    const actions = actionsOf(plan(feed, [entryByEvidence('m5.large', 9)], { releaseCalm: true }));
    expect(actions['m5.large']).toBe('release');
  });

  it('is renewed for the band’s reason where the band is risky and evidence is gone', () => {
    const entry = entryByEvidence('z1d.large', 1);
    expect(plan(ONE_OF_EACH_BAND, [entry]).decisions).toEqual([
      expect.objectContaining({
        action: 'renew',
        reason: "AWS's band is >20%, above the tolerated 20%",
      }),
    ]);
  });

  it('is left alone if another owner has an entry under the same key', () => {
    const feed = withFigures(ONE_OF_EACH_BAND, { 'm5.large': CALM });
    const entries = [entryByEvidence('m5.large', 9), foreignEntry({ instanceType: 'm5.large' })];
    expect(actionsOf(plan(feed, entries, { releaseCalm: true }))['m5.large']).toBe('lapse');
  });
});

it('a type that own evidence kept calm is blacklisted once, when evidence is lost, and then kept', () => {
  const calm = withFigures(ONE_OF_EACH_BAND, { 'z1d.large': CALM });
  const lost = plan(ONE_OF_EACH_BAND);
  expect(actionsOf(plan(calm))).toEqual({});
  expect(actionsOf(lost)).toEqual({ 'z1d.large': 'add' });
  const entries = carriedOut(lost, stateWith([]));
  expect(actionsOf(plan(ONE_OF_EACH_BAND, entries))).toEqual({ 'z1d.large': 'keep' });
  expect(actionsOf(plan(calm, entries))).toEqual({ 'z1d.large': 'lapse' });
});

describe('where interruptions may be missing', () => {
  const feed = withFigures(ONE_OF_EACH_BAND, { 'm5.large': RISKY, 'z1d.large': CALM });
  const hidden = 'CAST AI drains nodes first';

  it('a type is not calm, but risky still', () => {
    const { decisions } = planApply(feed, LOOSE_POLICY, { ...stateWith([]), hidden });
    expect(decisions.map(({ instanceType, action }) => [instanceType, action])).toEqual([
      ['m5.large', 'add'],
      ['z1d.large', 'add'],
    ]);
    expect(decisions[1]?.reason).toBe(
      "AWS's band is >20%, above the tolerated 20%; never interrupted in 12,000 of your machine-hours: calm by themselves, which does not count",
    );
  });
});
