import { logger } from '../invocation.ts';
import type { RunOutcome } from '../run/conclude.ts';
import type { RunPorts } from '../run/ports.ts';
import { prepare } from '../run/prepare.ts';
import { run, runPrepared } from '../run/run.ts';
import type { Settings } from '../settings/settings.ts';
import { type PlannedRound, planRound } from './planner.ts';
import { jobQueue } from './queue.ts';
import { refuseUnfinishedJobs } from './unfinished.ts';

/**
 * The entry point of fan-out: what a target with fan-out does when a run would write. For a fleet it plans a round. A
 * secret that names one cluster needs no jobs, and the caller of `clear` waits for the result, so these are ordinary runs.
 *
 * @param url of the fan-out queue
 * @throws {QueueError} if not all jobs are in the queue; or, for `clear`, if jobs wait or run, or may do so
 * @throws {SpotBlacklistError} if the run or the round cannot start; nothing was written
 */
export async function fanOut(
  settings: Settings,
  url: string,
  ports: RunPorts,
): Promise<RunOutcome | PlannedRound> {
  if (settings.operation === 'clear') {
    await refuseUnfinishedJobs(url, ports.deadline.reads);
    return run(settings, ports);
  }
  const preparation = await prepare(settings, ports);
  if (preparation.credentials.clusterId !== null) return runPrepared(preparation);
  const round = await planRound(preparation, url, jobQueue);
  logger[round.failed.length > 0 ? 'error' : 'info']('Round planned', { code: 'ROUND_PLANNED', ...round });
  return round;
}
