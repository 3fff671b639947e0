import {
  type Cluster,
  type Entry,
  isSameId,
  readCluster,
  readClusters,
  readEntries,
} from './castai-answers.ts';
import type { Credentials } from './credentials.ts';
import { CastAiAuthError, CastAiError, type SpotBlacklistError } from './errors.ts';
import { exchange, type HttpAnswer, HttpError } from './http.ts';
import { isRecord, parsedJson } from './json.ts';

export type { Cluster, Entry } from './castai-answers.ts';

/** The entries that this project writes: for one cluster, one type, Spot only, always with an end. */
export interface OwnEntry {
  readonly clusterId: string;
  readonly instanceType: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
  readonly reason: string;
}

/** The CAST AI API as this project calls it. Every method throws CastAiError or CastAiAuthError. */
export interface CastAi {
  /** The entries that bear on one cluster, expired ones included, if the API lists them. */
  listEntries(clusterId: string, signal?: AbortSignal): Promise<Entry[]>;
  /** The entries for the whole organization. */
  listOrganizationEntries(signal?: AbortSignal): Promise<Entry[]>;
  /** Adds an entry, or adds it again. That the key exists already (409) counts as added: verify by listing. */
  add(entry: OwnEntry, signal?: AbortSignal): Promise<void>;
  /** Removes every entry of this cluster, type and lifecycle `spot`, whoever wrote it. */
  remove(key: Pick<OwnEntry, 'clusterId' | 'instanceType'>, signal?: AbortSignal): Promise<void>;
  /** @returns null if the organization has no such cluster */
  getCluster(clusterId: string, signal?: AbortSignal): Promise<Cluster | null>;
  listClusters(signal?: AbortSignal): Promise<Cluster[]>;
}

/** Milliseconds for one attempt. Answers are expected within one second. */
const TIMEOUT = 10_000;
/** With pauses of 1, 2 and 4 seconds between them, the attempts outlast a restart on the other side. */
const RETRIES = 3;

/** The fields that this project sends; a refusal may name them, and nothing else of it is shown. */
const SENT_FIELDS = ['organizationId', 'clusterId', 'instanceType', 'expiresAt', 'reason', 'lifecycle'];

/**
 * @param baseUrl the API's address, without a slash at its end
 * @param credentials the key, and the organization that every request is made for
 */
export function connectCastAi(baseUrl: string, { apiKey, organizationId }: Credentials): CastAi {
  async function call(
    method: 'GET' | 'POST',
    path: string,
    purpose: string,
    options: { json?: unknown; signal?: AbortSignal | undefined },
  ): Promise<HttpAnswer> {
    try {
      return await exchange({
        url: baseUrl + path,
        method,
        // An enterprise key sees nothing without the organization's header.
        headers: { 'x-api-key': apiKey, 'x-castai-organization-id': organizationId },
        timeout: TIMEOUT,
        retries: RETRIES,
        explain: rejectedFields,
        ...options,
      });
    } catch (error) {
      throw error instanceof HttpError ? refusal(error, purpose) : error;
    }
  }

  async function list(query: Record<string, string>, signal?: AbortSignal): Promise<Entry[]> {
    const path = `/v1/inventory/blacklist?${new URLSearchParams(query)}`;
    const answer = await call('GET', path, 'list the blacklist', { signal });
    const entries = readEntries(answer.text);
    if (entries === undefined) throw untrusted(answer, 'blacklist');
    return entries.filter(
      (entry) => entry.organizationId === null || isSameId(entry.organizationId, organizationId),
    );
  }

  return {
    async listEntries(clusterId, signal) {
      const entries = await list({ organizationId, clusterId }, signal);
      return entries
        .filter((entry) => entry.clusterId === null || isSameId(entry.clusterId, clusterId))
        .map((entry) => ({ ...entry, clusterId: entry.clusterId && clusterId }));
    },

    async listOrganizationEntries(signal) {
      const entries = await list({ organizationId }, signal);
      return entries.filter((entry) => entry.clusterId === null);
    },

    async add({ clusterId, instanceType, expiresAt, reason }, signal) {
      const json = {
        organizationId,
        clusterId,
        instanceType,
        // Left out, it would mean `all`, and take away on-demand machines too.
        lifecycle: 'spot',
        expiresAt: new Date(expiresAt).toISOString(),
        reason,
      };
      try {
        await call('POST', '/v1/inventory/blacklist/add', `blacklist ${instanceType}`, { json, signal });
      } catch (error) {
        if (!(error instanceof CastAiError && error.status === 409)) throw error;
      }
    },

    async remove({ clusterId, instanceType }, signal) {
      const json = { organizationId, clusterId, instanceType, lifecycle: 'spot' };
      await call('POST', '/v1/inventory/blacklist/remove', `release ${instanceType}`, { json, signal });
    },

    async getCluster(clusterId, signal) {
      const path = `/v1/kubernetes/external-clusters/${encodeURIComponent(clusterId)}`;
      try {
        const answer = await call('GET', path, 'read the cluster', { signal });
        const cluster = readCluster(answer.text);
        if (cluster === undefined) throw untrusted(answer, 'cluster');
        return cluster;
      } catch (error) {
        if (error instanceof CastAiError && error.status === 404) return null;
        throw error;
      }
    },

    async listClusters(signal) {
      const answer = await call('GET', '/v1/kubernetes/external-clusters', 'list the clusters', { signal });
      const clusters = readClusters(answer.text);
      if (clusters === undefined) throw untrusted(answer, 'list of clusters');
      return clusters;
    },
  };
}

function untrusted({ requestId }: HttpAnswer, what: string): CastAiError {
  return new CastAiError(
    'CASTAI_MALFORMED',
    `CAST AI's ${what} cannot be read${forSupport(requestId)}, so nothing was written after it. If CASTAI_API_URL is right, ask CAST AI's support what changed.`,
    200,
  );
}

function refusal({ status, code, requestId, explanation }: HttpError, purpose: string): SpotBlacklistError {
  const support = forSupport(requestId);
  if (status === 401) {
    return new CastAiAuthError(
      'KEY_REJECTED',
      `CAST AI does not accept the API key (401)${support}. Check api-key in the secret, that the key has not expired, and that CASTAI_API_URL is the one of your organization's region.`,
    );
  }
  if (status === 403) {
    return new CastAiAuthError(
      'KEY_FORBIDDEN',
      `The API key may not ${purpose} (403)${support}. Give its owner a role that may change the blacklist of this cluster: Viewer is not enough.`,
    );
  }
  if (status !== null && status >= 300 && status < 500 && status !== 408 && status !== 429) {
    return new CastAiError(
      'CASTAI_REFUSED',
      `CAST AI refused to ${purpose} (${status}${explanation ? `, because of ${explanation}` : ''})${support}. Check org-id and cluster-id in the secret; for a single type, NEVER_BLACKLIST can leave it out.`,
      status,
    );
  }
  if (code === 'RETRY_LATER') {
    return new CastAiError(
      'CASTAI_BUSY',
      `CAST AI asks for a longer pause (${status}) than a run waits for${support}, when asked to ${purpose}. The next run goes on; if it happens often, lower BATCH_SIZE or raise BATCH_PAUSE.`,
      status,
    );
  }
  if (code === 'ERR_ABORTED') {
    return new CastAiError(
      'CASTAI_UNREACHABLE',
      `Time ran out while CAST AI was asked to ${purpose}. The next run goes on; if it happens often, raise the function's timeout.`,
      null,
    );
  }
  const hint = status === 500 ? ' A wrong org-id in the secret is answered like this, too.' : '';
  return new CastAiError(
    'CASTAI_UNREACHABLE',
    `CAST AI did not ${purpose} (${status ?? code})${support}.${hint} The next run goes on where this one stopped.`,
    status,
  );
}

function forSupport(requestId: string | null): string {
  return requestId === null ? '' : ` [X-Castai-Request-Id ${requestId}]`;
}

/** Which of the fields that we sent a refusal complains about: `{"fieldViolations":[{"field": …}]}`. */
function rejectedFields(body: string): string | null {
  const answer = parsedJson(body);
  const violations = isRecord(answer) ? answer['fieldViolations'] : null;
  if (!Array.isArray(violations)) return null;
  const fields = violations.map((violation: unknown) => (isRecord(violation) ? violation['field'] : null));
  return SENT_FIELDS.filter((field) => fields.includes(field)).join(', ') || null;
}
