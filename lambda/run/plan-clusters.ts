import pLimit, { type LimitFunction } from 'p-limit';
import type { Entry } from '../domain/entry.ts';
import { toSafeError } from '../domain/errors.ts';
import type { ClusterState } from '../domain/plan.ts';
import { isTooMuch, warnOfTooManyReleases } from '../domain/releases.ts';
import { listBelieved, listToClear, WITHOUT_ORGANIZATION } from './believe.ts';
import { whyStopped } from './brake.ts';
import { gapOf } from './capacity.ts';
import { NO_FACTS, readFacts } from './cluster-facts.ts';
import { whyWritesEnded } from './deadline.ts';
import {
  type ClusterFacts,
  isPlanned,
  type PlannedCluster,
  type SelectedCluster,
  type UnplannedCluster,
} from './planned.ts';
import type { Planner } from './planner.ts';
import type { OrganizationList } from './ports.ts';
import type { Preparation } from './prepare.ts';
import { inTurn, turnOf } from './turns.ts';

export interface Plans {
  /** In the order in which they were read, and are written. */
  readonly clusters: readonly (PlannedCluster | UnplannedCluster)[];
  readonly warnings: readonly string[];
}

/**
 * Reads every cluster's list and makes its plan. One cluster's failure is part of the result.
 *
 * @throws {CastAiError} if the organization's list cannot be trusted
 */
export async function planClusters(preparation: Preparation): Promise<Plans> {
  const { settings, startedAt, selection } = preparation;
  await preparation.planner.learn(selection.clusters);
  const organization = await listOrganization(preparation);
  // Reads are not paced, only bounded. Neither lists nor facts wait for the other: slow facts must not keep lists from being
  // read, nor slow lists the templates, which decide too.
  const half = Math.ceil(settings.batchSize / 2);
  const [lists, facts] = [pLimit(half), pLimit(half)];
  const turn = turnOf(startedAt, gapOf(settings));
  const listed = inTurn(selection.clusters, ({ id }) => id, turn).map((cluster) => ({
    cluster,
    list: lists(() => listInTurn(preparation, cluster, organization.ofClusters)),
  }));
  const clusters = await Promise.all(
    listed.map(({ cluster, list }) => planCluster(preparation, cluster, list, organization.shared, facts)),
  );
  const limited = limitReleases(clusters, preparation.planner);
  return { clusters: limited.clusters, warnings: [...organization.warnings, ...limited.warnings] };
}

/** Plans again without releases if all clusters together would release too much at once. */
function limitReleases(clusters: Plans['clusters'], planner: Planner): Plans {
  const plans = clusters.filter(isPlanned).map(({ plan }) => plan.releases);
  const calm = plans.reduce((sum, releases) => sum + releases.calm, 0);
  const own = plans.reduce((sum, releases) => sum + releases.own, 0);
  if (!isTooMuch(calm, own)) return { clusters, warnings: [] };
  return {
    clusters: clusters.map((planned) => {
      if (!isPlanned(planned)) return planned;
      const state = { ...planned.state, holdReleases: true };
      return withPlan(planner, planned.cluster, state, planned.facts);
    }),
    warnings: [warnOfTooManyReleases(calm, own)],
  };
}

function withPlan(
  planner: Planner,
  cluster: SelectedCluster,
  state: ClusterState,
  facts: ClusterFacts,
): PlannedCluster {
  const plan = planner.plan(cluster, state);
  return { cluster, state, facts, plan: { ...plan, warnings: [...plan.warnings, ...facts.warnings] } };
}

async function planCluster(
  preparation: Preparation,
  cluster: SelectedCluster,
  list: Promise<readonly Entry[]>,
  shared: readonly Entry[],
  limit: LimitFunction,
): Promise<PlannedCluster | UnplannedCluster> {
  const { settings, ports, castai, planner, brake, facts: wanted } = preparation;
  // Without the list, there is no need to wait for the rest.
  const unlisted = new AbortController();
  const stopped = AbortSignal.any([brake.signalFor(cluster.id), unlisted.signal]);
  // Templates decide, so their time ends as late as that of the lists.
  const until = {
    templates: AbortSignal.any([ports.deadline.plans, stopped]),
    rest: AbortSignal.any([ports.deadline.facts, stopped]),
  };
  const ownFacts =
    settings.operation === 'clear' ? NO_FACTS : readFacts(castai, cluster, limit, until, wanted);
  try {
    const [own, facts] = await Promise.all([list, ownFacts]);
    const { targetName, formerTargetName } = settings;
    const { templates, spotNodes } = facts;
    const entries = [...own, ...shared];
    const names = { clusterId: cluster.id, targetName, formerTargetName };
    return withPlan(planner, cluster, { ...names, entries, templates, spotNodes, now: ports.now() }, facts);
  } catch (thrown) {
    unlisted.abort();
    if (thrown instanceof NotItsTurn)
      return { cluster, plan: null, status: 'deferred', problem: thrown.message, error: null };
    const error = toSafeError(thrown);
    brake.note(error, cluster.id);
    const status = ports.deadline.plans.aborted ? 'deferred' : 'failed';
    return { cluster, plan: null, status, problem: error.message, error };
  }
}

/** The run was stopped before a cluster's list was requested. */
class NotItsTurn extends Error {}

/** @throws {NotItsTurn} if the run has been stopped meanwhile */
async function listInTurn(
  preparation: Preparation,
  { id }: SelectedCluster,
  ofClusters: OrganizationList['ofClusters'],
): Promise<Entry[]> {
  const { settings, ports, brake } = preparation;
  const { deadline } = ports;
  if (brake.stoppedBy !== null) throw new NotItsTurn(`${whyStopped(brake.stoppedBy)} before its turn`);
  if (deadline.plans.aborted) throw new NotItsTurn(`${whyWritesEnded(deadline)} before its turn`);
  if (settings.operation === 'clear') return listToClear(preparation, id, deadline.plans);
  return listBelieved(preparation, id, ofClusters.get(id.toLowerCase()) ?? new Map(), deadline.plans);
}

/**
 * Reads the organization's list, once for all clusters: whether a cluster's list includes organization-wide entries is not
 * documented. `clear` concerns own entries only, which are never organization-wide.
 */
async function listOrganization({
  settings: { operation },
  castai,
  ports: { deadline },
}: Preparation): Promise<OrganizationList & { readonly warnings: readonly string[] }> {
  const nothing = { shared: [], ofClusters: new Map(), warnings: [] };
  if (operation === 'clear') return nothing;
  try {
    return { ...(await castai.listOrganization(deadline.plans)), warnings: [] };
  } catch (error) {
    const cause = WITHOUT_ORGANIZATION[toSafeError(error).code];
    if (cause === undefined) throw error;
    return { ...nothing, warnings: [`${cause}, so they may not have been counted.`] };
  }
}
