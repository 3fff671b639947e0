import { Logger } from '@aws-lambda-powertools/logger';
import type { Context } from 'aws-lambda';
import { fetchCredentials } from './aws/secret.ts';
import { connectCastAi } from './castai/client.ts';
import { toSafeError } from './domain/errors.ts';
import { escapeInvisible } from './input/plain-text.ts';
import { fitIntoAnswer, logError, logLine } from './report/fit.ts';
import { emitMetrics } from './report/metrics.ts';
import type { RunResult } from './report/result.ts';
import type { RunOutcome } from './run/conclude.ts';
import { deadlineIn, LONGEST_RUN, wait } from './run/deadline.ts';
import { run } from './run/run.ts';
import { loggedSettings, readSettings } from './settings/settings.ts';
import { fetchFeed } from './spot-advisor/feed.ts';

const logger = new Logger({
  serviceName: 'spot-blacklist',
  jsonReplacerFn: (_, value) => (typeof value === 'string' ? escapeInvisible(value) : value),
});

/**
 * The Lambda function: one run, for one target.
 *
 * @param payload settings that override the environment's, EventBridge's scheduled event, or nothing
 * @returns the run's result, if everything planned is done and confirmed
 * @throws {SpotBlacklistError} otherwise, after the run has been logged, so that Lambda counts and repeats it
 */
export async function handler(payload: unknown, context?: Context): Promise<RunResult> {
  if (context !== undefined) logger.addContext(context);
  try {
    return report(await start(payload, context));
  } catch (thrown) {
    throw toSafeError(thrown);
  }
}

/** @throws {SpotBlacklistError} the error that the run ended with, after it was logged */
function report({ result, error }: RunOutcome): RunResult {
  measure(result);
  if (error !== null) {
    logger.error('Run failed', { code: 'RUN_FAILED', ...logLine(result), error: logError(error) });
    throw error;
  }
  logger.info('Run completed', { code: 'RUN_COMPLETED', ...logLine(result) });
  return fitIntoAnswer(result);
}

/** A run that cannot be measured is still what it was. */
function measure(result: RunResult): void {
  try {
    emitMetrics(result, Date.now());
  } catch (thrown) {
    logger.warn('Metrics not written', { code: 'METRICS_NOT_WRITTEN', error: logError(toSafeError(thrown)) });
  }
}

async function start(payload: unknown, context: Context | undefined): Promise<RunOutcome> {
  try {
    const settings = readSettings(process.env, payload);
    logger.info('Run started', { code: 'RUN_STARTED', settings: loggedSettings(settings) });
    return await run(settings, {
      fetchCredentials,
      fetchFeed,
      connectCastAi,
      now: Date.now,
      wait,
      // There are invocations without a Lambda context.
      deadline: deadlineIn(context?.getRemainingTimeInMillis?.() ?? LONGEST_RUN),
    });
  } catch (thrown) {
    const error = toSafeError(thrown);
    logger.error('Run failed', { code: 'RUN_FAILED', error: logError(error) });
    throw error;
  }
}
