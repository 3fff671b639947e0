import { randomUUID } from 'node:crypto';
import {
  DAY,
  DIMENSIONS,
  HOUR,
  listedIn,
  METRICS,
  xml,
} from '../../../cli/demo/sandbox/aws/capacity-manager.ts';
import type { Answer } from '../../../cli/demo/sandbox/http/exchange.ts';

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

/**
 * @param form of a request to EC2
 * @returns the code and the reason with which AWS would refuse it; null if it would not
 */
export function refusalOf(form: URLSearchParams): readonly [code: string, reason: string] | null {
  const action = form.get('Action');
  if (action !== 'GetCapacityManagerAttributes' && action !== 'GetCapacityManagerMetricData')
    return ['InvalidAction', 'The sandbox knows no other action of EC2.'];
  const unknown = [...form.keys()].find((name) => !MEMBERS[action].test(name));
  if (unknown !== undefined) return ['UnknownParameter', `unknown parameter: ${unknown}`];
  const problem = action === 'GetCapacityManagerAttributes' ? null : problemWith(form);
  return problem === null ? null : ['InvalidParameterValue', problem];
}

function problemWith(form: URLSearchParams): string | null {
  const metrics = listedIn(form, 'MetricName');
  const [from, to] = [timeIn(form, 'StartTime'), timeIn(form, 'EndTime')];
  const period = Number(form.get('Period')) * 1000;
  const pageSize = Number(form.get('MaxResults') ?? 100_000);
  if (isTooMany('MetricName', metrics) || metrics.length === 0) return 'MetricNames must have 1 to 40 items.';
  if (!metrics.every((name) => Object.hasOwn(METRICS, name))) return 'unknown metric';
  if (!(from < to && to - from <= LONGEST)) return 'StartTime must be before EndTime, by at most 90 days.';
  if (!(period >= HOUR && period <= DAY) || (to - from) % period !== 0)
    return 'The time range must be a multiple of the period, which is 3600 to 86400.';
  if (!(Number.isInteger(pageSize) && pageSize >= 1 && pageSize <= 100_000))
    return 'MaxResults must be 1 to 100000.';
  const groupBy = listedIn(form, 'GroupBy');
  if (isTooMany('GroupBy', groupBy) || !groupBy.every(isDimension)) return 'unknown dimension, or too many';
  const filters = [...form.keys()].flatMap(
    (name) => /^FilterBy\.\d+\.DimensionCondition/.exec(name)?.[0] ?? [],
  );
  for (const filter of filters) {
    const values = listedIn(form, `${filter}.Value`);
    const comparison = form.get(`${filter}.Comparison`) ?? '';
    if (!isDimension(form.get(`${filter}.Dimension`) ?? '') || !['in', 'equals'].includes(comparison))
      return 'unknown filter';
    if (isTooMany('Value', values) || values.some(({ length }) => length > LONGEST_VALUE))
      return `A filter may have at most ${MAX_ITEMS.Value} values, of at most ${LONGEST_VALUE} characters.`;
  }
  return isTooMany('FilterBy', [...new Set(filters)])
    ? `There may be at most ${MAX_ITEMS.FilterBy} filters.`
    : null;
}

function isTooMany(list: keyof typeof MAX_ITEMS, items: readonly unknown[]): boolean {
  return items.length > MAX_ITEMS[list];
}

/** @returns milliseconds since 1970; NaN if it is not as the protocol writes times */
function timeIn(form: URLSearchParams, name: string): number {
  const text = form.get(name) ?? '';
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(text) ? Date.parse(text) : Number.NaN;
}

function isDimension(name: string): boolean {
  return Object.hasOwn(DIMENSIONS, name);
}

export function ec2Failure(status: number, code: string, message: string): Answer {
  return xml(
    status,
    `<Response><Errors><Error><Code>${code}</Code><Message>${message}</Message></Error></Errors><RequestID>${randomUUID()}</RequestID></Response>`,
  );
}
