import { createHash } from 'node:crypto';
import type { CastAi, Cluster } from './castai.ts';
import type { Credentials } from './credentials.ts';
import { CastAiAuthError, ClusterError } from './errors.ts';

/** A cluster that a run works on. */
export interface SelectedCluster {
  readonly id: string;
  /** Null if the key may not read clusters. */
  readonly name: string | null;
  /** The AWS region to look up in the feed; null if neither the settings nor CAST AI say. */
  readonly region: string | null;
}

export interface Selection {
  readonly clusters: readonly SelectedCluster[];
  readonly skipped: readonly (SelectedCluster & { status: string })[];
  readonly warnings: readonly string[];
}

/** States in which a cluster is not there yet, or no longer, or out of CAST AI's reach. */
const UNWORKABLE = ['connecting', 'deleting', 'deleted', 'archived', 'failed'];

/**
 * Finds out which clusters a run works on, and makes sure before the first write that they are the right ones.
 *
 * @param region what the settings say; null for each cluster's own
 * @throws {ClusterError} if the one cluster of the secret, or the fleet, cannot be what was meant
 */
export async function selectClusters(
  castai: CastAi,
  credentials: Credentials,
  region: string | null,
  signal: AbortSignal,
): Promise<Selection> {
  if (credentials.clusterId === null) return selectFleet(castai, credentials.organizationId, region, signal);
  return selectOne(castai, credentials.clusterId, credentials.organizationId, region, signal);
}

/**
 * Puts clusters in an order that differs from run to run, so that a run that is always short of time does not always
 * leave out the same ones.
 *
 * @param seed anything that differs between runs
 */
export function inFairOrder<T extends { readonly id: string }>(clusters: readonly T[], seed: string): T[] {
  const place = ({ id }: T) => createHash('sha256').update(`${seed} ${id}`).digest('hex');
  return clusters.toSorted((a, b) => (place(a) < place(b) ? -1 : 1));
}

async function selectOne(
  castai: CastAi,
  clusterId: string,
  organizationId: string,
  region: string | null,
  signal: AbortSignal,
): Promise<Selection> {
  let cluster: Cluster | null;
  try {
    cluster = await castai.getCluster(clusterId, signal);
  } catch (error) {
    if (!(error instanceof CastAiAuthError && error.code === 'KEY_FORBIDDEN' && region !== null)) throw error;
    const warning = `The API key may not read clusters, so it was not checked that ${clusterId} is an EKS cluster in ${region}.`;
    return { clusters: [{ id: clusterId, name: null, region }], skipped: [], warnings: [warning] };
  }
  if (cluster === null) {
    throw new ClusterError(
      'CLUSTER_NOT_FOUND',
      `CAST AI has no cluster ${clusterId} for this key, so nothing was written. Check cluster-id and org-id in the secret.`,
    );
  }
  refuseUnlessMeant(cluster, organizationId, region);
  return {
    clusters: [{ id: cluster.id, name: cluster.name, region: region ?? cluster.region }],
    skipped: [],
    warnings: [],
  };
}

function refuseUnlessMeant(cluster: Cluster, organizationId: string, region: string | null): void {
  const shown = shownName(cluster);
  if (cluster.organizationId !== organizationId) {
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
  if (isUnworkable(cluster)) {
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
  region: string | null,
  signal: AbortSignal,
): Promise<Selection> {
  const listed = await castai.listClusters(signal);
  const eks = listed.filter(
    (cluster) => cluster.providerType === 'eks' && cluster.organizationId === organizationId,
  );
  const meant = eks.filter((cluster) => region === null || cluster.region === region);
  if (meant.length === 0) {
    throw new ClusterError(
      'NO_CLUSTERS',
      `CAST AI lists no EKS cluster of the organization ${organizationId}${region === null ? '' : ` in ${region}`} (of ${listed.length} in all) for this key, so nothing was written. Check org-id in the secret and REGION; a key of an enterprise organization sees clusters only with the id of the right child organization.`,
    );
  }
  const selected = (cluster: Cluster) => ({ id: cluster.id, name: cluster.name, region: cluster.region });
  return {
    clusters: meant.filter((cluster) => !isUnworkable(cluster)).map(selected),
    skipped: meant
      .filter(isUnworkable)
      .map((cluster) => ({ ...selected(cluster), status: statusOf(cluster) })),
    warnings: [],
  };
}

function isUnworkable(cluster: Cluster): boolean {
  return UNWORKABLE.includes(statusOf(cluster));
}

function statusOf({ deleted, status }: Cluster): string {
  return deleted ? 'deleted' : (status ?? 'unknown');
}

function shownName({ id, name }: Cluster): string {
  return name === null ? id : `${name} (${id})`;
}
