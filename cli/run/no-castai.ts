import { InternalError } from '../../lambda/domain/errors.ts';
import type { CastAi, Credentials } from '../../lambda/run/ports.ts';

/** The assumed cluster of a dry run without credentials: its blacklist is empty. */
export const ASSUMED: Credentials = {
  apiKey: 'none',
  organizationId: 'none',
  clusterId: 'no cluster: the blacklist is assumed to be empty',
};

export const ASSUMED_WARNING =
  'There are no credentials, so CAST AI was not read: the blacklist is assumed to be empty.';

/** @param region where the assumed cluster is */
export function assumedCastAi(region: string): CastAi {
  const noWrites = async () => {
    throw new InternalError('A run without credentials tried to write.');
  };
  const cluster = {
    id: ASSUMED.clusterId ?? '',
    name: null,
    organizationId: ASSUMED.organizationId,
    providerType: 'eks',
    status: 'ready',
    region,
    deleted: false,
    doubts: [],
  };
  return {
    listEntries: async () => [],
    listOrganization: async () => ({ shared: [], ofClusters: new Map() }),
    getCluster: async () => cluster,
    listClusters: async () => [cluster],
    add: noWrites,
    remove: noWrites,
    reads: null,
  };
}
