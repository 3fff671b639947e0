import { Logger } from '@aws-lambda-powertools/logger';
import type { Context } from 'aws-lambda';
import { fetchCredentials } from './aws/secret.ts';
import { connectCastAi } from './castai/client.ts';
import { type SpotBlacklistError, toSafeError } from './domain/errors.ts';
import { escapeInvisible } from './input/plain-text.ts';
import { isWorthAnEvent, type RunEvent, runEvent } from './report/event.ts';
import { logError, logLine } from './report/fit.ts';
import { emitFailedCluster, emitMetrics } from './report/metrics.ts';
import type { RunPart } from './report/result.ts';
import type { RunOutcome } from './run/conclude.ts';
import { type Deadline, LONGEST_RUN, wait } from './run/deadline.ts';
import type { RunPorts } from './run/ports.ts';
import { readableSettings } from './settings/settings.ts';
import { fetchFeed } from './spot-advisor/feed.ts';

/*
 * What the entry points share: what a run gets from Lambda, and how its outcome is reported.
 */

export const logger = new Logger({
  serviceName: 'spot-blacklist',
  jsonReplacerFn: (_, value) => (typeof value === 'string' ? escapeInvisible(value) : value),
});

/** How long sending the event may take, in milliseconds: never more than half of the remaining time. */
const LONGEST_SENDING = 3_000;

/** With less time than this (milliseconds) nothing is sent: the run's own error must still reach Lambda. */
const SHORTEST_SENDING = 500;

/** What an invocation reports about itself. */
export interface Invocation {
  readonly payload: unknown;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly millisecondsLeft: () => number;
}

/** How a run ended. If it failed early, there is no result. */
export type Ending = RunOutcome | { readonly result: null; readonly error: SpotBlacklistError };

/** @param context missing if the caller is not Lambda */
export function begin(payload: unknown, context: Context | undefined): Invocation {
  if (context !== undefined) logger.addContext(context);
  const millisecondsLeft = () => context?.getRemainingTimeInMillis?.() ?? LONGEST_RUN;
  return { payload, startedAt: new Date().toISOString(), millisecondsLeft };
}

/** @returns everything that a run needs from outside */
export function portsFor(deadline: Deadline): RunPorts {
  return { fetchCredentials, fetchFeed, readOwnFigures, connectCastAi, now: Date.now, wait, deadline };
}

/** Loads the client only now: it is as large as everything that other runs load. */
const readOwnFigures: RunPorts['readOwnFigures'] = async (query, signal) => {
  const { readOwnFigures: read } = await import('./aws/capacity-manager.ts');
  return read(query, signal);
};

/**
 * Logs the outcome of a run, or of its part, emits its metrics, and sends its event.
 *
 * @param more further fields of the log line
 */
export async function report(
  ending: Ending,
  part: RunPart,
  invocation: Invocation,
  more: object = {},
): Promise<void> {
  const { result, error } = ending;
  measure(ending, part, invocation);
  const line = { ...(result === null ? {} : logLine(result)), ...more };
  const [what, code] = part === 'cluster' ? ['Cluster', 'CLUSTER'] : ['Run', 'RUN'];
  if (error === null) logger.info(`${what} completed`, { code: `${code}_COMPLETED`, ...line });
  else logger.error(`${what} failed`, { code: `${code}_FAILED`, ...line, error: logError(error) });
  // After the log, so that the run is on record whatever happens here.
  const milliseconds = Math.min(LONGEST_SENDING, Math.floor(invocation.millisecondsLeft() / 2));
  await announce(ending, part, invocation, milliseconds);
}

/** A failure to emit metrics must not change the run's outcome. */
function measure({ result }: Ending, part: RunPart, { payload }: Invocation): void {
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
  part: RunPart,
  { payload, startedAt }: Invocation,
  milliseconds: number,
): Promise<void> {
  try {
    const known = readableSettings(process.env, payload);
    if (!known.eventBus || known.dryRun || !isWorthAnEvent({ ...ending, part })) return;
    const { targetName: name = null, region = null, os = null, operation = null } = known;
    const event = runEvent(ending, { operation, startedAt, target: { name, region, os } }, part);
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
