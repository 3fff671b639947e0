import { SpotBlacklistError } from '../domain/errors.ts';

type JobCode = 'JOB_UNREADABLE' | 'JOB_OF_OTHER_VERSION' | 'JOB_OF_OTHER_TARGET' | 'JOB_OF_OTHER_CLUSTER';

/** A message of the fan-out queue is not a job for this function; nothing was done. */
export class JobError extends SpotBlacklistError {
  constructor(code: JobCode, message: string) {
    super('JobError', code, message);
  }
}

export type QueueCode =
  | 'QUEUE_UNREACHABLE'
  | 'QUEUE_ACCESS_DENIED'
  | 'QUEUE_NOT_FOUND'
  | 'QUEUE_REFUSED'
  | 'ROUND_INCOMPLETE'
  | 'JOBS_UNFINISHED';

/** The fan-out queue has not accepted all jobs of a round; or it has, or may have, jobs that forbid clearing. */
export class QueueError extends SpotBlacklistError {
  constructor(code: QueueCode, message: string) {
    super('QueueError', code, message);
  }
}
