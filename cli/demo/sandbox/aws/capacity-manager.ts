import type { Answer, SandboxRequest, Service } from '../http/exchange.ts';
import { ec2Answer, ec2Failure, type Form, formOf, isSigned, listIn } from './protocols.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** As AWS publishes its limits: days, and items of lists by name. */
const LONGEST = 90 * DAY;
const MAX_ITEMS = { MetricName: 40, GroupBy: 20, FilterBy: 20, Value: 10 };
const LONGEST_VALUE = 300;

/** Of what AWS's service model has, what this project sends. */
const MEMBERS = {
  GetCapacityManagerAttributes: /^(Action|Version)$/,
  GetCapacityManagerMetricData:
    /^(Action|Version|Period|StartTime|EndTime|MaxResults|NextToken|(MetricName|GroupBy)\.\d+|FilterBy\.\d+\.DimensionCondition\.(Dimension|Comparison|Value\.\d+))$/,
};

/** What happened to the machines of one type in one hour, zone and account. */
export interface MachineHour {
  readonly region: string;
  readonly zone: string;
  readonly account: string;
  readonly instanceType: string;
  readonly platform: string;
  /** The hour's start, in milliseconds since 1970. */
  readonly time: number;
  readonly hours: number;
  readonly interruptions: number;
}

/** Machines of one type that have run without a pause. */
export interface Machines {
  readonly instanceType: string;
  /** How many run in each zone. */
  readonly machines: number;
  /** The hours, counted back from the end, in which machines were interrupted in the first zone: how many. */
  readonly interruptions?: Readonly<Record<number, number>>;
  readonly region?: string;
  readonly platform?: string;
  readonly account?: string;
  /** Ids of zones; the first one by default. */
  readonly zones?: readonly string[];
}

/**
 * @param now milliseconds since 1970; the history ends with the last whole day (UTC) before it
 * @returns what EC2 Capacity Manager would have recorded in this number of days
 */
export function historyOf(all: readonly Machines[], now: number, days = 14): MachineHour[] {
  const end = Math.floor(now / DAY) * DAY;
  const hours = Array.from({ length: days * 24 }, (_, index) => index + 1);
  return all.flatMap(({ instanceType, machines, interruptions = {}, zones = ['use1-az1'], ...where }) => {
    const { region = 'us-east-1', platform = 'Linux/UNIX', account = '000000000000' } = where;
    const common = { region, platform, account, instanceType, hours: machines };
    return zones.flatMap((zone, index) =>
      hours.map((hour) => {
        const interrupted = index === 0 ? (interruptions[hour] ?? 0) : 0;
        return { ...common, zone, time: end - hour * HOUR, interruptions: interrupted };
      }),
    );
  });
}

const METRICS = {
  'spot-total-usage-hrs-inst': ({ hours }: MachineHour) => hours,
  'spot-total-interruptions-inst': ({ interruptions }: MachineHour) => interruptions,
};
type Metric = keyof typeof METRICS;

const DIMENSIONS = {
  'resource-region': { tag: 'resourceRegion', of: ({ region }: MachineHour) => region },
  'availability-zone-id': { tag: 'availabilityZoneId', of: ({ zone }: MachineHour) => zone },
  'account-id': { tag: 'accountId', of: ({ account }: MachineHour) => account },
  'instance-type': { tag: 'instanceType', of: ({ instanceType }: MachineHour) => instanceType },
  'instance-platform': { tag: 'instancePlatform', of: ({ platform }: MachineHour) => platform },
};
export type Dimension = keyof typeof DIMENSIONS;

/** What is asked of the figures. */
export interface Query {
  readonly metrics: readonly Metric[];
  readonly from: number;
  readonly to: number;
  /** In milliseconds. */
  readonly period: number;
  readonly groupBy: readonly Dimension[];
  readonly filters: readonly { readonly dimension: Dimension; readonly values: readonly string[] }[];
  readonly pageSize: number;
  readonly offset: number;
}

/** Amazon EC2 as far as Capacity Manager's attributes and figures (the EC2 query protocol: a form in, XML out). */
export class CapacityManager implements Service {
  machineHours: readonly MachineHour[] = [];
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  answer(request: SandboxRequest): Answer {
    if (!isSigned(request))
      return ec2Failure(403, 'AuthFailure', 'AWS was not able to validate the credentials');
    const form = formOf(request);
    const action = form.get('Action');
    if (action !== 'GetCapacityManagerAttributes' && action !== 'GetCapacityManagerMetricData')
      return ec2Failure(400, 'InvalidAction', 'The sandbox knows no other action of EC2.');
    const unknown = [...form.keys()].find((name) => !MEMBERS[action].test(name));
    if (unknown !== undefined) return ec2Failure(400, 'UnknownParameter', `unknown parameter: ${unknown}`);
    if (action === 'GetCapacityManagerAttributes') return ec2Answer(action, this.attributes());
    const query = queryIn(form);
    if (typeof query === 'string') return ec2Failure(400, 'InvalidParameterValue', query);
    return this.figures(query);
  }

  protected attributes(ingestion = 'ingestion-complete'): string {
    const [first] = this.machineHours.map(({ time }) => time).toSorted((a, b) => a - b);
    const earliest = first === undefined ? '' : timeTag('earliestDatapointTimestamp', first);
    return `<capacityManagerStatus>enabled</capacityManagerStatus><organizationsAccess>false</organizationsAccess><dataExportCount>0</dataExportCount><ingestionStatus>${ingestion}</ingestionStatus>${earliest}${timeTag('latestDatapointTimestamp', this.lastHour())}`;
  }

  /** The hour of the last data points. */
  protected lastHour(): number {
    return Math.floor(this.#now() / HOUR) * HOUR - HOUR;
  }

  /** One page of what a query asks for. */
  protected figures(query: Query): Answer {
    const points = this.#pointsOf(query);
    const end = query.offset + query.pageSize;
    return page(points.slice(query.offset, end), 'from', end < points.length ? end : null);
  }

  #pointsOf(query: Query): string[] {
    const { from, to, period, filters } = query;
    const chosen = this.machineHours
      .filter(({ time }) => time >= from && time < to && time <= this.lastHour())
      .filter((one) =>
        filters.every(({ dimension, values }) => values.includes(DIMENSIONS[dimension].of(one))),
      );
    const dimensions = this.dimensionsOf(query);
    const groups = Map.groupBy(chosen, (one) =>
      JSON.stringify([
        ...dimensions.map((name) => DIMENSIONS[name].of(one)),
        from + Math.floor((one.time - from) / period) * period,
      ]),
    );
    return [...groups].sort().map(([key, members]) => {
      const [time, ...names] = (JSON.parse(key) as (string | number)[]).toReversed();
      const values = names.toReversed();
      return point(
        dimensions.map((name, index) => [DIMENSIONS[name].tag, String(values[index])]),
        Number(time),
        this.valuesOf(query, members, Number(time)),
      );
    });
  }

  protected dimensionsOf({ groupBy }: Query): readonly Dimension[] {
    return groupBy;
  }

  /** The metrics of a point that stands for these hours. */
  protected valuesOf(
    { metrics }: Query,
    members: readonly MachineHour[],
    _time: number,
  ): (readonly [metric: string, value: number])[] {
    return metrics.map((metric) => [
      metric,
      members.reduce((sum, member) => sum + METRICS[metric](member), 0),
    ]);
  }
}

function point(
  dimension: readonly (readonly [string, string])[],
  time: number,
  values: readonly (readonly [string, number])[],
): string {
  const tags = dimension.map(([tag, value]) => `<${tag}>${value}</${tag}>`).join('');
  const metrics = values.map(
    ([metric, value]) => `<item><metric>${metric}</metric><value>${value}</value></item>`,
  );
  return `<item><dimension>${tags}</dimension>${timeTag('timestamp', time)}<metricValueSet>${metrics.join('')}</metricValueSet></item>`;
}

function timeTag(tag: string, time: number): string {
  return `<${tag}>${new Date(time).toISOString()}</${tag}>`;
}

/** @param next what the next page's token ends with; null for the last page */
export function page(points: readonly string[], token: string, next: number | string | null): Answer {
  const nextToken = next === null ? '' : `<nextToken>${token}-${next}</nextToken>`;
  return ec2Answer(
    'GetCapacityManagerMetricData',
    `<metricDataResultSet>${points.join('')}</metricDataResultSet>${nextToken}`,
  );
}

/** @returns why AWS would not accept it, if so */
function queryIn(form: Form): Query | string {
  const metrics = listIn(form, 'MetricName');
  const from = timeIn(form, 'StartTime');
  const to = timeIn(form, 'EndTime');
  const period = Number(form.get('Period')) * 1000;
  const pageSize = Number(form.get('MaxResults') ?? 100_000);
  if (isTooMany('MetricName', metrics) || metrics.length === 0) return 'MetricNames must have 1 to 40 items.';
  if (!metrics.every((name): name is Metric => Object.hasOwn(METRICS, name))) return 'unknown metric';
  if (!(from < to && to - from <= LONGEST)) return 'StartTime must be before EndTime, by at most 90 days.';
  if (!(period >= HOUR && period <= DAY) || (to - from) % period !== 0)
    return 'The time range must be a multiple of the period, which is 3600 to 86400.';
  if (!(Number.isInteger(pageSize) && pageSize >= 1 && pageSize <= 100_000))
    return 'MaxResults must be 1 to 100000.';
  const groupBy = listIn(form, 'GroupBy');
  if (isTooMany('GroupBy', groupBy) || !groupBy.every(isDimension)) return 'unknown dimension, or too many';
  const conditions = [...form.keys()].map((name) => /^FilterBy\.\d+\.DimensionCondition/.exec(name)?.[0]);
  const filters = [];
  for (const condition of new Set(conditions.filter((name) => name !== undefined))) {
    const dimension = form.get(`${condition}.Dimension`) ?? '';
    const values = listIn(form, `${condition}.Value`);
    if (!isDimension(dimension) || !['in', 'equals'].includes(form.get(`${condition}.Comparison`) ?? ''))
      return 'unknown filter';
    if (isTooMany('Value', values) || values.some(({ length }) => length > LONGEST_VALUE))
      return `A filter may have at most ${MAX_ITEMS.Value} values, of at most ${LONGEST_VALUE} characters.`;
    filters.push({ dimension, values });
  }
  if (isTooMany('FilterBy', filters)) return `There may be at most ${MAX_ITEMS.FilterBy} filters.`;
  const offset = Number(/\d+$/.exec(form.get('NextToken') ?? '')?.[0] ?? 0);
  return { metrics, from, to, period, groupBy, filters, pageSize, offset };
}

function isTooMany(list: keyof typeof MAX_ITEMS, items: readonly unknown[]): boolean {
  return items.length > MAX_ITEMS[list];
}

/** @returns milliseconds since 1970; NaN if it is not as the protocol writes times */
function timeIn(form: Form, name: string): number {
  const text = form.get(name) ?? '';
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(text) ? Date.parse(text) : Number.NaN;
}

function isDimension(name: string): name is Dimension {
  return Object.hasOwn(DIMENSIONS, name);
}
