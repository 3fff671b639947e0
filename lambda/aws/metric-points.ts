import type { OwnDay, OwnFigures, OwnFiguresByRegion } from '../domain/evidence.ts';
import { INSTANCE_TYPE } from '../domain/instance-type.ts';
import { shortList } from '../domain/short-list.ts';
import { isRecord } from '../input/json.ts';

/** EC2 Capacity Manager's metrics that count machines, not vCPUs. Unlike its rate, they add up. */
export const HOURS = 'spot-total-usage-hrs-inst';
export const INTERRUPTIONS = 'spot-total-interruptions-inst';

/** In milliseconds. */
export const DAY = 24 * 3_600_000;

/** More than this is no number of machines or machine-hours of one type in three months. */
const MOST_HOURS = 1e9;
const MOST_MACHINES = 1e6;

/** Which data points count. */
export interface Scope {
  readonly regions: readonly string[];
  /** As the feed spells it. */
  readonly os: string;
  /** Milliseconds since 1970. */
  readonly from: number;
  readonly now: number;
}

/**
 * Adds up data points of EC2 Capacity Manager. The points of several accounts, zones and platforms of one OS belong
 * together. A contradiction costs its type the figures, never the run.
 */
export class Tally {
  readonly #scope: Scope;
  /** By region and type. */
  readonly #types = new Map<string, Map<string, TypeTally>>();
  #counted = 0;
  #otherPlatforms = 0;
  #unreadable = 0;
  #future = 0;

  constructor(scope: Scope) {
    this.#scope = scope;
  }

  /** Whether no type has figures. */
  get isEmpty(): boolean {
    return [...this.figures().values()].every((types) => types.size === 0);
  }

  /** The types with interruptions, in any region. */
  get interruptedTypes(): readonly string[] {
    const all = [...this.#types.values()].flatMap((types) => [...types]);
    return [...new Set(all.filter(([, { machines }]) => machines > 0).map(([type]) => type))].sort();
  }

  /**
   * Adds points with machine-hours and interruptions.
   *
   * @param points as AWS returns them, in any order
   */
  addTotals(points: readonly unknown[]): void {
    for (const { type, values, moment, day } of this.#countable(points)) type.addTotals(values, moment, day);
  }

  /** Adds points with the same interruptions once more, by finer times or zones. */
  addDetails(points: readonly unknown[]): void {
    for (const { type, values, moment } of this.#countable(points)) type.addDetails(values, moment);
  }

  /** @returns the figures that can be trusted; types without machine-hours have none */
  figures(): OwnFiguresByRegion {
    return new Map(
      [...this.#types].map(([region, types]) => [
        region,
        new Map([...types].flatMap(([name, type]) => (type.isUsable ? [[name, type.figures] as const] : []))),
      ]),
    );
  }

  /** @returns the same figures by day */
  days(): OwnDay[] {
    return [...this.#types].flatMap(([region, types]) =>
      [...types].flatMap(([instanceType, type]) =>
        type.isUsable
          ? [...type.days].map(([day, figures]) => ({ region, instanceType, day, ...figures }))
          : [],
      ),
    );
  }

  /** @returns what cannot be trusted, in parts of a sentence */
  problems(): string[] {
    const doubts = new Map<string, Set<string>>();
    for (const [name, { doubt }] of [...this.#types.values()].flatMap((types) => [...types]))
      if (doubt !== null) doubts.set(doubt, (doubts.get(doubt) ?? new Set()).add(name));
    return [
      ...[...doubts].sort().map(([doubt, names]) => `${doubt}: ${shortList([...names].sort())}`),
      ...(this.#unreadable > 0 ? [`unreadable data points: ${this.#unreadable}`] : []),
      ...(this.#future > 0 ? [`data points in the future (check the clock): ${this.#future}`] : []),
      ...(this.#counted === 0 && this.#otherPlatforms > 0
        ? [`data points of other platforms than ${this.#scope.os} only: ${this.#otherPlatforms}`]
        : []),
    ];
  }

  *#countable(points: readonly unknown[]) {
    const { regions, os, from, now } = this.#scope;
    for (const one of points) {
      const point = readPoint(one);
      if (point === null) this.#unreadable += 1;
      else if (!regions.includes(point.region) || point.time < from) continue;
      else if (point.time > now + DAY) this.#future += 1;
      else if (!isOf(point.platform, os)) this.#otherPlatforms += 1;
      else {
        this.#counted += 1;
        const { values, zone, time } = point;
        const day = Math.floor(time / DAY) * DAY;
        yield { type: this.#typeOf(point), values, moment: `${zone} ${time}`, day };
      }
    }
  }

  #typeOf({ region, instanceType }: Point): TypeTally {
    const types = this.#types.get(region) ?? new Map<string, TypeTally>();
    this.#types.set(region, types);
    const type = types.get(instanceType) ?? new TypeTally();
    types.set(instanceType, type);
    return type;
  }
}

/** One type in one region. */
class TypeTally {
  machines = 0;
  readonly days = new Map<number, { hours: number; machines: number }>();
  #hours = 0;
  #isJunk = false;
  /** Zone and time of the points with interruptions, by either granularity. */
  readonly #coarse = new Set<string>();
  readonly #fine = new Set<string>();

  addTotals(values: Values, moment: string, day: number): void {
    const hours = this.#sane(values.get(HOURS) ?? 0);
    const machines = this.#interruptionsIn(values, moment, this.#coarse);
    const before = this.days.get(day) ?? { hours: 0, machines: 0 };
    this.days.set(day, { hours: before.hours + hours, machines: before.machines + machines });
    this.#hours += hours;
    this.machines += machines;
  }

  addDetails(values: Values, moment: string): void {
    this.#interruptionsIn(values, moment, this.#fine);
  }

  get figures(): OwnFigures {
    const interruptions = Math.min(this.machines, Math.max(this.#coarse.size, this.#fine.size));
    return { hours: this.#hours, interruptions, machines: this.machines };
  }

  get isUsable(): boolean {
    return this.doubt === null && this.#hours > 0;
  }

  /** Why the figures cannot be trusted; null if they can. */
  get doubt(): string | null {
    if (this.#isJunk) return 'negative or unreadable figures';
    if (this.#hours > MOST_HOURS || this.machines > MOST_MACHINES) return 'impossibly large figures';
    if (this.machines > 0 && this.#hours === 0) return 'interruptions without machine-hours';
    // Hours are missing: otherwise hardly a machine would have lasted an hour.
    return this.machines > this.#hours ? 'more interruptions than machine-hours' : null;
  }

  #interruptionsIn(values: Values, moment: string, moments: Set<string>): number {
    const machines = Math.round(this.#sane(values.get(INTERRUPTIONS) ?? 0));
    if (machines > 0) moments.add(moment);
    return machines;
  }

  #sane(value: unknown): number {
    if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return value;
    this.#isJunk = true;
    return 0;
  }
}

type Values = ReadonlyMap<string, unknown>;

interface Point {
  readonly region: string;
  readonly instanceType: string;
  readonly platform: string;
  /** Empty where the points are not grouped by zone. */
  readonly zone: string;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly values: Values;
}

/** @returns null if it is not clear what a point is about */
function readPoint(point: unknown): Point | null {
  if (!isRecord(point) || !isRecord(point['Dimension']) || !Array.isArray(point['MetricValues'])) return null;
  const { ResourceRegion: region, InstanceType: type, InstancePlatform: platform } = point['Dimension'];
  const { AvailabilityZoneId: zone = '' } = point['Dimension'];
  const time = timeOf(point['Timestamp']);
  if (typeof region !== 'string' || typeof type !== 'string' || typeof platform !== 'string') return null;
  if (!INSTANCE_TYPE.test(type) || Number.isNaN(time)) return null;
  const values = point['MetricValues'].filter(isRecord).map(({ Metric, Value }) => [Metric, Value] as const);
  return {
    region,
    instanceType: type,
    platform,
    zone: String(zone),
    time,
    values: new Map(values.map(([metric, value]) => [String(metric), value])),
  };
}

/** The SDK returns dates, the AWS CLI prints them. NaN if it is neither. */
function timeOf(time: unknown): number {
  if (time instanceof Date) return time.getTime();
  return typeof time === 'string' ? Date.parse(time) : Number.NaN;
}

/** EC2 calls the feed's `Linux` `Linux/UNIX`, and Windows with more in it `Windows with ...`. */
function isOf(platform: string, os: string): boolean {
  return platform.toLowerCase().startsWith(os.toLowerCase());
}
