import { randomUUID } from 'node:crypto';
import { type Answer, type SandboxRequest, type Service, textAnswer } from '../http/exchange.ts';

export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;

/** The hours and interruptions of the machines of one type in one hour, zone and account. */
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

export const METRICS = {
  'spot-total-usage-hrs-inst': ({ hours }: MachineHour) => hours,
  'spot-total-interruptions-inst': ({ interruptions }: MachineHour) => interruptions,
};
type Metric = keyof typeof METRICS;

export const DIMENSIONS = {
  'resource-region': { tag: 'resourceRegion', of: ({ region }: MachineHour) => region },
  'availability-zone-id': { tag: 'availabilityZoneId', of: ({ zone }: MachineHour) => zone },
  'account-id': { tag: 'accountId', of: ({ account }: MachineHour) => account },
  'instance-type': { tag: 'instanceType', of: ({ instanceType }: MachineHour) => instanceType },
  'instance-platform': { tag: 'instancePlatform', of: ({ platform }: MachineHour) => platform },
};
export type Dimension = keyof typeof DIMENSIONS;

/** A query of the figures. */
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

/** Amazon EC2, limited to Capacity Manager's attributes and figures (the EC2 query protocol: a form in, XML out). */
export class CapacityManager implements Service {
  machineHours: readonly MachineHour[] = [];
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  answer({ text }: SandboxRequest): Answer {
    const form = new URLSearchParams(text);
    if (form.get('Action') === 'GetCapacityManagerMetricData') return this.figures(queryIn(form));
    return ec2Answer('GetCapacityManagerAttributes', this.attributes());
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

  /** One page of a query's result. */
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

/** @param next the end of the next page's token; null for the last page */
export function page(points: readonly string[], token: string, next: number | string | null): Answer {
  const nextToken = next === null ? '' : `<nextToken>${token}-${next}</nextToken>`;
  return ec2Answer(
    'GetCapacityManagerMetricData',
    `<metricDataResultSet>${points.join('')}</metricDataResultSet>${nextToken}`,
  );
}

function queryIn(form: URLSearchParams): Query {
  const time = (name: string) => Date.parse(form.get(name) ?? '');
  const filters = listedIn(form, 'FilterBy', '.DimensionCondition.Dimension').map((dimension, index) => ({
    dimension: dimension as Dimension,
    values: listedIn(form, `FilterBy.${index + 1}.DimensionCondition.Value`),
  }));
  return {
    metrics: listedIn(form, 'MetricName') as Metric[],
    from: time('StartTime'),
    to: time('EndTime'),
    period: Number(form.get('Period')) * 1000,
    groupBy: listedIn(form, 'GroupBy') as Dimension[],
    filters,
    pageSize: Number(form.get('MaxResults') ?? 100_000),
    offset: Number(/\d+$/.exec(form.get('NextToken') ?? '')?.[0] ?? 0),
  };
}

/** The items `NAME.1`, `NAME.2` ... of a form. */
export function listedIn(form: URLSearchParams, name: string, suffix = ''): string[] {
  const items: string[] = [];
  for (let item: string | null; ; items.push(item)) {
    item = form.get(`${name}.${items.length + 1}${suffix}`);
    if (item === null) return items;
  }
}

/** @param content XML */
function ec2Answer(action: string, content: string): Answer {
  const namespace = 'http://ec2.amazonaws.com/doc/2016-11-15/';
  return xml(
    200,
    `<${action}Response xmlns="${namespace}"><requestId>${randomUUID()}</requestId>${content}</${action}Response>`,
  );
}

export function xml(status: number, content: string): Answer {
  return textAnswer(status, 'text/xml;charset=UTF-8', `<?xml version="1.0" encoding="UTF-8"?>\n${content}`);
}
