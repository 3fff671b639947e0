import type { Context } from 'aws-lambda';
import { SettingsError, toSafeError } from './domain/errors.ts';
import { isRecord } from './input/json.ts';
import { begin, type Ending, type Invocation, logger, portsFor, report } from './invocation.ts';
import { fitIntoResponse } from './report/fit.ts';
import { deadlineIn } from './run/deadline.ts';
import type { RunPorts } from './run/ports.ts';
import { run } from './run/run.ts';
import { loggedSettings, readSettings, type Settings } from './settings/settings.ts';

/** The immediate result of a run that leaves its work to fan-out jobs. */
interface FanOutResult {
  readonly status: 'planned';
}

/**
 * The Lambda function: one run, for one target.
 *
 * @param payload settings that override the environment's, EventBridge's scheduled event, or nothing
 * @returns the run's result, if the whole plan was carried out and confirmed; the planned round, if fan-out jobs carry it
 *   out
 * @throws {SpotBlacklistError} otherwise, after logging the run, so that Lambda counts the error and retries
 */
export async function handler(payload: unknown, context?: Context): Promise<object> {
  const invocation = begin(payload, context);
  try {
    const ending = await perform(invocation);
    if ('status' in ending) return ending;
    await report(ending, 'run', invocation);
    if (ending.result === null || ending.error !== null) throw ending.error;
    return fitIntoResponse(ending.result);
  } catch (thrown) {
    throw toSafeError(thrown);
  }
}

async function perform({ payload, millisecondsLeft }: Invocation): Promise<Ending | FanOutResult> {
  try {
    refuseQueue(payload);
    const settings = readSettings(process.env, payload);
    logger.info('Run started', { code: 'RUN_STARTED', settings: loggedSettings(settings) });
    return await runOrFanOut(settings, portsFor(deadlineIn(millisecondsLeft())));
  } catch (thrown) {
    return { result: null, error: toSafeError(thrown) };
  }
}

async function runOrFanOut(settings: Settings, ports: RunPorts): Promise<Ending | FanOutResult> {
  const { fanOutQueueUrl, dryRun } = settings;
  if (fanOutQueueUrl === null || dryRun) return run(settings, ports);
  // Code that only large fleets need must not slow down the start of other runs.
  const { fanOut } = await import('./fleet/fan-out.ts');
  return fanOut(settings, fanOutQueueUrl, ports);
}

/** @throws {SettingsError} if a queue invokes this function, which would otherwise start a run for each message */
function refuseQueue(payload: unknown): void {
  const records = isRecord(payload) ? payload['Records'] : undefined;
  if (!Array.isArray(records)) return;
  if (records.some((record) => isRecord(record) && record['eventSource'] === 'aws:sqs'))
    throw new SettingsError(
      'The payload is an event of an SQS queue, which this function does not take, so nothing was done. Let the event source mapping invoke the function whose handler is fleet.handler.',
    );
}
