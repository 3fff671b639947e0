import { CastAiError } from '../domain/errors.ts';
import { INSTANCE_TYPE } from '../domain/instance-types/instance-type.ts';
import { HttpError, type HttpResponse } from '../http/exchange.ts';
import { isRecord } from '../input/json.ts';
import type { ClusterReads } from '../run/ports.ts';
import { notRead, readError } from './errors.ts';
import { cutShort, type Read, readList, saysMore, unreadable, untrusted } from './list.ts';
import { readAutoscaler } from './no-effect.ts';
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
        const page: NodePage = await read(`${base}?${at}`, 'nodes', signal, (response) =>
          readNodes(response, held),
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
  return new CastAiError('CASTAI_MALFORMED', notRead('nodes', fault, null), 200);
}

/** No cursor is longer, in characters: it goes into a URL. */
const LONGEST_CURSOR = 2_000;

/** What is kept of a page of nodes: the type of each, but neither its name nor its labels. */
interface NodePage {
  /** The type of each Spot node; null where it cannot be read. */
  readonly types: readonly (string | null)[];
  /** The number of nodes on the page, including those that are not Spot. */
  readonly held: number;
  /** Where the next page starts; null on the last one. */
  readonly next: string | null;
}

/** @param before how many nodes the pages before this one held */
function readNodes(response: HttpResponse, before: number): Read<NodePage> {
  const list = readList(response, ['nextCursor']);
  if (list.value === null) return list;
  const { items, others } = list.value;
  const { nextCursor = null, ...rest } = others;
  const next = nextCursor === '' ? null : nextCursor;
  if (next !== null && (typeof next !== 'string' || next.length > LONGEST_CURSOR))
    return untrusted(unreadable('nextCursor'));
  const all = before + items.length;
  const isCut = next === null ? saysMore(response, rest, items.length, all) : response.status !== 200;
  if (isCut) return cutShort(all);
  if (items.length > 0 && !items.some(isRecord)) return untrusted(unreadable('items[0]'));
  return { value: { types: items.flatMap(spotTypeOf), held: items.length, next }, fault: null };
}

/** @returns nothing for a node that is not Spot: only those are requested, but the response is checked */
function spotTypeOf(node: unknown): (string | null)[] {
  if (!isRecord(node)) return [null];
  const { spotConfig, instanceType } = node;
  if (!isRecord(spotConfig) || spotConfig['isSpot'] !== true) return [];
  const type = typeof instanceType === 'string' ? instanceType.trim().toLowerCase() : '';
  return [INSTANCE_TYPE.test(type) ? type : null];
}
