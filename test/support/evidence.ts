import type { RegionFeed } from '../../lambda/domain/instance-types/spot-type.ts';
import type { OwnDay, OwnFigures } from '../../lambda/domain/own-evidence/evidence.ts';
import { type Comparison, compareInRegion, judge } from '../../lambda/domain/own-evidence/verdict.ts';
import { DAY } from '../../lambda/domain/words.ts';

/** Figures of machines that were interrupted one by one, unless it is said how many went. */
export function figures(hours: number, interruptions: number, machines = interruptions): OwnFigures {
  return { hours, interruptions, machines };
}

/** A type's days, each with so many interruptions one by one. */
export const daysOf = (instanceType: string, counts: readonly number[], hours = 100): OwnDay[] =>
  counts.map((count, index) => ({
    ...{ region: 'us-east-1', instanceType, day: index * DAY, hours },
    ...{ interruptions: count, machines: count },
  }));

/** The account's others: one interruption in 1,000 machine-hours. */
const OTHERS = figures(1_000_000, 1_000);

/** What figures are compared with: others that are interrupted every 1,000 hours, one by one, but for what is given. */
export function comparedWith(facts: Partial<Comparison> = {}): Comparison {
  return { others: OTHERS, dispersion: 1, machineDispersion: 1, daysInterrupted: 14, days: 14, ...facts };
}

/** A region with own figures about some of its types. */
export function withFigures(
  feed: RegionFeed,
  own: Readonly<Record<string, OwnFigures>>,
  { ratio = 2, decides = true } = {},
): RegionFeed {
  return {
    ...feed,
    types: feed.types.map((type) => {
      const ofType = own[type.instanceType];
      return ofType === undefined
        ? type
        : { ...type, own: judge(ofType, comparedWith(), type.band.label, ratio, decides) };
    }),
  };
}

/** @returns the sums of all days, by type */
export function figuresOf(days: readonly OwnDay[]): Map<string, OwnFigures> {
  const own = new Map<string, OwnFigures>();
  for (const { instanceType, hours, interruptions, machines } of days) {
    const sum = own.get(instanceType) ?? figures(0, 0);
    own.set(
      instanceType,
      figures(sum.hours + hours, sum.interruptions + interruptions, sum.machines + machines),
    );
  }
  return own;
}

/** A region with what own figures by day say about its types, each compared with the others. */
export function judgedByDays(feed: RegionFeed, days: readonly OwnDay[], ratio = 2): RegionFeed {
  const { types } = compareInRegion(figuresOf(days), days);
  return {
    ...feed,
    types: feed.types.map((type) => {
      const [ofType, comparison] = types.get(type.instanceType) ?? [];
      if (ofType === undefined || comparison === undefined) return type;
      return { ...type, own: judge(ofType, comparison, type.band.label, ratio, true) };
    }),
  };
}
