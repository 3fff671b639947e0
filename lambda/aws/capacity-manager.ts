import {
  EC2Client,
  GetCapacityManagerAttributesCommand,
  type GetCapacityManagerAttributesResult,
  GetCapacityManagerMetricDataCommand,
  type GetCapacityManagerMetricDataRequest,
} from '@aws-sdk/client-ec2';
import { DAY, HOUR, SECOND } from '../domain/words.ts';
import type { OwnFiguresQuery, OwnFiguresReading } from '../run/ports.ts';
import {
  coarse,
  EndlessPages,
  noFiguresIn,
  problemOf,
  statusProblem,
  unbounded,
  unread,
} from './capacity-manager-problems.ts';
import { clientOptions } from './client.ts';
import { isPassing } from './errors.ts';
import { type Days, HOURS, INTERRUPTIONS, lastDays, Tally } from './metric-tally.ts';
import { listener, signIn } from './sign-in.ts';

const LIMITS = { attempts: 3, connection: 2_000, response: 8_000 };

/** The time limit for reading EC2 Capacity Manager's status, in milliseconds: the figures count without it, too. */
const LONGEST_STATUS = 3_000;

/** Data points per page, and the most pages of a query. 100,000 points are a hundred types in three zones for two weeks. */
const PAGE = 5_000;
const MAX_PAGES = 20;

/** AWS refuses a filter with more values. */
const MAX_VALUES = 10;

/**
 * Reads the account's own Spot hours and interruptions from EC2 Capacity Manager: by day, and for the types with
 * interruptions once more by hour and zone, ten types at a time, the most interrupted first. Only whole days with all
 * figures count, so that they are the same in every run of a day.
 *
 * @param deadline aborts it
 * @returns no figures, and why, if any required request fails
 * @throws {SettingsError} if the environment sets an unusable proxy
 */
export async function readOwnFigures(
  { homeRegion, days, now, until, ...query }: OwnFiguresQuery,
  deadline: AbortSignal,
): Promise<OwnFiguresReading> {
  const asked = lastDays(days, now);
  const log: string[] = [];
  const client = new EC2Client({
    ...clientOptions(LIMITS),
    logger: listener(log),
    ...(homeRegion !== null && { region: homeRegion }),
  });
  const region = await regionOf(client);
  const without = (problem: string, thrown?: unknown) => ({
    ...{ figures: new Map(), days: [], ...asked, warnings: [problem] },
    isPassing: isPassing(thrown),
  });
  try {
    const identity = await signIn(client, log, 'terminal');
    if (identity !== null) return without(unread(identity));
    const [status, totals] = await Promise.allSettled([
      readStatus(client, deadline),
      allPages(client, { ...byDay(query.regions), ...windowOf(asked) }, deadline),
    ]);
    const said = status.status === 'fulfilled' ? status.value : {};
    const problem = statusProblem(said, region);
    if (problem !== null) return without(problem);
    if (totals.status === 'rejected') return without(problemOf(totals.reason, region), totals.reason);
    const complete = completeDays({ from: asked.from, to: Math.min(asked.to, until ?? asked.to) }, said);
    const tally = new Tally({ ...query, ...complete });
    tally.addTotals(totals.value);
    const missed = await addDetails(tally, (types) =>
      allPages(client, { ...byHourAndZone(query.regions, types), ...windowOf(complete) }, deadline),
    );
    const { warnings, ...reading } = tally.reading(noFiguresIn(region, { ...query, ...asked }));
    return {
      ...reading,
      isPassing: [status.status === 'rejected' && status.reason, missed.why].some(isPassing),
      warnings: [
        ...(status.status === 'rejected' ? [unbounded(status.reason, region)] : []),
        ...(missed.types.length > 0 ? [coarse(missed.types, missed.why, region)] : []),
        ...warnings,
      ],
    };
  } catch (thrown) {
    return without(problemOf(thrown, region), thrown);
  } finally {
    client.destroy();
  }
}

function readStatus(client: EC2Client, deadline: AbortSignal): Promise<GetCapacityManagerAttributesResult> {
  const abortSignal = AbortSignal.any([deadline, AbortSignal.timeout(LONGEST_STATUS)]);
  return client.send(new GetCapacityManagerAttributesCommand(), { abortSignal });
}

/** @returns the days that have all figures: a data point has the time at which its hour begins */
function completeDays(
  { from, to }: Days,
  { EarliestDatapointTimestamp: first, LatestDatapointTimestamp: last }: GetCapacityManagerAttributesResult,
): Days {
  return {
    from: Math.max(from, Math.ceil((first?.getTime() ?? from) / DAY) * DAY),
    to: Math.min(to, Math.floor(((last?.getTime() ?? to) + HOUR) / DAY) * DAY),
  };
}

/**
 * @param read reads the interruptions of some types by hour and zone
 * @returns the types for which that failed, and the first reason
 */
async function addDetails(
  tally: Tally,
  read: (types: readonly string[]) => Promise<unknown[]>,
): Promise<{ readonly types: readonly string[]; readonly why: unknown }> {
  const left = [...tally.interruptedTypes];
  const types: string[] = [];
  let why: unknown;
  while (left.length > 0) {
    const some = left.splice(0, MAX_VALUES);
    try {
      tally.addDetails(await read(some));
    } catch (thrown) {
      types.push(...some);
      why ??= thrown;
    }
  }
  return { types, why };
}

type Query = Pick<GetCapacityManagerMetricDataRequest, 'MetricNames' | 'Period' | 'GroupBy' | 'FilterBy'>;

/** One data point per type, platform and day: few, however many machines there are. */
function byDay(regions: readonly string[]): Query {
  return {
    MetricNames: [HOURS, INTERRUPTIONS],
    Period: DAY / SECOND,
    GroupBy: ['instance-type', 'instance-platform', 'resource-region'],
    FilterBy: among('resource-region', regions),
  };
}

function byHourAndZone(regions: readonly string[], types: readonly string[]): Query {
  return {
    MetricNames: [INTERRUPTIONS],
    Period: HOUR / SECOND,
    GroupBy: ['instance-type', 'instance-platform', 'resource-region', 'availability-zone-id'],
    FilterBy: [...among('resource-region', regions), ...among('instance-type', types)],
  };
}

/** No filter if it would have too many values: other data points do not count anyway. */
function among(dimension: 'resource-region' | 'instance-type', values: readonly string[]) {
  if (values.length > MAX_VALUES) return [];
  return [{ DimensionCondition: { Dimension: dimension, Comparison: 'in' as const, Values: [...values] } }];
}

function windowOf({ from, to }: Days) {
  return { StartTime: new Date(from), EndTime: new Date(to), MaxResults: PAGE };
}

/** @throws {EndlessPages} if there are more pages than a run reads, or the same ones again */
async function allPages(
  client: EC2Client,
  request: Omit<GetCapacityManagerMetricDataRequest, 'NextToken'>,
  abortSignal: AbortSignal,
): Promise<unknown[]> {
  const points: unknown[] = [];
  const tokens = new Set<string>();
  for (let token: string | undefined; ; ) {
    const page = new GetCapacityManagerMetricDataCommand({ ...request, ...(token && { NextToken: token }) });
    const response = await client.send(page, { abortSignal });
    for (const point of response.MetricDataResults ?? []) points.push(point);
    token = response.NextToken;
    if (!token) return points;
    if (tokens.has(token) || tokens.size === MAX_PAGES - 1) throw new EndlessPages();
    tokens.add(token);
  }
}

/** @returns the region that was queried, for commands in warnings */
async function regionOf(client: EC2Client): Promise<string> {
  try {
    const region = await client.config.region();
    return /^[a-z0-9-]{1,32}$/.test(region) ? region : '<region>';
  } catch {
    return '<region>';
  }
}
