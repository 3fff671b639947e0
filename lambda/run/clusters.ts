import { CastAiAuthError, ClusterError } from '../domain/errors.ts';
import { isSameId, shortList } from '../domain/words.ts';
import { suggestion } from '../input/near-names.ts';
import type { Settings } from '../settings/settings.ts';
import { type NameFilter, type NameGlobs, nameFilter } from './cluster-names.ts';
import type { SelectedCluster } from './planned.ts';
import type { CastAi, Cluster, Credentials } from './ports.ts';

export interface SkippedCluster extends SelectedCluster {
  /** For the user, shown after the cluster's name. */
  readonly reason: string;
  /** Whether it no longer exists. */
  readonly isGone: boolean;
}

export interface Selection {
  readonly clusters: readonly SelectedCluster[];
  readonly skipped: readonly SkippedCluster[];
  readonly warnings: readonly string[];
}

/** Which clusters to select. */
export interface Wanted extends NameGlobs {
  readonly operation: Settings['operation'];
  /** From the settings; null for each cluster's own. */
  readonly region: string | null;
}

/** States, by operation, in which CAST AI does not manage a cluster yet, or no longer. */
const UNWORKABLE: Record<Settings['operation'], readonly string[]> = {
  apply: ['connecting', 'deleting', 'deleted', 'archived', 'failed'],
  // Entries of a failing cluster must remain removable.
  clear: ['deleting', 'deleted', 'archived'],
};

/** States that CAST AI lists for a long time and that need no attention. */
const GONE = ['deleted', 'archived'];

/**
 * Selects the clusters of a run, and verifies before the first write that they are the intended ones.
 *
 * @throws {ClusterError} if the secret's cluster, or the fleet, is not what was intended
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
  const names = nameFilter(wanted);
  let cluster: Cluster | null;
  try {
    cluster = await castai.getCluster(clusterId, signal);
  } catch (error) {
    const isForbidden = error instanceof CastAiAuthError && error.code === 'KEY_FORBIDDEN';
    // `clear` needs no region, `apply` needs one from either source; a name is known to CAST AI only.
    const isUnknown = (region === null && operation === 'apply') || names.selects(null) === null;
    if (!isForbidden || isUnknown) throw error;
    const place = region === null ? '' : ` in ${region}`;
    const warning = `The API key may not read clusters, so it was not checked that ${clusterId} is an EKS cluster${place}.`;
    return {
      clusters: [{ id: clusterId, name: null, region, doubts: [] }],
      skipped: [],
      warnings: [warning],
    };
  }
  return selectionOf(refuseUnlessKnown(cluster, clusterId), organizationId, wanted);
}

/**
 * Selects one cluster of a fleet, which must be readable: nothing else shows that it is the organization's.
 *
 * @throws {ClusterError} if it is not, or cannot be managed
 * @throws {CastAiError | CastAiAuthError} if it cannot be read
 */
export async function selectOfFleet(
  castai: CastAi,
  clusterId: string,
  organizationId: string,
  wanted: Wanted,
  signal: AbortSignal,
): Promise<Selection> {
  const cluster = await castai.getCluster(clusterId, signal);
  return selectionOf(refuseUnlessKnown(cluster, clusterId), organizationId, wanted);
}

function refuseUnlessKnown(cluster: Cluster | null, clusterId: string): Cluster {
  if (cluster === null) {
    throw new ClusterError(
      'CLUSTER_NOT_FOUND',
      `CAST AI has no cluster ${clusterId} visible to this key, so nothing was written. Check cluster-id and org-id in the secret.`,
    );
  }
  if (!isSameId(cluster.id, clusterId)) {
    throw new ClusterError(
      'CLUSTER_NOT_FOUND',
      `CAST AI returned a different cluster than ${clusterId}, so nothing was written. Check cluster-id in the secret; if it is correct, ask CAST AI's support.`,
    );
  }
  return cluster;
}

function selectionOf(cluster: Cluster, organizationId: string, wanted: Wanted): Selection {
  refuseUnlessSelected(cluster, organizationId, wanted, nameFilter(wanted));
  return {
    clusters: [{ ...selected(cluster), region: wanted.region ?? cluster.region }],
    skipped: [],
    warnings: [],
  };
}

function refuseUnlessSelected(
  cluster: Cluster,
  organizationId: string,
  { operation, region }: Wanted,
  names: NameFilter,
): void {
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
      `Cluster ${shown} is not an EKS cluster but ${cluster.providerType ?? 'of an unknown kind'}, so nothing was written. Spot Advisor covers AWS only: check cluster-id in the secret.`,
    );
  }
  if (names.selects(cluster.name) !== true) {
    throw new ClusterError(
      'CLUSTER_NOT_SELECTED',
      `Cluster ${shown} is not selected by clusters and exceptClusters, so nothing was written. Omit these settings for a single cluster, or correct cluster-id in the secret.`,
    );
  }
  if (isUnworkable(cluster, operation)) {
    throw new ClusterError(
      'CLUSTER_NOT_WORKABLE',
      `Cluster ${shown} cannot be managed, because its status is ${statusOf(cluster)}; nothing was written. Check it in CAST AI's console; if it no longer exists, remove this target.`,
    );
  }
  if (region !== null && cluster.region !== region) {
    throw new ClusterError(
      'CLUSTER_REGION_MISMATCH',
      `Cluster ${shown} is in ${cluster.region ?? 'a region that CAST AI does not name'}, not in ${region}, so nothing was written. Correct REGION, or omit it to use the cluster's own.`,
    );
  }
}

async function selectFleet(
  castai: CastAi,
  organizationId: string,
  wanted: Wanted,
  signal: AbortSignal,
): Promise<Selection> {
  const { operation, region } = wanted;
  const names = nameFilter(wanted);
  const listed = await castai.listClusters(signal);
  const inPlace = listed.filter(
    (cluster) => cluster.providerType === 'eks' && (region === null || cluster.region === region),
  );
  const ours = inPlace.filter((cluster) => isSameId(cluster.organizationId, organizationId));
  const selectable = inPlace.filter(({ name }) => names.selects(name) === true);
  const chosen = selectable.filter((cluster) => ours.includes(cluster));
  const unowned = selectable.filter((cluster) => cluster.organizationId === null);
  const nameless = ours.filter(({ name }) => names.selects(name) === null);
  if (ours.length > 0 && chosen.length === 0) {
    throw new ClusterError(
      'NO_CLUSTERS',
      `None of the ${ours.length} EKS clusters of the fleet is selected by clusters and exceptClusters, so nothing was written. Correct these settings; the clusters are ${shortList(ours.map(shownName))}.`,
    );
  }
  if (chosen.length === 0) {
    const regions = listed.flatMap((cluster) => cluster.region ?? []);
    const place = region === null ? '' : ` in ${region}${suggestion(region, regions, 2)}`;
    throw new ClusterError(
      'NO_CLUSTERS',
      `CAST AI lists no EKS cluster of the organization ${organizationId}${place} (of ${listed.length} clusters in total) for this key, so nothing was written. Check org-id in the secret and REGION; a key of an enterprise organization sees clusters only with the id of the right child organization.`,
    );
  }
  const skipped = chosen.filter((cluster) => isUnworkable(cluster, operation));
  const clusters = chosen.filter((cluster) => !isUnworkable(cluster, operation));
  if (clusters.length === 0 && operation === 'apply') {
    // Skipping some is normal; if all were skipped, every blacklist would expire unnoticed.
    throw new ClusterError(
      'CLUSTER_NOT_WORKABLE',
      `No cluster of the fleet can be managed (${shortList(skipped.map((one) => `${shownName(one)}: ${statusOf(one)}`))}), so nothing was written. Check them in CAST AI's console.`,
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
      ...unowned.map((cluster) => ({
        ...selected(cluster),
        reason: 'CAST AI does not report its organization',
        isGone: false,
      })),
      ...nameless.map((cluster) => ({
        ...selected(cluster),
        reason: 'CAST AI does not report its name, which clusters and exceptClusters need',
        isGone: GONE.includes(statusOf(cluster)),
      })),
    ],
    warnings: names.warnings(ours.map(({ name }) => name)),
  };
}

function selected({ id, name, region, doubts }: Cluster): SelectedCluster {
  return { id, name, region, doubts };
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
