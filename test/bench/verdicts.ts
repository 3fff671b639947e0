import type { OwnDay, OwnFigures } from '../../lambda/domain/own-evidence/evidence.ts';
import { compareInRegion, verdictOn } from '../../lambda/domain/own-evidence/verdict.ts';
import { DAY } from '../../lambda/domain/words.ts';
import { mulberry } from '../resilience/simulation/evidence.ts';
import { figuresOf } from '../support/evidence.ts';
import { type Measurement, rounded } from './measurement.ts';

/*
 * What is decided about made-up accounts whose true rates are known: 400 types on very unequal numbers of machines, over 14 days.
 * On average a machine is interrupted every 1,000 hours.
 */

const TYPES = 400;
const DAYS = 14;
const ZONES = 3;
const HOURLY = 1 / 1_000;
const RATIO = 2;
const RUNS = 50;

/** How interruptions come. */
interface Manner {
  /** The share of them that comes in bursts of a type. */
  readonly inBursts: number;
  /** How many days there are to a burst, and for how many hours it lasts, in one zone or all. */
  readonly every: number;
  readonly hours: number;
  readonly zones: number;
}

const ONE_BY_ONE: Manner = { inBursts: 0, every: 1, hours: 24, zones: ZONES };
const BURSTS: Readonly<Record<string, Manner>> = {
  'one by one': ONE_BY_ONE,
  'nine tenths in bursts: a day in ten': { inBursts: 0.9, every: 10, hours: 24, zones: ZONES },
  'nine tenths in bursts: a day in thirty': { inBursts: 0.9, every: 30, hours: 24, zones: ZONES },
  'nine tenths in bursts: six hours in ten days': { inBursts: 0.9, every: 10, hours: 6, zones: ZONES },
  'nine tenths in bursts: an hour in ten days, in one zone': { inBursts: 0.9, every: 10, hours: 1, zones: 1 },
};

/** Where every type is interrupted equally often, each verdict is wrong. */
export function measureWrongVerdicts(): Measurement {
  const rows = Object.entries(BURSTS).map(([interruptions, manner]) => {
    const runs = Array.from({ length: RUNS }, (_, seed) =>
      play({ machines: 5_000, manner, seed, rateOf: () => 1 }),
    );
    const mean = (of: (run: Run) => number) => runs.reduce((sum, run) => sum + of(run), 0) / RUNS;
    const count = (verdict: string) =>
      rounded(
        mean((run) => run.filter((one) => one.verdict === verdict).length),
        1,
      );
    const wrong = mean((run) => run.filter((one) => one.verdict !== 'undecided').length);
    return {
      interruptions,
      'called risky': count('risky'),
      'called calm': count('calm'),
      wrong: `${rounded((wrong / TYPES) * 100, 1)}%`,
      'called risky, without dispersion': rounded(
        mean((run) => run.filter((one) => one.undivided === 'risky').length),
        1,
      ),
    };
  });
  return {
    title: `Verdicts where all ${TYPES} types are interrupted equally often, on 5,000 machines: ${RUNS} runs`,
    aim: 'At most 1% of the types wrong in a run',
    rows,
  };
}

/** What is found where rates differ, and interruptions come one by one. */
export function measureFoundTypes(): Measurement {
  const rows = [5_000, 1_000, 50].map((machines) => {
    const runs = Array.from({ length: RUNS }, (_, seed) => {
      const chance = mulberry(seed + 1_000);
      const rates = Array.from({ length: TYPES }, () => Math.exp(normal(chance)));
      const mean = rates.reduce((sum, rate) => sum + rate, 0) / TYPES;
      return play({ machines, manner: ONE_BY_ONE, seed, rateOf: (index) => (rates[index] ?? 0) / mean });
    }).flat();
    const above = runs.filter(({ rate }) => rate > 3);
    const found = above.filter(({ verdict }) => verdict === 'risky').length;
    const undivided = above.filter((one) => one.undivided === 'risky').length;
    return {
      machines,
      'types above three times the average': rounded(above.length / RUNS, 1),
      'of these, called risky': `${rounded((found / above.length) * 100, 1)}%`,
      'without dispersion': `${rounded((undivided / above.length) * 100, 1)}%`,
    };
  });
  return {
    title: `Verdicts where rates differ (log-normal, σ = 1) and interruptions come one by one: ${RUNS} runs`,
    aim: 'About nine tenths of what is found without dispersion',
    rows,
  };
}

/** The types that have figures: how often they are interrupted truly, as a ratio to the average, and what is decided. */
type Run = readonly { readonly rate: number; readonly verdict: string; readonly undivided: string }[];

interface Account {
  readonly machines: number;
  readonly manner: Manner;
  readonly seed: number;
  rateOf(index: number): number;
}

function play({ machines, manner, seed, rateOf }: Account): Run {
  const chance = mulberry(seed);
  const weights = Array.from({ length: TYPES }, () => -Math.log(1 - chance()));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const days = weights.flatMap((weight, index) => {
    const hours = ((machines * weight) / sum) * 24;
    return Array.from({ length: DAYS }, (_, day): OwnDay => {
      const counts = countsOf(hours * HOURLY * rateOf(index), manner, chance);
      return { region: 'us-east-1', instanceType: `m${index}.large`, day: day * DAY, hours, ...counts };
    });
  });
  return [...compareInRegion(figuresOf(days), days).types].map(([type, [figures, comparison]]) => ({
    rate: rateOf(Number(/\d+/.exec(type)?.[0])),
    verdict: verdictOn(figures, comparison, RATIO),
    undivided: verdictOn(figures, { ...comparison, dispersion: 1, machineDispersion: 1 }, RATIO),
  }));
}

/** @returns what is counted of so many interruptions on average, in a day: by zone and hour, as Capacity Manager is read */
function countsOf(
  mean: number,
  { inBursts, every, hours, zones }: Manner,
  chance: () => number,
): Pick<OwnFigures, 'interruptions' | 'machines'> {
  const moments = new Set<number>();
  let machines = 0;
  const interrupt = (count: number, first: number, lasting: number, among: number) => {
    machines += count;
    for (let one = 0; one < count; one += 1)
      moments.add((first + Math.floor(chance() * lasting)) * ZONES + Math.floor(chance() * among));
  };
  interrupt(poisson(mean * (1 - inBursts), chance), 0, 24, ZONES);
  if (chance() < 1 / every)
    interrupt(poisson(mean * inBursts * every, chance), Math.floor(chance() * (25 - hours)), hours, zones);
  return { machines, interruptions: moments.size };
}

/** Knuth's way, in parts that do not underflow. */
function poisson(mean: number, chance: () => number): number {
  if (mean > 100) return poisson(mean / 2, chance) + poisson(mean / 2, chance);
  const least = Math.exp(-mean);
  let count = -1;
  for (let product = 1; product > least || count < 0; product *= chance()) count += 1;
  return count;
}

/** Box and Muller's way. */
function normal(chance: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - chance())) * Math.cos(2 * Math.PI * chance());
}
