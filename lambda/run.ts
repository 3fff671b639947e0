import { Brake, whyStopped } from './brake.ts';
import type { CastAi, Entry } from './castai.ts';
import { inFairOrder, type SelectedCluster, type Selection, selectClusters } from './clusters.ts';
import type { Credentials } from './credentials.ts';
import { type Deadline, whyWritesEnded } from './deadline.ts';
import { ClusterError, presentable, RunIncompleteError, type SpotBlacklistError } from './errors.ts';
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
import { shortList } from './short-list.ts';
import type { Feed, RegionFeed } from './spot-advisor.ts';

/** Everything that a run needs of the world. */
export interface RunPorts {
  fetchCredentials(secretId: string, deadline: AbortSignal): Promise<Credentials>;
  fetchFeed(url: string, deadline: AbortSignal): Promise<Feed>;
  connectCastAi(baseUrl: string, credentials: Credentials): CastAi;
  /** Milliseconds since 1970. */
  now(): number;
  /** Waits for so many milliseconds, or until the signal is aborted. */
  wait(milliseconds: number, signal: AbortSignal): Promise<void>;
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
  const meant = await selectClusters(castai, credentials, settings, ports.deadline.reads);
  const selection = credentials.clusterId === null ? skipUnplannable(meant, planner) : meant;
  const shared = await listShared(settings, castai, ports.deadline);
  const queue = pacedQueue(settings.batchSize, settings.batchPause);
  const brake = new Brake();

  const factsOf = ({ id, name, region }: SelectedCluster) => {
    return { clusterId: id, clusterName: name, organizationId: credentials.organizationId, region };
  };
  const clusters: ClusterResult[] = [];
  const errors: SpotBlacklistError[] = [];
  const caps: number[] = [];
  for (const cluster of inFairOrder(selection.clusters, String(ports.now()))) {
    const facts = factsOf(cluster);
    if (brake.stoppedBy !== null) {
      clusters.push(reportUntouched(facts, 'deferred', `${whyStopped(brake.stoppedBy)} before its turn`));
    } else if (ports.deadline.writes.aborted) {
      clusters.push(reportUntouched(facts, 'deferred', `${whyWritesEnded(ports.deadline)} before its turn`));
    } else {
      try {
        const entries = [...(await castai.listEntries(cluster.id, ports.deadline.reads)), ...shared.entries];
        const { targetName, formerTargetName } = settings;
        const state = { clusterId: cluster.id, targetName, formerTargetName, entries, now: ports.now() };
        const plan = planner.plan(cluster, state);
        if (!settings.dryRun && (await ports.approve?.(cluster, plan)) === false) {
          clusters.push(reportUntouched(facts, 'deferred', 'its plan was not approved'));
          continue;
        }
        const done = settings.dryRun
          ? null
          : await reconcile(plan, state, { ...ports, castai, queue, brake });
        if (done?.stoppedBy) errors.push(done.stoppedBy);
        if (done?.longestHours) caps.push(done.longestHours);
        clusters.push(reportCluster(facts, plan, done));
      } catch (thrown) {
        const error = presentable(thrown);
        errors.push(error);
        brake.note(error);
        const status = ports.deadline.reads.aborted ? 'deferred' : 'failed';
        clusters.push(reportUntouched(facts, status, error.message));
      }
    }
  }
  for (const cluster of selection.skipped) {
    clusters.push(reportUntouched(factsOf(cluster), 'skipped', cluster.reason));
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
    warnings: [...selection.warnings, ...skippedWarning(selection), ...shared.warnings, ...capWarning(caps)],
    clusters,
    regions: planner.regions(),
  };
  return { result, error };
}

/** How a run comes to its plans, and what it reports of how. */
interface Planner {
  readonly policy: RunResult['policy'];
  /** @returns why there can be no plan for a cluster, if that is its place: the feed lacks it, or it is not known */
  placeProblem(cluster: SelectedCluster): SpotBlacklistError | null;
  /** @throws {SpotBlacklistError} if there can be no plan for this cluster */
  plan(cluster: SelectedCluster, state: ClusterState): Plan;
  /** The operating system, as the feed writes it; null where none is needed. */
  os(): string | null;
  /** The feed, as far as it was read for plans. */
  facts(): RunResult['feed'];
  /** Every type of those parts of the feed. */
  regions(): RunResult['regions'];
}

/** `clear` must work when nothing else does, so it needs neither feed nor policy. */
const CLEARING: Planner = {
  policy: null,
  placeProblem: () => null,
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
  const feedOf = (cluster: SelectedCluster) => {
    if (cluster.region !== null) return regionFeed(cluster.region);
    throw new ClusterError(
      'CLUSTER_REGION_UNKNOWN',
      `CAST AI does not say in which region the cluster ${cluster.name ?? cluster.id} is, so nothing was written. Set REGION.`,
    );
  };
  return {
    policy: reportPolicy(policy, feed),
    placeProblem(cluster) {
      try {
        feedOf(cluster);
        return null;
      } catch (thrown) {
        const error = presentable(thrown);
        return PLACE_PROBLEMS.includes(error.code) ? error : null;
      }
    },
    plan: (cluster, state) => planApply(feedOf(cluster), policy, state),
    os: () => [...regions.values()][0]?.os ?? os,
    facts: () => reportFeed(feed, [...regions.values()]),
    regions: () => reportRegions([...regions.values()]),
  };
}

/** What is wrong with a cluster's place, and not with the feed as a whole. */
const PLACE_PROBLEMS = ['UNKNOWN_REGION', 'UNKNOWN_OS', 'CLUSTER_REGION_UNKNOWN'];

/**
 * A cluster of a fleet that the feed does not know must not fail every run of the others.
 *
 * @throws {SpotBlacklistError} if none is left: skipping all would end every blacklist unnoticed
 */
function skipUnplannable(selection: Selection, planner: Planner): Selection {
  const judged = selection.clusters.map((cluster) => ({ cluster, problem: planner.placeProblem(cluster) }));
  const clusters = judged.filter(({ problem }) => problem === null).map(({ cluster }) => cluster);
  const [first] = judged.flatMap(({ problem }) => problem ?? []);
  if (clusters.length === 0 && first !== undefined) throw first;
  const skipped = judged.flatMap(({ cluster, problem }) =>
    problem === null ? [] : [{ ...cluster, reason: whyOutside(cluster, problem), isGone: false }],
  );
  return { ...selection, clusters, skipped: [...selection.skipped, ...skipped] };
}

function whyOutside({ region }: SelectedCluster, { code }: SpotBlacklistError): string {
  if (region === null) return 'CAST AI does not say in which region it is';
  return code === 'UNKNOWN_OS'
    ? `the feed does not have this operating system in ${region}`
    : `the feed does not have its region, ${region}`;
}

/** Those that are gone are no reason to warn: they stay in CAST AI's list for a long time. */
function skippedWarning({ skipped }: Selection): string[] {
  const shown = skipped.filter(({ isGone }) => !isGone);
  if (shown.length === 0) return [];
  const names = shown.map(({ id, name, reason }) => `${name ?? id} (${reason})`);
  return [`Clusters of the fleet were skipped: ${shortList(names)}.`];
}

/** @param caps for how many hours CAST AI keeps entries at most, as the clusters' lists show */
function capWarning(caps: readonly number[]): string[] {
  if (caps.length === 0) return [];
  return [`CAST AI keeps entries for at most ${Math.min(...caps)} h; set BLACKLIST_HOURS to that.`];
}

/** What a run gets by without: a key can be limited to one cluster, and the list grows with every cluster. */
const WITHOUT_SHARED: Readonly<Record<string, string>> = {
  KEY_FORBIDDEN: 'The API key may not list entries for the whole organization',
  CASTAI_TOO_LARGE: "The organization's list is too large to look for entries for the whole organization",
};

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
    const cause = WITHOUT_SHARED[presentable(error).code];
    if (cause === undefined) throw error;
    return { entries: [], warnings: [`${cause}, so they may not have been counted.`] };
  }
}

/** What is repeated of a cluster's problem in the error of a fleet, in characters: a line of the log must hold all. */
const LONGEST_PROBLEM = 200;

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
  const names = unfinished.map((cluster) => {
    const problem = cluster.problem?.replace(/\.$/, '').slice(0, LONGEST_PROBLEM) ?? cluster.status;
    return `${cluster.clusterName ?? cluster.clusterId} (${cluster.status}: ${problem})`;
  });
  return new RunIncompleteError(
    `${unfinished.length} of ${clusters.length} clusters are not finished: ${shortList(names, '; ')}. What is done stays; the next run starts from a fresh list and does what is missing.`,
  );
}
