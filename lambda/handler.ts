import { Logger } from '@aws-lambda-powertools/logger';
import type { Context } from 'aws-lambda';
import { fetchCredentials } from './aws/secret.ts';
import { connectCastAi } from './castai/client.ts';
import { type SpotBlacklistError, toSafeError } from './domain/errors.ts';
import type { QueueEvent } from './fleet/message.ts';
import type { PlannedRound } from './fleet/planner.ts';
import { isRecord } from './input/json.ts';
import { escapeInvisible } from './input/plain-text.ts';
import { isWorthAnEvent, type RunEvent, runEvent } from './report/event.ts';
import { fitIntoAnswer, logError, logLine } from './report/fit.ts';
import { emitFailedCluster, emitMetrics } from './report/metrics.ts';
import type { RunPart, RunResult } from './report/result.ts';
import type { RunOutcome } from './run/conclude.ts';
import { deadlineIn, LONGEST_RUN, readingDeadlineIn, wait } from './run/deadline.ts';
import type { RoundJob, RunPorts } from './run/ports.ts';
import { prepare, queueOf } from './run/prepare.ts';
import { runPrepared } from './run/run.ts';
import { loggedSettings, readableSettings, readSettings } from './settings/settings.ts';
import { fetchFeed } from './spot-advisor/feed.ts';

const logger = new Logger({
  serviceName: 'spot-blacklist',
  jsonReplacerFn: (_, value) => (typeof value === 'string' ? escapeInvisible(value) : value),
});

/** How long sending the event may take, in milliseconds: never more than half of what is left. */
const LONGEST_SENDING = 3_000;

/** With less time than this (milliseconds) nothing is sent: the run's own error must still reach Lambda. */
const SHORTEST_SENDING = 500;

/** How an invocation ended. If it failed early, there is no result. */
type Ending = (RunOutcome | { readonly result: null; readonly error: SpotBlacklistError }) & {
  readonly part: RunPart;
};

/** The outcome of a job. Lambda ignores it: SQS deletes the message whatever is returned. */
interface JobAnswer {
  readonly job: 'completed' | 'failed' | 'overtaken' | 'rejected';
}

/** What an invocation reports about itself. */
interface Invocation {
  readonly payload: unknown;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly millisecondsLeft: () => number;
}

/**
 * The Lambda function: one run, for one target; for a large fleet, the planner of a round, or one of its jobs.
 *
 * @param payload settings that override the environment's, EventBridge's scheduled event, nothing, or SQS's event
 * @returns the run's result, if the whole plan was carried out and confirmed
 * @throws {SpotBlacklistError} otherwise, after logging the run, so that Lambda counts the error and retries. A job
 *   throws nothing: the next round is its retry, and meanwhile it would hold up all others
 */
export async function handler(
  payload: unknown,
  context?: Context,
): Promise<RunResult | PlannedRound | JobAnswer> {
  if (context !== undefined) logger.addContext(context);
  // Some invocations have no Lambda context.
  const millisecondsLeft = () => context?.getRemainingTimeInMillis?.() ?? LONGEST_RUN;
  const invocation = { payload, startedAt: new Date().toISOString(), millisecondsLeft };
  try {
    if (isFromQueue(payload)) return await handleJob(payload, invocation);
    const ending = await perform(invocation);
    if ('status' in ending) {
      logger[ending.failed.length > 0 ? 'error' : 'info']('Round planned', {
        code: 'ROUND_PLANNED',
        ...ending,
      });
      return ending;
    }
    await report(ending, invocation);
    if (ending.result === null || ending.error !== null) throw ending.error;
    return fitIntoAnswer(ending.result);
  } catch (thrown) {
    throw toSafeError(thrown);
  }
}

async function perform({ payload, millisecondsLeft }: Invocation): Promise<Ending | PlannedRound> {
  const part = 'run';
  try {
    const settings = readSettings(process.env, payload);
    logger.info('Run started', { code: 'RUN_STARTED', settings: loggedSettings(settings) });
    const preparation = await prepare(settings, portsFor(millisecondsLeft()));
    const queue = queueOf(preparation);
    if (queue !== null) {
      const { planRound } = await import('./fleet/planner.ts');
      const { jobQueue } = await import('./fleet/queue.ts');
      return await planRound(preparation, queue, jobQueue);
    }
    return { part, ...(await runPrepared(preparation)) };
  } catch (thrown) {
    return { part, result: null, error: toSafeError(thrown) };
  }
}

/** Whether a payload comes from a queue, or looks like it. With anything beside its records, it is settings with a mistake. */
function isFromQueue(payload: unknown): payload is QueueEvent {
  if (!isRecord(payload) || Object.keys(payload).join() !== 'Records') return false;
  const { Records: records } = payload;
  return (
    Array.isArray(records) &&
    records.some((record) => isRecord(record) && record['eventSource'] === 'aws:sqs')
  );
}

/** One job of a round. What fails here is logged, and done. */
async function handleJob(event: QueueEvent, { millisecondsLeft }: Invocation): Promise<JobAnswer> {
  let job: RoundJob | null = null;
  let ending: Ending;
  // What only a large fleet needs must not slow down the start of all others.
  const { readJob } = await import('./fleet/message.ts');
  const { carryOutJob, isOvertaken } = await import('./fleet/job.ts');
  try {
    const settings = readSettings(process.env, {});
    job = readJob(event, settings.targetName, Date.now());
    if (isOvertaken(job, settings, Date.now())) {
      logger.warn('Job overtaken', { code: 'JOB_OVERTAKEN', job });
      return { job: 'overtaken' };
    }
    logger.info('Job started', { code: 'JOB_STARTED', job, settings: loggedSettings(settings) });
    const outcome = await carryOutJob(job, settings, portsFor(millisecondsLeft(), partOf(job)));
    ending = { part: partOf(job), ...outcome };
  } catch (thrown) {
    const error = toSafeError(thrown);
    if (job === null) {
      logger.error('Job rejected', { code: 'JOB_REJECTED', error: logError(error) });
      return { job: 'rejected' };
    }
    ending = { part: partOf(job), result: null, error };
  }
  await report(ending, { payload: {}, startedAt: job.round, millisecondsLeft }, job);
  return { job: ending.error === null ? 'completed' : 'failed' };
}

function partOf({ clusterId }: RoundJob): RunPart {
  return clusterId === null ? 'summary' : 'cluster';
}

/** @param milliseconds the remaining time */
function portsFor(milliseconds: number, part: RunPart = 'run'): RunPorts {
  const deadline = part === 'summary' ? readingDeadlineIn(milliseconds) : deadlineIn(milliseconds);
  const adapters = { fetchCredentials, fetchFeed, readOwnFigures, connectCastAi };
  return { ...adapters, now: Date.now, wait, deadline };
}

/** Loads the client only now: it is as large as everything that other runs load. */
const readOwnFigures: RunPorts['readOwnFigures'] = async (query, signal) => {
  const { readOwnFigures: read } = await import('./aws/capacity-manager.ts');
  return read(query, signal);
};

/** Logs how a run, or its part, has ended; emits its metrics, and sends its event. */
async function report(ending: Ending, invocation: Invocation, job?: RoundJob): Promise<void> {
  const { part, result, error } = ending;
  measure(ending, invocation);
  const line = { ...(result === null ? {} : logLine(result)), ...(job && { job }) };
  const [what, code] = part === 'cluster' ? ['Cluster', 'CLUSTER'] : ['Run', 'RUN'];
  if (error === null) logger.info(`${what} completed`, { code: `${code}_COMPLETED`, ...line });
  else logger.error(`${what} failed`, { code: `${code}_FAILED`, ...line, error: logError(error) });
  // After the log, so that whatever happens here the run is on record.
  const milliseconds = Math.min(LONGEST_SENDING, Math.floor(invocation.millisecondsLeft() / 2));
  await announce(ending, invocation, milliseconds);
}

/** A failure to emit metrics must not change the run's outcome. */
function measure({ part, result }: Ending, { payload }: Invocation): void {
  try {
    if (result !== null) emitMetrics(result, Date.now(), part);
    if (result !== null || part !== 'cluster') return;
    const { targetName } = readableSettings(process.env, payload);
    if (targetName) emitFailedCluster(targetName);
  } catch (thrown) {
    logger.warn('Metrics not written', { code: 'METRICS_NOT_WRITTEN', error: logError(toSafeError(thrown)) });
  }
}

/**
 * Sends the event of a run, or of its part, if there is a bus for it. A lost event does not change the outcome, and a dry
 * run changes nothing worth an event.
 *
 * @param milliseconds the time it may take
 */
async function announce(
  ending: Ending,
  { payload, startedAt }: Invocation,
  milliseconds: number,
): Promise<void> {
  try {
    const known = readableSettings(process.env, payload);
    if (!known.eventBus || known.dryRun || !isWorthAnEvent(ending)) return;
    const { targetName: name = null, region = null, os = null, operation = null } = known;
    const event = runEvent(ending, { operation, startedAt, target: { name, region, os } }, ending.part);
    const problem =
      milliseconds < SHORTEST_SENDING
        ? 'There was no time left for it.'
        : await send(known.eventBus, event, milliseconds);
    if (problem !== null) logger.warn('Event not sent', { code: 'EVENT_NOT_SENT', problem });
  } catch (thrown) {
    logger.warn('Event not sent', { code: 'EVENT_NOT_SENT', error: logError(toSafeError(thrown)) });
  }
}

/** Loads the sender only now, so that it does not slow down the start of a run. */
async function send(bus: string, event: RunEvent, milliseconds: number): Promise<string | null> {
  const { sendEvent } = await import('./aws/event-bus.ts');
  return sendEvent(bus, event, AbortSignal.timeout(milliseconds));
}
