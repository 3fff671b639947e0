import { JobError } from '../domain/errors.ts';
import { isSameId } from '../domain/id.ts';
import type { Settings } from '../settings/settings.ts';
import { Brake } from './brake.ts';
import { type Selection, selectClusters, selectOfFleet } from './clusters.ts';
import { Pace } from './pace.ts';
import { CLEARING, feedPlanner, type Planner, skipUnplannable } from './planner.ts';
import type { CastAi, Credentials, OrganizationList, RoundJob, RunPorts } from './ports.ts';

/** What a run knows before it reads any cluster's list. */
export interface Preparation {
  readonly settings: Settings;
  readonly ports: RunPorts;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly credentials: Credentials;
  readonly castai: CastAi;
  readonly planner: Planner;
  /** What is read about each cluster: all facts, or only those that decide. */
  readonly facts: 'all' | 'templates';
  readonly selection: Selection;
  /** Starts the writes at the configured pace. */
  readonly pace: Pace;
  readonly brake: Brake;
  /** Reads the organization's list again: once for all who ask at the same time, because it is large. */
  readonly relistOrganization: (signal: AbortSignal) => Promise<OrganizationList>;
}

/**
 * Reads the secret and the feed, and verifies every cluster.
 *
 * @param job limits the run to a part of a round; its start is then that of the round
 * @throws {SpotBlacklistError} if any of these fails as a whole
 */
export async function prepare(
  settings: Settings,
  ports: RunPorts,
  job: RoundJob | null = null,
): Promise<Preparation> {
  const startedAt = job?.round ?? new Date(ports.now()).toISOString();
  const clusterId = job?.clusterId ?? null;
  const credentials = limitedTo(
    clusterId,
    await ports.fetchCredentials(settings.secretId, ports.deadline.reads),
  );
  const castai = ports.connectCastAi(settings.castaiApiUrl, credentials);
  let relisted: Promise<OrganizationList> | undefined;
  const planner =
    settings.operation === 'apply'
      ? await feedPlanner(settings, Date.parse(startedAt), job?.evidence, ports)
      : CLEARING;
  const selection = await (clusterId === null
    ? selectClusters(castai, credentials, settings, ports.deadline.reads)
    : selectOfFleet(
        castai,
        credentials.clusterId ?? clusterId,
        credentials.organizationId,
        settings,
        ports.deadline.reads,
      ));
  return {
    settings,
    ports,
    startedAt,
    credentials,
    castai,
    planner,
    // The summary of the round reports the others.
    facts: clusterId === null ? 'all' : 'templates',
    selection: credentials.clusterId === null ? skipUnplannable(selection, planner) : selection,
    pace: new Pace(settings, ports),
    brake: new Brake(),
    relistOrganization: (signal) => {
      relisted ??= castai.listOrganization(signal).finally(() => {
        relisted = undefined;
      });
      return relisted;
    },
  };
}

/** @throws {JobError} if the secret is for another cluster */
function limitedTo(clusterId: string | null, credentials: Credentials): Credentials {
  if (clusterId === null || isSameId(credentials.clusterId, clusterId)) return credentials;
  if (credentials.clusterId === null) return { ...credentials, clusterId };
  throw new JobError(
    'JOB_OF_OTHER_CLUSTER',
    `The job is for the cluster ${clusterId}, which is not the one in the secret, so nothing was written. If the secret was changed, the next round is right; if not, check who may send to the fan-out queue.`,
  );
}

/**
 * @returns the queue's address if a run's clusters are to be left to jobs; null if the run does them itself: one cluster, a
 *   dry run, and `clear`, whose caller waits for the result
 */
export function queueOf({ settings, credentials }: Preparation): string | null {
  const { operation, dryRun, fanOutQueueUrl } = settings;
  return credentials.clusterId === null && operation === 'apply' && !dryRun ? fanOutQueueUrl : null;
}
