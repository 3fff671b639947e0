import { CastAiError } from '../domain/errors.ts';
import { isSameId } from '../domain/words.ts';
import { exchange, HttpError, type HttpResponse } from '../http/exchange.ts';
import { isRecord, parsedJson } from '../input/json.ts';
import type { CastAi, Credentials } from '../run/ports.ts';
import { clusterReads } from './cluster-reads.ts';
import { forSupport, requestError } from './errors.ts';
import type { Read } from './list.ts';
import { readCluster, readClusters, readEntries, readOrganization } from './responses.ts';

/** Milliseconds for one attempt. Responses usually take less than a second. */
const TIMEOUT = 10_000;
/** With pauses of 1, 2 and 4 seconds, the attempts outlast a restart of the server. */
const RETRIES = 3;

/** The path of the list, and the prefix of `/add` and `/remove`. */
export const BLACKLIST = '/v1/inventory/blacklist';

const MEGABYTE = 1024 * 1024;

/**
 * The organization's list includes every cluster's entries: 24 MB are 150 clusters with 450 entries each. Only the
 * organization-wide entries are kept, and the keys of the others; parsing takes some 200 MB of memory briefly.
 */
const ORGANIZATION_BYTES = 24 * MEGABYTE;
/** Milliseconds for one attempt: a list of that size takes longer. */
const ORGANIZATION_TIMEOUT = 30_000;

/** The fields that this project sends. Of an error response, only these names are shown. */
const SENT_FIELDS = ['organizationId', 'clusterId', 'instanceType', 'expiresAt', 'reason', 'lifecycle'];

interface Options {
  readonly json?: unknown;
  readonly signal?: AbortSignal | undefined;
  readonly maxBytes?: number;
  readonly timeout?: number;
}

/**
 * @param baseUrl the API's address, without a slash at its end
 * @param credentials the API key, and the organization of every request
 */
export function connectCastAi(baseUrl: string, { apiKey, organizationId }: Credentials): CastAi {
  function send(method: 'GET' | 'POST', path: string, options: Options): Promise<HttpResponse> {
    return exchange({
      url: baseUrl + path,
      method,
      // Without this header, an enterprise key sees nothing.
      headers: { 'x-api-key': apiKey, 'x-castai-organization-id': organizationId },
      timeout: TIMEOUT,
      retries: RETRIES,
      maxBytes: MEGABYTE,
      explain: rejectedFields,
      ...options,
    });
  }

  async function call(
    method: 'GET' | 'POST',
    path: string,
    purpose: string,
    options: Options,
  ): Promise<HttpResponse> {
    try {
      return await send(method, path, options);
    } catch (error) {
      throw error instanceof HttpError ? requestError(error, purpose) : error;
    }
  }

  // An entry of a cluster may come without one.
  const isOurs = (id: unknown) => !id || (typeof id === 'string' && isSameId(id, organizationId));

  return {
    async listEntries(clusterId, signal) {
      const path = `${BLACKLIST}?${new URLSearchParams({ organizationId, clusterId })}`;
      const options = { signal, maxBytes: 16 * MEGABYTE };
      const response = await call('GET', path, 'list the blacklist', options);
      return trusted(readEntries(response), response, 'blacklist')
        .filter((entry) => isOurs(entry.organizationId))
        .filter((entry) => entry.clusterId === null || isSameId(entry.clusterId, clusterId))
        .map((entry) => ({ ...entry, clusterId: entry.clusterId && clusterId }));
    },

    async listOrganization(signal) {
      const path = `${BLACKLIST}?${new URLSearchParams({ organizationId })}`;
      const options = { signal, maxBytes: ORGANIZATION_BYTES, timeout: ORGANIZATION_TIMEOUT };
      const response = await call('GET', path, 'list the blacklist', options);
      // The largest list, so the first that CAST AI would paginate.
      return trusted(readOrganization(response, isOurs), response, 'blacklist', 'CASTAI_TOO_LARGE');
    },

    async add({ clusterId, instanceType, expiresAt, reason }, signal) {
      const json = {
        organizationId,
        clusterId,
        instanceType,
        // If omitted, it means `all` and would block on-demand machines too.
        lifecycle: 'spot',
        expiresAt: new Date(expiresAt).toISOString(),
        reason,
      };
      try {
        await call('POST', `${BLACKLIST}/add`, `blacklist ${instanceType}`, { json, signal });
      } catch (error) {
        if (!(error instanceof CastAiError && error.status === 409)) throw error;
      }
    },

    async remove({ clusterId, instanceType }, signal) {
      const json = { organizationId, clusterId, instanceType, lifecycle: 'spot' };
      await call('POST', `${BLACKLIST}/remove`, `release ${instanceType}`, { json, signal });
    },

    async getCluster(clusterId, signal) {
      const path = `/v1/kubernetes/external-clusters/${encodeURIComponent(clusterId)}`;
      try {
        const response = await call('GET', path, 'read the cluster', { signal });
        return trusted(readCluster(response), response, 'cluster');
      } catch (error) {
        if (error instanceof CastAiError && error.status === 404) return null;
        throw error;
      }
    },

    async listClusters(signal) {
      const size = { maxBytes: 16 * MEGABYTE };
      const path = '/v1/kubernetes/external-clusters';
      const response = await call('GET', path, 'list the clusters', { signal, ...size });
      return trusted(readClusters(response), response, 'list of clusters');
    },

    reads: clusterReads((path, options) => send('GET', path, options)),
  };
}

/**
 * @param partCode the error's code if the list is incomplete
 * @throws {CastAiError} if the response cannot be trusted
 */
function trusted<T>(
  read: Read<T>,
  { requestId }: HttpResponse,
  what: string,
  partCode: 'CASTAI_MALFORMED' | 'CASTAI_TOO_LARGE' = 'CASTAI_MALFORMED',
): T {
  if (read.fault === null) return read.value;
  throw new CastAiError(
    read.isPart ? partCode : 'CASTAI_MALFORMED',
    `CAST AI's ${what} cannot be trusted: ${read.fault}${forSupport(requestId)}. Nothing was written after that. If CASTAI_API_URL is correct, check for a newer version of spot-blacklist, or ask CAST AI's support what changed.`,
    200,
  );
}

/** The sent fields that an error response rejects: `{"fieldViolations":[{"field": …}]}`. */
function rejectedFields(body: string): string | null {
  const response = parsedJson(body);
  const violations = isRecord(response) ? response['fieldViolations'] : null;
  if (!Array.isArray(violations)) return null;
  const fields = violations.map((violation: unknown) => (isRecord(violation) ? violation['field'] : null));
  return SENT_FIELDS.filter((field) => fields.includes(field)).join(', ') || null;
}
