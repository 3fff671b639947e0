import { join } from 'node:path';
import { MEMORY_SIZE } from '../../infra/construct/run-function.ts';
import type { FanOutReport } from '../resilience/simulation/fan-out.ts';
import { type FleetReport, runsBetween } from '../resilience/simulation/fleet.ts';
import { messageFrom } from '../support/child-process.ts';
import type { BenchScenario } from './fleet-child.ts';
import { lambdaFlags } from './measured-process.ts';
import { type Measurement, rounded } from './measurement.ts';

const CHILD = join(import.meta.dirname, 'fleet-child.ts');

const FLEETS = [1, 4, 20, 40, 100, 300];
const DAYS = 3;

/** What a fleet is at the default pace: the real run over three days of a virtual clock, with Lambda's two retries. */
export async function measureFleet(): Promise<Measurement> {
  const rows: Measurement['rows'][number][] = [];
  for (const clusters of FLEETS)
    for (const isFannedOut of [false, true]) rows.push(await rowOf(clusters, isFannedOut));
  return {
    title: `Fleets over ${DAYS} days: 449 types for 12 h, hourly, 10 requests per 5 s, answers within 100 ms`,
    aim: 'After the first fill nothing uncovered up to 100 clusters, and no error up to 20, or 80 with fan-out; from the third day on no run writes more than 1.5 times the mean',
    rows,
  };
}

async function rowOf(clusters: number, isFannedOut: boolean): Promise<Measurement['rows'][number]> {
  const scenario: BenchScenario = { clusters, days: DAYS, isFannedOut };
  const { report, peakMemory } = await messageFrom<{
    report: FleetReport & Partial<FanOutReport>;
    peakMemory: number;
  }>(CHILD, [JSON.stringify(scenario)], { environment: {}, flags: lambdaFlags(MEMORY_SIZE) });
  const { firstFill, uncovered, uncoveredLater, runs } = report;
  const failed = runs.filter(({ errors }) => errors > 0);
  const third = runsBetween(report, 48, 72).map(({ writes }) => writes);
  const aDay = third.reduce((sum, writes) => sum + writes, 0);
  return {
    clusters,
    'fan-out': isFannedOut ? 'yes' : 'no',
    'first fill h': firstFill === null ? 'never' : rounded(firstFill, 1),
    'uncovered %, mean': rounded(uncovered.mean * 100),
    worst: rounded(uncovered.worst * 100),
    'after first entry %, mean': rounded(uncoveredLater.mean * 100),
    'worst ': rounded(uncoveredLater.worst * 100),
    errors: runs.reduce((sum, { errors }) => sum + errors, 0),
    'hours with an error': failed.length,
    'of them filled': failed.filter(({ isFilled }) => isFilled).length,
    'third day: writes': aDay,
    'largest run / mean': rounded(Math.max(...third) / (aDay / third.length)),
    postponed: runs.reduce((sum, run) => sum + run.postponed, 0),
    ...fanOutColumns(report),
    'peak MB': rounded(peakMemory / 2 ** 20, 0),
  };
}

function fanOutColumns({
  overtaken,
  secondsPerHour,
  reads,
}: Partial<FanOutReport>): Measurement['rows'][number] {
  if (overtaken === undefined || secondsPerHour === undefined || reads === undefined)
    return { overtaken: '', 'Lambda s an hour': '', 'reads a round': '' };
  const sum = Object.values(reads).reduce((total, count) => total + count, 0);
  return { overtaken, 'Lambda s an hour': rounded(secondsPerHour, 0), 'reads a round': rounded(sum, 1) };
}
