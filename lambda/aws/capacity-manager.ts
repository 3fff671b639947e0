import {
  EC2Client,
  GetCapacityManagerMetricDataCommand,
  type GetCapacityManagerMetricDataRequest,
} from '@aws-sdk/client-ec2';
import { createAgents } from '../http/agents.ts';
import type { OwnFiguresQuery, OwnFiguresReading } from '../run/ports.ts';
import { COARSE, EndlessPages, noFigures, problemOf } from './capacity-manager-problems.ts';
import { HOURS, INTERRUPTIONS, lastDays } from './metric-points.ts';
import { Tally } from './metric-tally.ts';

const TIMEOUTS = { connectionTimeout: 2_000, requestTimeout: 8_000, throwOnRequestTimeout: true };

/** Data points per page, and the most pages of a query. 100,000 points are a hundred types in three zones for two weeks. */
const PAGE = 5_000;
const MOST_PAGES = 20;

/** The most types by which a query is filtered. With more, it is not filtered. */
const MOST_FILTERED = 100;

/**
 * Reads the account's own Spot hours and interruptions from EC2 Capacity Manager: by day, and for the types with
 * interruptions once more by hour and zone. Only whole days are asked for, so that the figures are complete, and the same
 * in every run of a day.
 *
 * @param deadline aborts it
 * @returns no figures, and why, if anything fails
 * @throws {SettingsError} if the environment sets an unusable proxy
 */
export async function readOwnFigures(
  { homeRegion, ...query }: OwnFiguresQuery,
  deadline: AbortSignal,
): Promise<OwnFiguresReading> {
  const { from, to } = lastDays(query.days, query.now);
  const { http: httpAgent, https: httpsAgent } = createAgents();
  const client = new EC2Client({
    maxAttempts: 3,
    requestHandler: { ...TIMEOUTS, httpAgent, httpsAgent },
    ...(homeRegion !== null && { region: homeRegion }),
  });
  const window = { StartTime: new Date(from), EndTime: new Date(to), MaxResults: PAGE };
  const tally = new Tally({ ...query, from, to });
  const warnings: string[] = [];
  try {
    tally.addTotals(await allPages(client, { ...window, ...byDay(query.regions) }, deadline));
    const { interruptedTypes } = tally;
    if (interruptedTypes.length > 0) {
      const byHour = { ...window, ...byHourAndZone(query.regions, interruptedTypes) };
      await allPages(client, byHour, deadline).then(
        (points) => tally.addDetails(points),
        () => warnings.push(COARSE),
      );
    }
    const reading = tally.reading(noFigures(await regionOf(client), query));
    return { ...reading, warnings: [...warnings, ...reading.warnings] };
  } catch (thrown) {
    return { figures: new Map(), days: [], from, to, warnings: [problemOf(thrown, await regionOf(client))] };
  } finally {
    client.destroy();
  }
}

type Query = Pick<GetCapacityManagerMetricDataRequest, 'MetricNames' | 'Period' | 'GroupBy' | 'FilterBy'>;

/** A line for each type, platform and day: few, however many machines there are. */
function byDay(regions: readonly string[]): Query {
  return {
    MetricNames: [HOURS, INTERRUPTIONS],
    Period: 86_400,
    GroupBy: ['instance-type', 'instance-platform', 'resource-region'],
    FilterBy: [isIn('resource-region', regions)],
  };
}

function byHourAndZone(regions: readonly string[], types: readonly string[]): Query {
  return {
    MetricNames: [INTERRUPTIONS],
    Period: 3_600,
    GroupBy: ['instance-type', 'instance-platform', 'resource-region', 'availability-zone-id'],
    FilterBy: [
      isIn('resource-region', regions),
      ...(types.length <= MOST_FILTERED ? [isIn('instance-type', types)] : []),
    ],
  };
}

function isIn(dimension: 'resource-region' | 'instance-type', values: readonly string[]) {
  return { DimensionCondition: { Dimension: dimension, Comparison: 'in' as const, Values: [...values] } };
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
    const answer = await client.send(page, { abortSignal });
    for (const point of answer.MetricDataResults ?? []) points.push(point);
    token = answer.NextToken;
    if (!token) return points;
    if (tokens.has(token) || tokens.size === MOST_PAGES - 1) throw new EndlessPages();
    tokens.add(token);
  }
}

/** @returns the region that was asked, for commands in warnings */
async function regionOf(client: EC2Client): Promise<string> {
  try {
    const region = await client.config.region();
    return /^[a-z0-9-]{1,32}$/.test(region) ? region : 'REGION';
  } catch {
    return 'REGION';
  }
}
