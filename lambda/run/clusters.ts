import { CastAiAuthError, ClusterError } from '../domain/errors.ts';
import { isSameId } from '../domain/id.ts';
import { shortList } from '../domain/short-list.ts';
import type { Settings } from '../settings/settings.ts';
import type { SelectedCluster } from './planned.ts';
import type { CastAi, Cluster, Credentials } from './ports.ts';

export interface SkippedCluster extends SelectedCluster {
  /** For the user, to follow on the cluster's name. */
  readonly reason: string;
  /** Whether it no longer exists. */
  readonly isGone: boolean;
}

export interface Selection {
  readonly clusters: readonly SelectedCluster[];
  readonly skipped: readonly SkippedCluster[];
  readonly warnings: readonly string[];
}

/** What is looked for. */
export interface Wanted {
  readonly operation: Settings['operation'];
  /** What the settings say; null for each cluster's own. */
  readonly region: string | null;
}

/** States in which a cluster is not there yet, or no longer, or out of CAST AI's reach, by what is to be done. */
const UNWORKABLE: Record<Settings['operation'], readonly string[]> = {
  apply: ['connecting', 'deleting', 'deleted', 'archived', 'failed'],
  // What was written into a cluster in trouble must still be removable.
  clear: ['deleting', 'deleted', 'archived'],
};

/** States that CAST AI lists for a long time and that need no attention. */
const GONE = ['deleted', 'archived'];

/**
 * Finds out which clusters a run works on, and makes sure before the first write that they are the right ones.
 *
 * @throws {ClusterError} if the one cluster of the secret, or the fleet, cannot be what was meant
 */
export async function selectClusters(
  castai: CastAi,
  { clusterId, organizationId }: Credentials,
  wanted: Wanted,
  signal: AbortSignal,
): Promise<Selection> {
  if (clusterId === null) return selectFleet(castai, organizationId, wanted, signal);
  return selectOne(castai, clusterId, organizationId, wanted, signal);
}

async function selectOne(
  castai: CastAi,
  clusterId: string,
  organizationId: string,
  wanted: Wanted,
  signal: AbortSignal,
): Promise<Selection> {
  const { operation, region } = wanted;
  let cluster: Cluster | null;
  try {
    cluster = await castai.getCluster(clusterId, signal);
  } catch (error) {
    const isForbidden = error instanceof CastAiAuthError && error.code === 'KEY_FORBIDDEN';
    // Clearing needs no region, and applying one from somewhere.
    if (!isForbidden || (region === null && operation === 'apply')) throw error;
    const place = region === null ? '' : ` in ${region}`;
    const warning = `The API key may not read clusters, so it was not checked that ${clusterId} is an EKS cluster${place}.`;
    return { clusters: [{ id: clusterId, name: null, region }], skipped: [], warnings: [warning] };
  }
  if (cluster === null) {
    throw new ClusterError(
      'CLUSTER_NOT_FOUND',
      `CAST AI has no cluster ${clusterId} for this key, so nothing was written. Check cluster-id and org-id in the secret.`,
    );
  }
  if (!isSameId(cluster.id, clusterId)) {
    throw new ClusterError(
      'CLUSTER_NOT_FOUND',
      `CAST AI answered with another cluster than ${clusterId}, so nothing was written. Check cluster-id in the secret; if it is right, ask CAST AI's support.`,
    );
  }
  refuseUnlessMeant(cluster, organizationId, wanted);
  return {
    clusters: [{ id: cluster.id, name: cluster.name, region: region ?? cluster.region }],
    skipped: [],
    warnings: [],
  };
}

function refuseUnlessMeant(cluster: Cluster, organizationId: string, { operation, region }: Wanted): void {
  const shown = shownName(cluster);
  if (!isSameId(cluster.organizationId, organizationId)) {
    throw new ClusterError(
      'CLUSTER_OF_OTHER_ORGANIZATION',
      `Cluster ${shown} does not belong to the organization ${organizationId}, so nothing was written. Check cluster-id and org-id in the secret.`,
    );
  }
  if (cluster.providerType !== 'eks') {
    throw new ClusterError(
      'CLUSTER_NOT_EKS',
      `Cluster ${shown} is not an EKS cluster but ${cluster.providerType ?? 'of an unknown kind'}, so nothing was written. Spot Advisor speaks of AWS only: check cluster-id in the secret.`,
    );
  }
  if (isUnworkable(cluster, operation)) {
    throw new ClusterError(
      'CLUSTER_NOT_WORKABLE',
      `Cluster ${shown} cannot be worked on, because its status is ${statusOf(cluster)}; nothing was written. Look at it in CAST AI's console; if it is gone for good, remove this target.`,
    );
  }
  if (region !== null && cluster.region !== region) {
    throw new ClusterError(
      'CLUSTER_REGION_MISMATCH',
      `Cluster ${shown} lies in ${cluster.region ?? 'a region that CAST AI does not name'}, not in ${region}, so nothing was written. Correct REGION, or leave it out to use the cluster's own.`,
    );
  }
}

async function selectFleet(
  castai: CastAi,
  organizationId: string,
  { operation, region }: Wanted,
  signal: AbortSignal,
): Promise<Selection> {
  const listed = await castai.listClusters(signal);
  const inPlace = listed.filter(
    (cluster) => cluster.providerType === 'eks' && (region === null || cluster.region === region),
  );
  const meant = inPlace.filter((cluster) => isSameId(cluster.organizationId, organizationId));
  const nobodys = inPlace.filter((cluster) => cluster.organizationId === null);
  if (meant.length === 0) {
    throw new ClusterError(
      'NO_CLUSTERS',
      `CAST AI lists no EKS cluster of the organization ${organizationId}${region === null ? '' : ` in ${region}`} (of ${listed.length} in all) for this key, so nothing was written. Check org-id in the secret and REGION; a key of an enterprise organization sees clusters only with the id of the right child organization.`,
    );
  }
  const selected = (cluster: Cluster) => ({ id: cluster.id, name: cluster.name, region: cluster.region });
  const skipped = meant.filter((cluster) => isUnworkable(cluster, operation));
  const clusters = meant.filter((cluster) => !isUnworkable(cluster, operation));
  if (clusters.length === 0 && operation === 'apply') {
    // Skipping some is normal; skipping all would end every blacklist unnoticed.
    throw new ClusterError(
      'CLUSTER_NOT_WORKABLE',
      `No cluster of the fleet can be worked on (${shortList(skipped.map((one) => `${shownName(one)}: ${statusOf(one)}`))}), so nothing was written. Look at them in CAST AI's console.`,
    );
  }
  return {
    clusters: clusters.map(selected),
    skipped: [
      ...skipped.map((cluster) => ({
        ...selected(cluster),
        reason: `its status is ${statusOf(cluster)}`,
        isGone: GONE.includes(statusOf(cluster)),
      })),
      ...nobodys.map((cluster) => ({
        ...selected(cluster),
        reason: 'CAST AI does not say which organization it belongs to',
        isGone: false,
      })),
    ],
    warnings: [],
  };
}

function isUnworkable(cluster: Cluster, operation: Settings['operation']): boolean {
  return UNWORKABLE[operation].includes(statusOf(cluster));
}

function statusOf({ deleted, status }: Cluster): string {
  return deleted ? 'deleted' : (status ?? 'unknown');
}

function shownName({ id, name }: Cluster): string {
  return name === null ? id : `${name} (${id})`;
}
