import { INSTANCE_TYPE } from '../domain/instance-types/instance-type.ts';
import { DAY } from '../domain/words.ts';
import { isRecord } from '../input/json.ts';

/** EC2 Capacity Manager's metrics that count machines, not vCPUs. Unlike its rate, they add up. */
export const HOURS = 'spot-total-usage-hrs-inst';
export const INTERRUPTIONS = 'spot-total-interruptions-inst';

export type Metric = typeof HOURS | typeof INTERRUPTIONS;

/** Whole days in UTC: milliseconds since 1970. */
export interface Days {
  readonly from: number;
  /** Excluded. */
  readonly to: number;
}

/** @returns so many days, up to the last one that is over at a time (milliseconds since 1970) */
export function lastDays(count: number, now: number): Days {
  const to = Math.floor(now / DAY) * DAY;
  return { from: to - count * DAY, to };
}

/** What EC2 Capacity Manager counted of one type at one time. */
export interface Point {
  readonly region: string;
  readonly instanceType: string;
  readonly platform: string;
  /** Empty where the points are not grouped by zone. */
  readonly zone: string;
  /** Milliseconds since 1970; NaN if it cannot be read. */
  readonly time: number;
  /** By metric; null if any of it cannot be read. */
  readonly values: ReadonlyMap<Metric, number> | null;
}

/** @returns null if it is not clear what a point is about */
export function readPoint(point: unknown): Point | null {
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

/** EC2 calls the feed's `Linux` `Linux/UNIX`, and Windows with more in it `Windows with ...`. */
export function isOf(platform: string, os: string): boolean {
  return platform.toLowerCase().startsWith(os.toLowerCase());
}
