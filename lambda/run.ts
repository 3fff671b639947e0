import type { CastAi, Entry } from './castai.ts';
import { inFairOrder, type SelectedCluster, selectClusters } from './clusters.ts';
import type { Credentials } from './credentials.ts';
import { type Deadline, whyWritesEnded } from './deadline.ts';
import {
  CastAiAuthError,
  ClusterError,
  presentable,
  RunIncompleteError,
  type SpotBlacklistError,
} from './errors.ts';
import { type ClusterState, type Plan, planApply, planClear } from './plan.ts';
import { pacedQueue, type ReconcilePorts, reconcile } from './reconcile.ts';
import {
  type ClusterResult,
  type RunResult,
  reportCluster,
  reportFeed,
  reportPolicy,
  reportRegions,
  reportUntouched,
} from './report.ts';
import type { ApplySettings, Settings } from './settings.ts';
import type { Feed, RegionFeed } from './spot-advisor.ts';

/** Everything that a run needs of the world. */
export interface RunPorts {
  fetchCredentials(secretId: string, deadline: AbortSignal): Promise<Credentials>;
  fetchFeed(url: string, deadline: AbortSignal): Promise<Feed>;
  connectCastAi(baseUrl: string, credentials: Credentials): CastAi;
  /** Milliseconds since 1970. */
  now(): number;
  readonly deadline: Deadline;
  /** Asked about every cluster's plan before its first write; `false` leaves the cluster as it is. */
  readonly approve?: (cluster: SelectedCluster, plan: Plan) => Promise<boolean>;
  /** Told of every write whose request is over, however it ended. */
  readonly onWritten?: Required<ReconcilePorts>['onWritten'];
}

/** What came of a run. A run that did some of its work has both a result and an error. */
export interface RunOutcome {
  readonly result: RunResult;
  /** Null if everything is done and confirmed. */
  readonly error: SpotBlacklistError | null;
}

/**
 * Reads, decides, acts, verifies and reports, once, for one target.
 *
 * @throws {SpotBlacklistError} if it is not even known what to work on; then nothing was written
 */
export async function run(settings: Settings, ports: RunPorts): Promise<RunOutcome> {
  const startedAt = new Date(ports.now()).toISOString();
  const credentials = await ports.fetchCredentials(settings.secretId, ports.deadline.reads);
  const castai = ports.connectCastAi(settings.castaiApiUrl, credentials);
  const planner = settings.operation === 'apply' ? await feedPlanner(settings, ports) : CLEARING;
  const selection = await selectClusters(castai, credentials, settings.region, ports.deadline.reads);
  const shared = await listShared(settings, castai, ports.deadline);
  const queue = pacedQueue(settings.batchSize, settings.batchPause);

  const factsOf = ({ id, name, region }: SelectedCluster) => {
    return { clusterId: id, clusterName: name, organizationId: credentials.organizationId, region };
  };
  const clusters: ClusterResult[] = [];
  const errors: SpotBlacklistError[] = [];
  for (const cluster of inFairOrder(selection.clusters, String(ports.now()))) {
    const facts = factsOf(cluster);
    // A key that is not accepted for one cluster is not for the next either; one that may not do this here may there.
    if (errors.some(({ code }) => code === 'KEY_REJECTED')) {
      clusters.push(reportUntouched(facts, 'deferred', 'the API key was refused before its turn'));
    } else if (ports.deadline.writes.aborted) {
      clusters.push(reportUntouched(facts, 'deferred', `${whyWritesEnded(ports.deadline)} before its turn`));
    } else {
      try {
        const entries = [...(await castai.listEntries(cluster.id, ports.deadline.reads)), ...shared.entries];
        const state = { clusterId: cluster.id, targetName: settings.targetName, entries, now: ports.now() };
        const plan = planner.plan(cluster, state);
        if (!settings.dryRun && (await ports.approve?.(cluster, plan)) === false) {
          clusters.push(reportUntouched(facts, 'deferred', 'its plan was not approved'));
          continue;
        }
        const done = settings.dryRun ? null : await reconcile(plan, state, { ...ports, castai, queue });
        if (done?.stoppedBy) errors.push(done.stoppedBy);
        clusters.push(reportCluster(facts, plan, done));
      } catch (thrown) {
        const error = presentable(thrown);
        errors.push(error);
        clusters.push(reportUntouched(facts, 'failed', error.message));
      }
    }
  }
  for (const cluster of selection.skipped) {
    clusters.push(reportUntouched(factsOf(cluster), 'skipped', `its status is ${cluster.status}`));
  }

  const error = errorOf(clusters, errors, credentials);
  const [only] = selection.clusters;
  const region = settings.region ?? (credentials.clusterId === null ? null : (only?.region ?? null));
  const result: RunResult = {
    status: error === null ? 'completed' : 'failed',
    operation: settings.operation,
    dryRun: settings.dryRun,
    startedAt,
    target: { name: settings.targetName, region, os: planner.os() },
    policy: planner.policy,
    feed: planner.facts(),
    warnings: [...selection.warnings, ...shared.warnings],
    clusters,
    regions: planner.regions(),
  };
  return { result, error };
}

/** How a run comes to its plans, and what it reports of how. */
interface Planner {
  readonly policy: RunResult['policy'];
  /** @throws {SpotBlacklistError} if there can be no plan for this cluster */
  plan(cluster: SelectedCluster, state: ClusterState): Plan;
  /** The operating system, as the feed writes it; null where none is needed. */
  os(): string | null;
  /** The feed, as far as it was read for plans. */
  facts(): RunResult['feed'];
  /** Every type of those parts of the feed. */
  regions(): RunResult['regions'];
}

/** `clear` is the way out of trouble, so it needs neither feed nor policy. */
const CLEARING: Planner = {
  policy: null,
  plan: (_, state) => planClear(state),
  os: () => null,
  facts: () => null,
  regions: () => ({}),
};

/** Fetches the feed, once for all clusters, and checks what can be checked before anybody is asked for a cluster. */
async function feedPlanner(
  { spotAdvisorUrl, region, os, policy }: ApplySettings,
  ports: RunPorts,
): Promise<Planner> {
  const feed = await ports.fetchFeed(spotAdvisorUrl, ports.deadline.reads);
  const regions = new Map<string, RegionFeed>();
  const regionFeed = (name: string) => {
    const known = regions.get(name) ?? feed.of(name, os);
    regions.set(name, known);
    return known;
  };
  if (region !== null) regionFeed(region);
  return {
    policy: reportPolicy(policy, feed),
    plan(cluster, state) {
      if (cluster.region === null) {
        throw new ClusterError(
          'CLUSTER_REGION_MISMATCH',
          `CAST AI does not say in which region the cluster ${cluster.name ?? cluster.id} lies, so nothing was written. Set REGION.`,
        );
      }
      return planApply(regionFeed(cluster.region), policy, state);
    },
    os: () => [...regions.values()][0]?.os ?? os,
    facts: () => reportFeed(feed, [...regions.values()]),
    regions: () => reportRegions([...regions.values()]),
  };
}

/**
 * Lists the entries for the whole organization, once for all clusters: whether a cluster's list holds them too is not
 * documented. Clearing looks at own entries only, which are never for the organization.
 */
async function listShared(
  { operation }: Settings,
  castai: CastAi,
  deadline: Deadline,
): Promise<{ entries: readonly Entry[]; warnings: readonly string[] }> {
  if (operation === 'clear') return { entries: [], warnings: [] };
  try {
    return { entries: await castai.listOrganizationEntries(deadline.reads), warnings: [] };
  } catch (error) {
    // A key can be limited to one cluster.
    if (!(error instanceof CastAiAuthError && error.code === 'KEY_FORBIDDEN')) throw error;
    return {
      entries: [],
      warnings: [
        'The API key may not list entries for the whole organization, so they may not have been counted.',
      ],
    };
  }
}

/** The error that a run ends with: its cluster's own, or for a fleet one that names every cluster concerned. */
function errorOf(
  clusters: readonly ClusterResult[],
  errors: readonly SpotBlacklistError[],
  { clusterId }: Credentials,
): SpotBlacklistError | null {
  const unfinished = clusters.filter(({ status }) => status === 'failed' || status === 'deferred');
  if (unfinished.length === 0) return null;
  const [first] = errors;
  if (clusterId !== null && first !== undefined) return first;
  const shown = unfinished.map((cluster) => {
    const problem = cluster.problem?.replace(/\.$/, '') ?? cluster.status;
    return `${cluster.clusterName ?? cluster.clusterId} (${cluster.status}: ${problem})`;
  });
  return new RunIncompleteError(
    `${unfinished.length} of ${clusters.length} clusters are not finished: ${shown.join('; ')}. What is done stays; the next run starts from a fresh list and does what is missing.`,
  );
}
