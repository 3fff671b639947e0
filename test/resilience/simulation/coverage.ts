import { isPlacement, isWrite, type Policy } from '../../../lambda/domain/decision.ts';
import { isAbove, type RegionFeed } from '../../../lambda/domain/instance-types/spot-type.ts';
import { type ClusterState, type Plan, planApply } from '../../../lambda/domain/plan.ts';
import { carriedOut, HOUR, stateWith } from '../../support/plan.ts';

/** The outcome of one run of a schedule. */
export type Fate = 'works' | 'is lost' | 'dies half-way';

/** The possible outcomes of a schedule's runs. */
export const FATES: Readonly<Record<string, (run: number) => Fate>> = {
  'every run works': () => 'works',
  'every fifth run is lost': (run) => (run % 5 === 4 ? 'is lost' : 'works'),
  'every third run dies half-way': (run) => (run % 3 === 2 ? 'dies half-way' : 'works'),
  'every fifth run is lost and every third dies half-way': (run) =>
    run % 5 === 4 ? 'is lost' : run % 3 === 2 ? 'dies half-way' : 'works',
  'the first run dies half-way': (run) => (run === 0 ? 'dies half-way' : 'works'),
};

/** A way to keep a blacklist, as a schedule of runs with a made-up clock. */
export interface Strategy {
  readonly name: string;
  /** Hours between two runs. */
  readonly interval: number;
  /**
   * @param now milliseconds since 1970
   * @returns the writes of a run in their order; each lets its type be blacklisted until a time
   */
  run(feed: RegionFeed, now: number): Array<{ instanceType: string; expiresAt: number }>;
  /** Takes note of the first `count` writes of the run at `now`. */
  commit(count: number): void;
}

export interface Scenario {
  readonly days: number;
  /** The feeds, one after the other, each for `publishedFor` hours, and again from the start. */
  readonly feeds: readonly RegionFeed[];
  readonly publishedFor: number;
  readonly fate: (run: number) => Fate;
  /** Milliseconds from the start of a run to that of its n-th write. */
  readonly paceOf: (write: number) => number;
}

export interface Coverage {
  /** Types that are risky in every feed, and so all the time. */
  readonly types: number;
  /** Share of their time in which they could be bought, from the end of the first run that worked. */
  readonly uncoveredShare: number;
  readonly writes: number;
}

/** 10 requests per 5 seconds, the default. */
export const DEFAULT_PACE = (write: number) => Math.floor(write / 10) * 5_000;

/** This project's way: reconcile with what is there. */
export function reconciling(policy: Policy, interval: number): Strategy {
  let state: ClusterState = stateWith([]);
  let plan: Plan | null = null;
  return {
    name: `reconcile every ${interval} h for ${policy.blacklistHours} h`,
    interval,
    run(feed, now) {
      state = { ...state, now };
      plan = planApply(feed, policy, state);
      return plan.decisions.filter(isWrite).map((decision) => ({
        instanceType: decision.instanceType,
        expiresAt: isPlacement(decision) ? decision.expiresAt : now,
      }));
    },
    commit(count) {
      if (plan === null) return;
      const done = { ...plan, decisions: plan.decisions.filter(isWrite).slice(0, count) };
      state = { ...state, entries: carriedOut(done, state) };
    },
  };
}

/** The way of the script that this project descends from: add everything again, whatever is there. */
export function addingAll(threshold: number, interval: number, blacklistHours: number): Strategy {
  return {
    name: `add all every ${interval} h for ${blacklistHours} h`,
    interval,
    run: (feed, now) =>
      feed.types
        .filter(({ band }) => isAbove(band, threshold))
        .map(({ instanceType }) => ({ instanceType, expiresAt: now + blacklistHours * HOUR })),
    commit() {},
  };
}

/** Plays a schedule through, and counts for how long types that stay risky could be bought. */
export function simulate(strategy: Strategy, scenario: Scenario, threshold: number): Coverage {
  const { feeds, days, publishedFor, fate, paceOf } = scenario;
  const start = Date.parse('2026-03-01T00:00:00Z');
  const end = start + days * 24 * HOUR;
  const riskyIn = (feed: RegionFeed) =>
    new Set(
      feed.types.filter(({ band }) => isAbove(band, threshold)).map(({ instanceType }) => instanceType),
    );
  const stayRisky = feeds.map(riskyIn).reduce((all, risky) => all.intersection(risky));

  const until = new Map<string, number>();
  let countingFrom = Number.POSITIVE_INFINITY;
  let uncovered = 0;
  let writes = 0;
  const addGap = (type: string, at: number) => {
    const from = Math.max(until.get(type) ?? 0, countingFrom);
    if (stayRisky.has(type) && from < at) uncovered += at - from;
  };
  for (let run = 0; start + run * strategy.interval * HOUR < end; run += 1) {
    const now = start + run * strategy.interval * HOUR;
    const feed = feeds[Math.floor((now - start) / (publishedFor * HOUR)) % feeds.length];
    if (feed === undefined || fate(run) === 'is lost') continue;
    const wanted = strategy.run(feed, now);
    const count = fate(run) === 'works' ? wanted.length : Math.floor(wanted.length / 2);
    for (const [index, { instanceType, expiresAt }] of wanted.slice(0, count).entries()) {
      addGap(instanceType, now + paceOf(index));
      until.set(instanceType, expiresAt);
    }
    strategy.commit(count);
    writes += count;
    if (fate(run) === 'works') countingFrom = Math.min(countingFrom, now + paceOf(wanted.length));
  }
  for (const type of stayRisky) addGap(type, end);
  return {
    types: stayRisky.size,
    uncoveredShare: uncovered / (stayRisky.size * (end - countingFrom)),
    writes,
  };
}
