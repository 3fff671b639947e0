// An account over a season, whose machines are not interrupted as often as AWS's bands say: what own evidence changes.

import type { Entry } from '../../../lambda/domain/blacklist/blacklist.ts';
import { ACTIONS, type Policy } from '../../../lambda/domain/decision.ts';
import type { RegionFeed } from '../../../lambda/domain/instance-types/spot-type.ts';
import type { OwnDay } from '../../../lambda/domain/own-evidence/evidence.ts';
import { planApply } from '../../../lambda/domain/plan.ts';
import { judgedByDays } from '../../support/evidence.ts';
import { carriedOut, HOUR, NOW, stateWith } from '../../support/plan.ts';

/**
 * What decides which types are kept off: AWS's bands, these and own evidence, or the true rates, which are unknown in
 * practice.
 */
export type Knowledge = 'nothing' | 'band' | 'own evidence' | 'perfect';

export interface Season {
  readonly feed: RegionFeed;
  readonly policy: Policy;
  readonly days: number;
  /** How many days of own evidence count. */
  readonly window: number;
  readonly seed: number;
  /** Machines that run all the time. */
  readonly machines: number;
  /** The share of types whose true rate is not in their band, but drawn from all bands. */
  readonly misjudged: number;
  /** The share of a pool's machines that one interruption takes, on average. */
  readonly together: number;
  /**
   * How many hours a machine lives on average if it is not interrupted: it is replaced for other reasons, such as scaling. A
   * band is read as the share of machines that are interrupted while they live, so that rates differ a hundredfold.
   */
  readonly life: number;
}

export interface SeasonReport {
  readonly machineHours: number;
  /** Machines that were interrupted. */
  readonly interrupted: number;
  readonly per1000: number;
  /** The types kept off, on average over all runs. */
  readonly keptOff: number;
}

/** Of the account's workloads each runs on some types, and prefers the first that it may buy. */
const WORKLOADS = 10;
const CHOICE = 12;
const ZONES = 3;
/** Hours between runs. */
const INTERVAL = 6;

interface Machine {
  type: string;
  zone: number;
  readonly choice: readonly string[];
}

/** @returns what happens in a season, in which everything but the knowledge is the same */
export function simulateSeason(knowledge: Knowledge, season: Season): SeasonReport {
  const { feed, policy, days, machines: count, together, life } = season;
  const truth = trueRates(season);
  const chance = mulberry(season.seed + 1);
  const picked = mulberry(season.seed + 2);
  const types = [...truth.keys()];
  const choices = Array.from({ length: WORKLOADS }, () => sample(types, CHOICE, picked));
  const off = new Set<string>();
  const buy = (machine: Machine) => {
    const free = machine.choice.filter((type) => !off.has(type));
    // Mostly the preferred one, as an autoscaler picks the cheapest; else there would be no machine at all.
    const usable = free.length > 0 ? free : machine.choice;
    const index = Math.min(usable.length - 1, Math.floor(-Math.log(1 - chance()) * 1.5));
    machine.type = usable[index] ?? machine.type;
    machine.zone = Math.floor(chance() * ZONES);
  };
  const fleet = Array.from({ length: count }, (_, index): Machine => {
    return { type: '', zone: 0, choice: choices[index % WORKLOADS] ?? [] };
  });
  const ledger = new Ledger(season.window);
  const feedOf = feedsOf(knowledge, season, truth);
  let known = feed;
  let entries: Entry[] = [];
  let machineHours = 0;
  let interrupted = 0;
  let keptOff = 0;
  for (let hour = 0; hour < days * 24; hour += 1) {
    if (hour % INTERVAL === 0) {
      const now = NOW + hour * HOUR;
      const state = stateWith(entries, now);
      if (hour % 24 === 0) known = feedOf(ledger, hour / 24);
      const plan = planApply(known, policy, state);
      entries = carriedOut(plan, state).filter(({ expiresAt }) => expiresAt === null || expiresAt > now);
      off.clear();
      if (knowledge !== 'nothing')
        for (const { action, instanceType } of plan.decisions)
          if (ACTIONS[action].keepsOff) off.add(instanceType);
      keptOff += off.size;
    }
    if (hour === 0) for (const machine of fleet) buy(machine);
    const struck = new Map<string, boolean>();
    for (const machine of fleet) {
      const pool = `${machine.type} ${machine.zone}`;
      const rate = truth.get(machine.type) ?? 0;
      // A pool is struck once an hour at most, and then loses as much as it takes.
      const strikes = Math.min(1, rate / together);
      if (!struck.has(pool)) struck.set(pool, chance() < strikes);
      machineHours += 1;
      ledger.run(hour, machine.type);
      if (struck.get(pool) && chance() < rate / strikes) {
        interrupted += 1;
        ledger.interrupt(hour, machine.type, pool);
        buy(machine);
      } else if (chance() < 1 / life) buy(machine);
    }
  }
  const runs = (days * 24) / INTERVAL;
  const per1000 = (interrupted / machineHours) * 1000;
  return { machineHours, interrupted, per1000, keptOff: keptOff / runs };
}

/** @returns the feed of a day, with what is known of its types */
function feedsOf(knowledge: Knowledge, { feed, policy, life }: Season, truth: ReadonlyMap<string, number>) {
  const { interruptionThreshold: threshold } = policy;
  const perfect: RegionFeed = {
    ...feed,
    types: feed.types.map((type) => {
      const isRisky = (truth.get(type.instanceType) ?? 0) > hourly(threshold, life);
      return { ...type, band: isRisky ? RISKY : CALM };
    }),
  };
  return (ledger: Ledger, day: number): RegionFeed => {
    if (knowledge === 'own evidence') return judgedByDays(feed, ledger.daysBefore(day, feed.region));
    return knowledge === 'perfect' ? perfect : feed;
  };
}

const RISKY = { label: '>20%', lower: 20, upper: Number.POSITIVE_INFINITY };
const CALM = { label: '<5%', lower: 0, upper: 5 };

/** @returns how often a machine is interrupted in an hour, if so many percent are in so many hours */
function hourly(percent: number, hours: number): number {
  return -Math.log(1 - percent / 100) / hours;
}

/** Type -> how often a machine is interrupted in an hour. */
function trueRates({ feed, seed, misjudged, life }: Season): Map<string, number> {
  const chance = mulberry(seed);
  const bands = [...new Set(feed.types.map(({ band }) => band))].sort((a, b) => a.lower - b.lower);
  return new Map(
    feed.types
      .toSorted((a, b) => (a.instanceType < b.instanceType ? -1 : 1))
      .map(({ instanceType, band }) => {
        const drawn = chance() < misjudged ? bands[Math.floor(chance() * bands.length)] : band;
        const { lower, upper } = drawn ?? band;
        // The highest band has no upper edge.
        const percent = lower + chance() * (Math.min(upper, 80) - lower);
        return [instanceType, hourly(percent, life)];
      }),
  );
}

/** What EC2 Capacity Manager would record. */
class Ledger {
  readonly #window: number;
  /** By day: type -> figures. */
  readonly #days = new Map<number, Map<string, { hours: number; machines: number; moments: Set<string> }>>();

  constructor(window: number) {
    this.#window = window;
  }

  run(hour: number, type: string): void {
    this.#of(hour, type).hours += 1;
  }

  interrupt(hour: number, type: string, pool: string): void {
    const figures = this.#of(hour, type);
    figures.machines += 1;
    figures.moments.add(`${pool} ${hour}`);
  }

  /** Of the days before this one. */
  daysBefore(today: number, region: string): OwnDay[] {
    const days = Array.from({ length: this.#window }, (_, index) => today - this.#window + index);
    return days.flatMap((day) =>
      [...(this.#days.get(day) ?? [])].map(([instanceType, { hours, machines, moments }]) => {
        return { region, instanceType, day, hours, machines, interruptions: moments.size };
      }),
    );
  }

  #of(hour: number, type: string) {
    const day = Math.floor(hour / 24);
    const types = this.#days.get(day) ?? new Map();
    this.#days.set(day, types);
    const figures = types.get(type) ?? { hours: 0, machines: 0, moments: new Set<string>() };
    types.set(type, figures);
    return figures;
  }
}

/** @returns so many of all, none of them twice */
export function sample<T>(all: readonly T[], count: number, chance: () => number): T[] {
  const left = [...all];
  return Array.from({ length: count }, () => left.splice(Math.floor(chance() * left.length), 1)[0]).filter(
    (one) => one !== undefined,
  );
}

/** A generator of numbers from 0 to below 1, the same for the same seed. */
export function mulberry(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
