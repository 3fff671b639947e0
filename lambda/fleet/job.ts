import { isSameId } from '../domain/words.ts';
import { decidingEvidence } from '../run/basis.ts';
import { gapOf } from '../run/capacity.ts';
import { conclude, type Done, type RunOutcome } from '../run/conclude.ts';
import { type Plans, planClusters } from '../run/plan-clusters.ts';
import { isPlanned, type PlannedCluster } from '../run/planned.ts';
import type { Credentials, RunPorts } from '../run/ports.ts';
import { type PartOfRun, prepare } from '../run/prepare.ts';
import { runPrepared } from '../run/run.ts';
import type { ApplySettings, Settings } from '../settings/settings.ts';
import { JobError } from './errors.ts';
import type { RoundJob } from './message.ts';
import { divide } from './planner.ts';
import { summarize } from './summary.ts';

/** The number of gaps between rounds after which a job of each kind has been overtaken. */
const LONGEST_WAIT = {
  /** The next round has jobs for the same clusters, in a current order. */
  cluster: 1,
  /** After a round that took too long, its summary still reports the fleet; but if several wait, only the last matters. */
  summary: 2,
};

/**
 * @param now milliseconds since 1970
 * @returns whether a later round will do, or has done, what a job asks for
 */
export function isOvertaken({ round, clusterId }: RoundJob, settings: Settings, now: number): boolean {
  return now - Date.parse(round) > gapOf(settings) * LONGEST_WAIT[clusterId === null ? 'summary' : 'cluster'];
}

/**
 * Carries out one job of a round: manages one cluster, or reports the fleet.
 *
 * @throws {SpotBlacklistError} if it cannot start; nothing was written
 */
export function carryOutJob(job: RoundJob, settings: Settings, ports: RunPorts): Promise<RunOutcome> {
  return job.clusterId === null ? reportFleet(job, settings, ports) : manageCluster(job, settings, ports);
}

async function manageCluster(job: RoundJob, settings: Settings, ports: RunPorts): Promise<RunOutcome> {
  const fetchCredentials: RunPorts['fetchCredentials'] = async (...of) =>
    limitedTo(job, await ports.fetchCredentials(...of));
  const preparation = await prepare(settings, { ...ports, fetchCredentials }, partOf(job));
  const outcome = await runPrepared(preparation);
  // The next job has a rate limiter of its own, which does not know this job's writes, and starts as soon as this one ends.
  await preparation.rateLimiter.settle(ports.deadline.responses);
  return outcome;
}

/** @throws {JobError} if the secret is for another cluster */
function limitedTo({ clusterId }: RoundJob, credentials: Credentials): Credentials {
  if (credentials.clusterId === null) return { ...credentials, clusterId };
  if (clusterId === null || isSameId(credentials.clusterId, clusterId)) return credentials;
  throw new JobError(
    'JOB_OF_OTHER_CLUSTER',
    `The job is for the cluster ${clusterId}, which is not the one in the secret, so nothing was written. If the secret was changed, the next round is right; if not, check who may send to the fan-out queue.`,
  );
}

function partOf({ round, clusterId, evidence }: RoundJob): PartOfRun {
  return { startedAt: round, clusterId, ...(evidence && { evidence }) };
}

/** Reads the fleet as a dry run does, and writes nothing. */
async function reportFleet(job: RoundJob, settings: Settings, ports: RunPorts): Promise<RunOutcome> {
  const preparation = await prepare(settings, ports, partOf(job));
  const { queueable, others } = divide(preparation.selection.clusters);
  const plans = await planClusters({
    ...preparation,
    selection: { ...preparation.selection, clusters: queueable },
  });
  const isOtherFeed = (plans.basis?.feed.digest ?? null) !== job.feed;
  const start = Date.parse(job.round);
  const done = plans.clusters.filter(isPlanned).map((planned): [PlannedCluster, Done] => {
    if (settings.dryRun || settings.operation !== 'apply') return [planned, 'dry'];
    const doubt = isOtherFeed
      ? 'The feed has changed since the round was planned'
      : doubtOf(plans, planned, job);
    const mayDelay = mayDelayAdditions(planned, settings);
    return [planned, summarize(planned, settings, { start, doubt, mayDelay })];
  });
  return conclude(preparation, { ...plans, clusters: [...plans.clusters, ...others] }, new Map(done));
}

/** @returns whether the cluster's types are added over a day while its templates have fallback nodes */
function mayDelayAdditions(
  { plan: { blacklist, templates } }: PlannedCluster,
  { policy: { relaxOnFallback }, scheduleGapMinutes }: ApplySettings,
): boolean {
  const isCounted = templates?.some(({ fallback }) => fallback !== null) === true;
  return isCounted && relaxOnFallback && scheduleGapMinutes !== null && blacklist.own.size > 0;
}

/**
 * @returns what a cluster's job may have known that this plan does not, as the beginning of a sentence; null if nothing.
 *   The job cannot read what is refused permanently either, and what the planner lacked too is no temporary difference
 */
function doubtOf({ basis }: Plans, { facts, plan }: PlannedCluster, { evidence }: RoundJob): string | null {
  if (facts.problem !== null) return 'Its node templates could not be read';
  if (plan.templates?.some(({ fallback }) => fallback !== null && fallback.fallback > 0))
    return 'It may have had another number of fallback nodes';
  return decidingEvidence(basis)?.isLacking && !evidence?.isLacking
    ? 'There are no own figures for the moment'
    : null;
}
