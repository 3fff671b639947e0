import { INSTANCE_TYPE } from '../domain/instance-types/instance-type.ts';
import type { OwnDay, OwnFigures, OwnFiguresByRegion } from '../domain/own-evidence/evidence.ts';
import { DAY, shortList } from '../domain/words.ts';
import { isRecord } from '../input/json.ts';
import type { OwnFiguresReading } from '../run/ports.ts';
import { untrusted } from './capacity-manager-problems.ts';

/** EC2 Capacity Manager's metrics that count machines, not vCPUs. Unlike its rate, they add up. */
export const HOURS = 'spot-total-usage-hrs-inst';
export const INTERRUPTIONS = 'spot-total-interruptions-inst';

type Metric = typeof HOURS | typeof INTERRUPTIONS;

/** Whole days in UTC: milliseconds since 1970. */
export interface Days {
  readonly from: number;
  /** Excluded. */
  readonly to: number;
}

/** @returns this many whole days, up to the last one that is over at `now` (milliseconds since 1970) */
export function lastDays(count: number, now: number): Days {
  const to = Math.floor(now / DAY) * DAY;
  return { from: to - count * DAY, to };
}

/** EC2 Capacity Manager's counts for one type at one time. */
interface Point {
  readonly region: string;
  readonly instanceType: string;
  readonly platform: string;
  /** Empty where the points are not grouped by zone. */
  readonly zone: string;
  /** Milliseconds since 1970; NaN if it cannot be read. */
  readonly time: number;
  /** By metric; null if any value cannot be read. */
  readonly values: ReadonlyMap<Metric, number> | null;
}

/** Numbers from here on cannot be the machines or machine-hours of one type in three months. */
const IMPOSSIBLE = { hours: 1e9, machines: 1e6 };

/** Which data points count. */
interface Scope extends Days {
  readonly regions: readonly string[];
  /** As the feed spells it. */
  readonly os: string;
}

/**
 * Adds up data points of EC2 Capacity Manager. The points of several accounts, zones and platforms of one OS are added
 * together. A contradiction discards its type's figures, and never fails the run.
 *
 * Whether AWS leaves zeros out is not documented. So a metric that a type lacks on a day is 0 if another type of the region
 * has it on that day; a day on which no type has it does not count.
 */
export class Tally {
  readonly #scope: Scope;
  /** By region and type. */
  readonly #types = new Map<string, TypeTally>();
  /** Region and day of the points that have the metric. */
  readonly #known = { [HOURS]: new Set<string>(), [INTERRUPTIONS]: new Set<string>() };
  #otherPlatforms = 0;
  #unreadable = 0;

  constructor(scope: Scope) {
    this.#scope = scope;
  }

  /** The types with interruptions, in any region, most interrupted first. */
  get interruptedTypes(): readonly string[] {
    const interrupted = [...this.#judged()].filter(({ figures }) => figures.machines > 0);
    interrupted.sort((a, b) => b.figures.machines - a.figures.machines);
    return [...new Set(interrupted.map(({ instanceType }) => instanceType))];
  }

  /** Adds points with machine-hours and interruptions, as AWS returns them, in any order. */
  addTotals(points: readonly unknown[]): void {
    for (const { region, day, values, ofDay, moment } of this.#countable(points)) {
      for (const metric of values.keys()) this.#known[metric].add(`${region} ${day}`);
      const machines = values.get(INTERRUPTIONS) ?? 0;
      ofDay.hours += values.get(HOURS) ?? 0;
      ofDay.machines += machines;
      if (machines > 0) ofDay.moments.add(moment);
    }
  }

  /** Adds points with the same interruptions once more, by finer times or zones. */
  addDetails(points: readonly unknown[]): void {
    for (const { values, ofDay, moment } of this.#countable(points))
      if (values.get(INTERRUPTIONS)) ofDay.details.add(moment);
  }

  /** @returns the figures that can be trusted; types without machine-hours have none */
  figures(): OwnFiguresByRegion {
    const ofRegion = Map.groupBy(this.#usable(), ({ region }) => region);
    return new Map(
      [...ofRegion].map(([region, types]) => [
        region,
        new Map(types.map(({ instanceType, figures }) => [instanceType, figures])),
      ]),
    );
  }

  /** @returns what cannot be trusted, in parts of a sentence */
  problems(): string[] {
    const doubts = Map.groupBy(this.#judged(), ({ doubt }) => doubt);
    const counted = (what: string, count: number) => (count > 0 ? [`${what}: ${count}`] : []);
    const { [HOURS]: hours, [INTERRUPTIONS]: interruptions } = this.#known;
    return [
      ...[...doubts]
        .flatMap(([doubt, types]) => (doubt === null ? [] : `${doubt}: ${namesOf(types)}`))
        .sort(),
      ...counted(`days without ${HOURS}`, interruptions.difference(hours).size),
      ...counted(`days without ${INTERRUPTIONS}`, hours.difference(interruptions).size),
      ...counted('unreadable data points', this.#unreadable),
      ...(this.#types.size > 0
        ? []
        : counted(`data points of other platforms than ${this.#scope.os} only`, this.#otherPlatforms)),
    ];
  }

  /** @param none the sentence for the user if there are no figures */
  reading(none: string): OwnFiguresReading {
    const days = this.#usable().flatMap((type) => type.days);
    const problems = this.problems();
    const warnings = problems.length > 0 ? [untrusted(problems)] : days.length === 0 ? [none] : [];
    return { figures: this.figures(), days, from: this.#scope.from, to: this.#scope.to, warnings };
  }

  #usable() {
    return [...this.#judged()].filter(({ figures, doubt }) => doubt === null && figures.hours > 0);
  }

  *#judged() {
    const { [HOURS]: hours, [INTERRUPTIONS]: interruptions } = this.#known;
    const known = hours.intersection(interruptions);
    for (const { region, instanceType, isJunk, days: all } of this.#types.values()) {
      const days = [...all]
        .filter(([day]) => known.has(`${region} ${day}`))
        .map(([day, ofDay]): OwnDay => ({ region, instanceType, day, ...countsOf(ofDay) }));
      const figures = sumOf(days);
      const doubt = isJunk ? 'negative or unreadable figures' : doubtAbout(figures, days);
      yield { region, instanceType, days, figures, doubt };
    }
  }

  *#countable(points: readonly unknown[]) {
    const { regions, os, from, to } = this.#scope;
    for (const one of points) {
      const point = readPoint(one);
      if (point === null) this.#unreadable += 1;
      else if (!regions.includes(point.region) || point.time < from || point.time >= to) continue;
      // EC2 calls the feed's `Linux` `Linux/UNIX`, and Windows with other software `Windows with ...`.
      else if (!point.platform.toLowerCase().startsWith(os.toLowerCase())) this.#otherPlatforms += 1;
      else {
        const { region, zone, time, values } = point;
        const type = this.#typeOf(point);
        const day = Math.floor(time / DAY) * DAY;
        if (values === null) type.isJunk = true;
        else yield { region, day, values, ofDay: dayOf(type, day), moment: `${zone} ${time}` };
      }
    }
  }

  #typeOf({ region, instanceType }: Point): TypeTally {
    const key = `${region} ${instanceType}`;
    const type = this.#types.get(key) ?? { region, instanceType, isJunk: false, days: new Map() };
    this.#types.set(key, type);
    return type;
  }
}

/** One type in one region. */
interface TypeTally {
  readonly region: string;
  readonly instanceType: string;
  /** Whether any of its points cannot be read. */
  isJunk: boolean;
  readonly days: Map<number, DayTally>;
}

interface DayTally {
  hours: number;
  machines: number;
  /** Zone and time of the points with interruptions, by either granularity. */
  readonly moments: Set<string>;
  readonly details: Set<string>;
}

function dayOf({ days }: TypeTally, day: number): DayTally {
  const known = days.get(day) ?? { hours: 0, machines: 0, moments: new Set(), details: new Set() };
  days.set(day, known);
  return known;
}

function countsOf({ hours, machines, moments, details }: DayTally): OwnFigures {
  return { hours, interruptions: Math.min(machines, Math.max(moments.size, details.size)), machines };
}

function sumOf(days: readonly OwnFigures[]): OwnFigures {
  const sum = (of: keyof OwnFigures) => days.reduce((total, day) => total + day[of], 0);
  return { hours: sum('hours'), interruptions: sum('interruptions'), machines: sum('machines') };
}

/** @returns why a type's figures cannot be trusted; null if they can */
function doubtAbout({ hours, machines }: OwnFigures, days: readonly OwnDay[]): string | null {
  if (hours > IMPOSSIBLE.hours || machines > IMPOSSIBLE.machines) return 'impossibly large figures';
  // A machine runs for two more minutes after the notice of its interruption.
  if (days.some((day) => day.machines > 0 && day.hours === 0)) return 'interruptions without machine-hours';
  // Hours must be missing: otherwise hardly any machine would have lasted an hour.
  return machines > hours ? 'more interruptions than machine-hours' : null;
}

function namesOf(types: readonly { readonly instanceType: string }[]): string {
  return shortList([...new Set(types.map(({ instanceType }) => instanceType))].sort());
}

/** @returns null if it is unclear what a point describes */
function readPoint(point: unknown): Point | null {
  if (!isRecord(point) || !isRecord(point['Dimension'])) return null;
  const { ResourceRegion: region, InstanceType: type, InstancePlatform: platform } = point['Dimension'];
  const { AvailabilityZoneId: zone = '' } = point['Dimension'];
  if (typeof region !== 'string' || typeof type !== 'string' || typeof platform !== 'string') return null;
  if (!INSTANCE_TYPE.test(type)) return null;
  const time = timeOf(point['Timestamp']);
  const values = Number.isNaN(time) ? null : readValues(point['MetricValues'] ?? []);
  return { region, instanceType: type, platform, zone: String(zone), time, values };
}

/** An unreadable value is not 0. */
function readValues(metrics: unknown): Point['values'] {
  if (!Array.isArray(metrics) || !metrics.every(isRecord)) return null;
  const values = new Map<Metric, number>();
  for (const { Metric: metric, Value: value } of metrics) {
    if (metric !== HOURS && metric !== INTERRUPTIONS) continue;
    if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) return null;
    values.set(metric, metric === HOURS ? value : Math.round(value));
  }
  return values;
}

/** The SDK returns dates, the AWS CLI prints them. NaN if it is neither. */
function timeOf(time: unknown): number {
  if (time instanceof Date) return time.getTime();
  return typeof time === 'string' ? Date.parse(time) : Number.NaN;
}
