import type { Entry } from '../domain/entry.ts';
import { toSafeError } from '../domain/errors.ts';
import { isTooMuch, warnOfTooManyReleases } from '../domain/releases.ts';
import { bounded } from './bounded.ts';
import { whyStopped } from './brake.ts';
import { whyWritesEnded } from './deadline.ts';
import { isPlanned, type PlannedCluster, type SelectedCluster, type UnplannedCluster } from './planned.ts';
import type { Planner } from './planner.ts';
import type { Preparation } from './prepare.ts';

export interface Plans {
  /** In the order in which the clusters are reported. */
  readonly clusters: readonly (PlannedCluster | UnplannedCluster)[];
  readonly warnings: readonly string[];
}

/**
 * Reads every cluster's list and decides what to do there. One cluster's failure is part of the result.
 *
 * @throws {CastAiError} if the organization's list cannot be trusted
 */
export async function planClusters(preparation: Preparation): Promise<Plans> {
  const shared = await listShared(preparation);
  // Reads are not paced, only bounded.
  const clusters = await bounded(
    inReportOrder(preparation.selection.clusters),
    preparation.settings.batchSize,
    (cluster) => planCluster(preparation, cluster, shared.entries),
  );
  const limited = limitReleases(clusters, preparation.planner);
  return { clusters: limited.clusters, warnings: [...shared.warnings, ...limited.warnings] };
}

/** Plans again, without releases, where all clusters together would release too much at once. */
function limitReleases(clusters: Plans['clusters'], planner: Planner): Plans {
  const plans = clusters.filter(isPlanned).map(({ plan }) => plan.releases);
  const calm = plans.reduce((sum, releases) => sum + releases.calm, 0);
  const own = plans.reduce((sum, releases) => sum + releases.own, 0);
  if (!isTooMuch(calm, own)) return { clusters, warnings: [] };
  return {
    clusters: clusters.map((planned) => {
      if (!isPlanned(planned)) return planned;
      const state = { ...planned.state, holdReleases: true };
      return { ...planned, state, plan: planner.plan(planned.cluster, state) };
    }),
    warnings: [warnOfTooManyReleases(calm, own)],
  };
}

/** By region and name, so that two equal runs give equal results. */
function inReportOrder(clusters: readonly SelectedCluster[]): SelectedCluster[] {
  const place = ({ region, name, id }: SelectedCluster) => JSON.stringify([region, name, id]);
  return clusters.toSorted((a, b) => (place(a) < place(b) ? -1 : 1));
}

async function planCluster(
  { settings, ports, castai, planner, brake }: Preparation,
  cluster: SelectedCluster,
  shared: readonly Entry[],
): Promise<PlannedCluster | UnplannedCluster> {
  const stopped =
    brake.stoppedBy !== null
      ? whyStopped(brake.stoppedBy)
      : ports.deadline.plans.aborted
        ? whyWritesEnded(ports.deadline)
        : null;
  if (stopped !== null) {
    return { cluster, plan: null, status: 'deferred', problem: `${stopped} before its turn`, error: null };
  }
  try {
    const entries = [...(await castai.listEntries(cluster.id, ports.deadline.plans)), ...shared];
    const { targetName, formerTargetName } = settings;
    const state = { clusterId: cluster.id, targetName, formerTargetName, entries, now: ports.now() };
    return { cluster, state, plan: planner.plan(cluster, state) };
  } catch (thrown) {
    const error = toSafeError(thrown);
    brake.note(error, cluster.id);
    const status = ports.deadline.plans.aborted ? 'deferred' : 'failed';
    return { cluster, plan: null, status, problem: error.message, error };
  }
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
async function listShared({
  settings: { operation },
  castai,
  ports: { deadline },
}: Preparation): Promise<{ entries: readonly Entry[]; warnings: readonly string[] }> {
  if (operation === 'clear') return { entries: [], warnings: [] };
  try {
    return { entries: await castai.listOrganizationEntries(deadline.plans), warnings: [] };
  } catch (error) {
    const cause = WITHOUT_SHARED[toSafeError(error).code];
    if (cause === undefined) throw error;
    return { entries: [], warnings: [`${cause}, so they may not have been counted.`] };
  }
}
