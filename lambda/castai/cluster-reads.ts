import { CastAiAuthError, CastAiError, type SpotBlacklistError } from '../domain/errors.ts';
import { type HttpAnswer, HttpError } from '../http/exchange.ts';
import type { ClusterReads } from '../run/ports.ts';
import { readAutoscaler } from './autoscaler.ts';
import { type NodePage, readNodes } from './nodes.ts';
import { forSupport, refusal } from './refusal.ts';
import type { Read } from './responses.ts';
import { readTemplates } from './templates.ts';

/** Maximum bytes of a response: 400 templates, or a page of nodes with long labels, take a few megabytes. */
const MAX_BYTES = 16 * 1024 * 1024;

/** Nodes per page: CAST AI's maximum. */
const PAGE = 500;
/** 50,000 nodes: ten times what Kubernetes is designed for. */
const MAX_PAGES = 100;

type Get = (
  path: string,
  options: { readonly signal: AbortSignal | undefined; readonly maxBytes: number },
) => Promise<HttpAnswer>;

/** The optional reads of a cluster. Each throws CastAiError, or CastAiAuthError for a rejected key. */
export function clusterReads(get: Get): ClusterReads {
  async function read<T>(
    path: string,
    what: string,
    signal: AbortSignal | undefined,
    understand: (answer: HttpAnswer) => Read<T>,
  ): Promise<T> {
    const answer = await get(path, { signal, maxBytes: MAX_BYTES }).catch((error: unknown) => {
      throw error instanceof HttpError ? unread(error, what) : error;
    });
    const { value, fault } = understand(answer);
    if (fault === null) return value;
    throw new CastAiError('CASTAI_MALFORMED', sentence(what, fault, answer.requestId), answer.status);
  }

  return {
    listTemplates(clusterId, signal) {
      const path = `/v1/kubernetes/clusters/${encodeURIComponent(clusterId)}/node-templates?includeDefault=true`;
      return read(path, 'node templates', signal, readTemplates);
    },

    async countSpotNodes(clusterId, signal) {
      const base = `/v1/kubernetes/external-clusters/${encodeURIComponent(clusterId)}/nodes`;
      const query = { lifecycleType: 'spot', excludeDeleting: 'true', 'page.limit': String(PAGE) };
      const nodes = new Map<string, number>();
      const seen = new Set<string>();
      let withoutType = 0;
      let held = 0;
      for (let cursor = ''; ; ) {
        const at = new URLSearchParams({ ...query, ...(cursor !== '' && { 'page.cursor': cursor }) });
        const page: NodePage = await read(`${base}?${at}`, 'nodes', signal, (answer) =>
          readNodes(answer, held),
        );
        for (const type of page.types) {
          if (type === null) withoutType += 1;
          else nodes.set(type, (nodes.get(type) ?? 0) + 1);
        }
        if (page.next === null) return { nodes, withoutType };
        if (seen.has(page.next)) throw endless('its pages lead back to one another');
        if (seen.size === MAX_PAGES - 1) throw endless(`there are more than ${MAX_PAGES} pages`);
        seen.add(page.next);
        held += page.held;
        cursor = page.next;
      }
    },

    readAutoscaler(clusterId, signal) {
      const path = `/v1/kubernetes/clusters/${encodeURIComponent(clusterId)}/policies`;
      return read(path, 'autoscaler policies', signal, readAutoscaler);
    },
  };
}

function endless(fault: string): CastAiError {
  return new CastAiError('CASTAI_MALFORMED', sentence('nodes', fault, null), 200);
}

/** A rejected key is reported as everywhere else; any other failure as a sentence that a warning can continue. */
function unread(error: HttpError, what: string): SpotBlacklistError {
  const refused = refusal(error, `list the ${what}`);
  const { code, status, what: happened, requestId } = error;
  switch (refused.code) {
    case 'KEY_REJECTED':
      return refused;
    case 'KEY_FORBIDDEN':
      return new CastAiAuthError(
        'KEY_FORBIDDEN',
        sentence(what, "403: the API key's owner needs a role that may read them", requestId),
      );
    case 'CASTAI_TOO_LARGE':
      return new CastAiError('CASTAI_TOO_LARGE', sentence(what, 'the answer is too large', requestId), null);
    case 'CASTAI_BUSY':
      return new CastAiError(
        'CASTAI_BUSY',
        sentence(what, `${status}: CAST AI asks for a long pause`, requestId),
        status,
      );
    case 'CASTAI_REFUSED':
      return new CastAiError('CASTAI_REFUSED', sentence(what, `${status}`, requestId), status);
    default:
      return new CastAiError(
        'CASTAI_UNREACHABLE',
        sentence(what, code === 'ERR_ABORTED' ? 'time ran out' : happened, requestId),
        status,
      );
  }
}

function sentence(what: string, why: string, requestId: string | null): string {
  return `CAST AI's ${what} could not be read (${why})${forSupport(requestId)}.`;
}
