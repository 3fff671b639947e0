import type { Context } from 'aws-lambda';
import { toSafeError } from '../domain/errors.ts';
import { begin, type Ending, logger, portsFor, report } from '../invocation.ts';
import { logError } from '../report/fit.ts';
import { deadlineIn, readingDeadlineIn } from '../run/deadline.ts';
import { loggedSettings, readSettings } from '../settings/settings.ts';
import { JobError } from './errors.ts';
import { carryOutJob, isOvertaken } from './job.ts';
import { isQueueEvent, type RoundJob, readJob } from './message.ts';

/** The outcome of a job. Lambda ignores it: the message is deleted whatever is returned. */
interface JobAnswer {
  readonly job: 'completed' | 'failed' | 'overtaken' | 'rejected';
}

/**
 * The Lambda function of a fleet's jobs: one job of a round.
 *
 * @param payload SQS's event with one message
 * @returns the outcome of the job. A failure is logged, not thrown: the next round is its retry, and an immediate one would
 *   hold up all other jobs
 * @throws {JobError} if the payload is not from a queue, so that the caller sees the error; nothing was done
 */
export async function handler(payload: unknown, context?: Context): Promise<JobAnswer> {
  const invocation = begin(payload, context);
  if (!isQueueEvent(payload)) {
    const error = new JobError(
      'JOB_UNREADABLE',
      'The payload is not an event of the fan-out queue, so nothing was done. For a run, invoke the function of the target.',
    );
    logger.error('Job rejected', { code: 'JOB_REJECTED', error: logError(error) });
    throw error;
  }
  let job: RoundJob | null = null;
  let ending: Ending;
  try {
    const settings = readSettings(process.env, {});
    job = readJob(payload, settings.targetName, Date.now());
    if (isOvertaken(job, settings, Date.now())) {
      logger.warn('Job overtaken', { code: 'JOB_OVERTAKEN', job });
      return { job: 'overtaken' };
    }
    logger.info('Job started', { code: 'JOB_STARTED', job, settings: loggedSettings(settings) });
    const milliseconds = invocation.millisecondsLeft();
    const deadline = job.clusterId === null ? readingDeadlineIn(milliseconds) : deadlineIn(milliseconds);
    ending = await carryOutJob(job, settings, portsFor(deadline));
  } catch (thrown) {
    const error = toSafeError(thrown);
    if (job === null) {
      logger.error('Job rejected', { code: 'JOB_REJECTED', error: logError(error) });
      return { job: 'rejected' };
    }
    ending = { result: null, error };
  }
  const part = job.clusterId === null ? 'fleet' : 'cluster';
  // Only the environment defines the target, and all jobs of a round share its start.
  await report(ending, part, { ...invocation, payload: {}, startedAt: job.round }, { job });
  return { job: ending.error === null ? 'completed' : 'failed' };
}
