import { CastAiError } from '../domain/errors.ts';
import { HttpError, type HttpResponse } from '../http/exchange.ts';
import type { ClusterReads } from '../run/ports.ts';
import { notRead, readError } from './errors.ts';
import type { Read } from './list.ts';
import { readAutoscaler } from './no-effect.ts';
import { FALLBACK_NODES, type NodeQuery, readAllNodes, SPOT_TYPES } from './nodes.ts';
import { readTemplates } from './templates.ts';

/** Maximum bytes of a response: 400 templates, or a page of nodes with long labels, take a few megabytes. */
const MAX_BYTES = 16 * 1024 * 1024;

type Get = (
  path: string,
  options: { readonly signal: AbortSignal | undefined; readonly maxBytes: number },
) => Promise<HttpResponse>;

/** The optional reads of a cluster. Each throws CastAiError, or CastAiAuthError for a rejected key. */
export function clusterReads(get: Get): ClusterReads {
  async function read<T>(
    path: string,
    what: string,
    signal: AbortSignal | undefined,
    understand: (response: HttpResponse) => Read<T>,
  ): Promise<T> {
    const response = await get(path, { signal, maxBytes: MAX_BYTES }).catch((error: unknown) => {
      throw error instanceof HttpError ? readError(error, what) : error;
    });
    const { value, fault } = understand(response);
    if (fault === null) return value;
    throw new CastAiError('CASTAI_MALFORMED', notRead(what, fault, response.requestId), response.status);
  }

  function readNodes<T>(
    wanted: NodeQuery<T>,
    clusterId: string,
    signal: AbortSignal | undefined,
  ): Promise<T[]> {
    const path = `/v1/kubernetes/external-clusters/${encodeURIComponent(clusterId)}/nodes`;
    return readAllNodes(wanted, (query, understand) =>
      read(`${path}?${query}`, wanted.what, signal, understand),
    );
  }

  return {
    listTemplates(clusterId, signal) {
      const path = `/v1/kubernetes/clusters/${encodeURIComponent(clusterId)}/node-templates?includeDefault=true`;
      return read(path, 'node templates', signal, readTemplates);
    },

    async countSpotNodes(clusterId, signal) {
      const nodes = new Map<string, number>();
      let withoutType = 0;
      for (const type of await readNodes(SPOT_TYPES, clusterId, signal)) {
        if (type === null) withoutType += 1;
        else nodes.set(type, (nodes.get(type) ?? 0) + 1);
      }
      return { nodes, withoutType };
    },

    listFallbackNodes(clusterId, signal) {
      return readNodes(FALLBACK_NODES, clusterId, signal);
    },

    readAutoscaler(clusterId, signal) {
      const path = `/v1/kubernetes/clusters/${encodeURIComponent(clusterId)}/policies`;
      return read(path, 'autoscaler policies', signal, readAutoscaler);
    },
  };
}
