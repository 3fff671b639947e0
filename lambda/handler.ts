import { Logger } from '@aws-lambda-powertools/logger';
import type { Context } from 'aws-lambda';
import { fetchCredentials } from './aws/secret.ts';
import { connectCastAi } from './castai/client.ts';
import { type SpotBlacklistError, toSafeError } from './domain/errors.ts';
import { escapeInvisible } from './input/plain-text.ts';
import { type RunEvent, runEvent } from './report/event.ts';
import { fitIntoAnswer, logError, logLine } from './report/fit.ts';
import { emitMetrics } from './report/metrics.ts';
import type { RunResult } from './report/result.ts';
import type { RunOutcome } from './run/conclude.ts';
import { deadlineIn, LONGEST_RUN, wait } from './run/deadline.ts';
import { run } from './run/run.ts';
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
type Ending = RunOutcome | { readonly result: null; readonly error: SpotBlacklistError };

/**
 * The Lambda function: one run, for one target.
 *
 * @param payload settings that override the environment's, EventBridge's scheduled event, or nothing
 * @returns the run's result, if the whole plan was carried out and confirmed
 * @throws {SpotBlacklistError} otherwise, after logging the run, so that Lambda counts the error and retries
 */
export async function handler(payload: unknown, context?: Context): Promise<RunResult> {
  if (context !== undefined) logger.addContext(context);
  const startedAt = new Date().toISOString();
  // Some invocations have no Lambda context.
  const millisecondsLeft = () => context?.getRemainingTimeInMillis?.() ?? LONGEST_RUN;
  try {
    const ending = await perform(payload, millisecondsLeft());
    report(ending);
    // After the log, so that whatever happens here the run is on record.
    await announce(ending, payload, startedAt, Math.min(LONGEST_SENDING, Math.floor(millisecondsLeft() / 2)));
    if (ending.result === null || ending.error !== null) throw ending.error;
    return fitIntoAnswer(ending.result);
  } catch (thrown) {
    throw toSafeError(thrown);
  }
}

/** @param milliseconds the remaining time */
async function perform(payload: unknown, milliseconds: number): Promise<Ending> {
  try {
    const settings = readSettings(process.env, payload);
    logger.info('Run started', { code: 'RUN_STARTED', settings: loggedSettings(settings) });
    const deadline = deadlineIn(milliseconds);
    return await run(settings, { fetchCredentials, fetchFeed, connectCastAi, now: Date.now, wait, deadline });
  } catch (thrown) {
    return { result: null, error: toSafeError(thrown) };
  }
}

/** Logs the run, and its metrics. */
function report({ result, error }: Ending): void {
  if (result !== null) measure(result);
  const line = result === null ? {} : logLine(result);
  if (error === null) logger.info('Run completed', { code: 'RUN_COMPLETED', ...line });
  else logger.error('Run failed', { code: 'RUN_FAILED', ...line, error: logError(error) });
}

/** A failure to emit metrics must not change the run's outcome. */
function measure(result: RunResult): void {
  try {
    emitMetrics(result, Date.now());
  } catch (thrown) {
    logger.warn('Metrics not written', { code: 'METRICS_NOT_WRITTEN', error: logError(toSafeError(thrown)) });
  }
}

/**
 * Sends the run's event, if there is a bus for it. A lost event does not change the run's outcome, and a dry run changes
 * nothing worth an event.
 *
 * @param milliseconds the time it may take
 */
async function announce(
  ending: Ending,
  payload: unknown,
  startedAt: string,
  milliseconds: number,
): Promise<void> {
  try {
    const known = readableSettings(process.env, payload);
    if (!known.eventBus || known.dryRun) return;
    const { targetName: name = null, region = null, os = null, operation = null } = known;
    const event = runEvent(ending, { operation, startedAt, target: { name, region, os } });
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
