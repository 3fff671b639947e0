// A fleet over some days with fan-out: the real planner and the real jobs, on a virtual clock.
import { carryOutJob, isOvertaken } from '../../../lambda/fleet/job.ts';
import type { RoundJob } from '../../../lambda/fleet/message.ts';
import { planRound } from '../../../lambda/fleet/planner.ts';
import type { JobQueue } from '../../../lambda/fleet/queue.ts';
import type { RunPorts } from '../../../lambda/run/ports.ts';
import { prepare } from '../../../lambda/run/prepare.ts';
import { HOUR } from '../../support/plan.ts';
import {
  type FleetReport,
  type FleetScenario,
  reportOf,
  type ScheduledRun,
  START,
  startFleet,
} from './fleet.ts';

/** Milliseconds that SQS and Lambda take from one job to the next. */
const HANDOVER = 100;

/** How long a job that has crashed holds up all others, in milliseconds, and how often that happens to it. */
const VISIBILITY_TIMEOUT = 16 * 60_000;
const ATTEMPTS = 2;

export interface FanOutScenario extends FleetScenario {
  /** Whether a job's process dies as soon as it starts, each time. */
  readonly crashes?: (job: RoundJob) => boolean;
}

export interface FanOutReport extends FleetReport {
  /** Reads of CAST AI for each cluster and round, by their kind. */
  readonly reads: Readonly<Record<string, number>>;
  /** Jobs that came too late to be done. */
  readonly overtaken: number;
  /** Lambda's time in an hour of the last day, in seconds: planners, jobs and summaries. */
  readonly secondsPerHour: number;
}

/** Plays a fleet through some days, each run a planner, and the jobs one after the other, as a message group has them. */
export async function simulateFanOut(scenario: FanOutScenario): Promise<FanOutReport> {
  const { clusters, days, interval = 1, latency = 100, onRun, crashes } = scenario;
  const { settings, types, clock, castai, portsFor } = startFleet(scenario);
  const end = START + days * 24 * HOUR;
  const rounds = new Map<string, { -readonly [K in keyof ScheduledRun]: ScheduledRun[K] }>();
  const waiting: RoundJob[] = [];
  let arrived = Promise.withResolvers<void>();
  let isOver = false;
  let overtaken = 0;
  let milliseconds = 0;
  const queue: JobQueue = {
    async enqueue(_, jobs) {
      await clock.wait(latency * Math.ceil(jobs.length / 10));
      waiting.push(...jobs);
      arrived.resolve();
      return { left: [], error: null };
    },
  };
  const ports = (): RunPorts => {
    const { fetchCredentials, fetchFeed, ...others } = portsFor();
    // Here every job asks for both, one after the other.
    return {
      ...others,
      fetchCredentials: (...of) => clock.wait(latency).then(() => fetchCredentials(...of)),
      fetchFeed: (...of) => clock.wait(latency).then(() => fetchFeed(...of)),
    };
  };
  const timed = async <T>(work: () => Promise<T>): Promise<T> => {
    const before = clock.now();
    const done = await work();
    if (before >= end - 24 * HOUR) milliseconds += clock.now() - before;
    return done;
  };
  const plan = async (hour: number) => {
    const preparation = await prepare(settings, ports());
    const isFilled = castai.isFilled;
    const run = { hour, isFilled, errors: 0, writes: 0, postponed: 0 };
    rounds.set(preparation.startedAt, run);
    await planRound(preparation, 'https://sqs.us-east-1.amazonaws.com/1/jobs.fifo', queue);
  };
  const planAll = async () => {
    for (let hour = 0; hour < days * 24; hour += interval) {
      await clock.wait(START + hour * HOUR - clock.now());
      await timed(() => plan(hour));
    }
    await clock.wait(end - clock.now());
    isOver = true;
    arrived.resolve();
  };
  const carryOut = async (job: RoundJob) => {
    const run = rounds.get(job.round);
    if (run === undefined) throw new Error('There is no such round.');
    if (isOvertaken(job, settings, clock.now())) {
      overtaken += 1;
      return;
    }
    if (crashes?.(job)) return clock.wait(ATTEMPTS * VISIBILITY_TIMEOUT);
    const { result, error } = await timed(() => carryOutJob(job, settings, ports()));
    onRun?.({ result, error });
    run.errors += Number(error !== null);
    if (job.clusterId === null)
      run.postponed = result.clusters.reduce((sum, { outcome }) => sum + outcome.postponed, 0);
  };
  const poll = async () => {
    while (!isOver) {
      const job = waiting.shift();
      if (job === undefined) {
        arrived = Promise.withResolvers();
        await arrived.promise;
        continue;
      }
      await clock.wait(HANDOVER);
      const before = castai.writes;
      await carryOut(job);
      const hour = Math.floor((clock.now() - START) / HOUR / interval) * interval;
      const during = [...rounds.values()].find((round) => round.hour === hour);
      if (during !== undefined) during.writes += castai.writes - before;
    }
  };
  await clock.play(Promise.all([planAll(), poll()]));
  const perRound = clusters * rounds.size;
  return {
    ...reportOf(castai, types, [...rounds.values()]),
    reads: Object.fromEntries([...castai.readCounts].map(([kind, count]) => [kind, count / perRound])),
    overtaken,
    secondsPerHour: milliseconds / 1000 / Math.min(24, days * 24),
  };
}
