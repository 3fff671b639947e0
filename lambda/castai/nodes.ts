import { CastAiError } from '../domain/errors.ts';
import { INSTANCE_TYPE } from '../domain/instance-types/instance-type.ts';
import type { HttpResponse } from '../http/exchange.ts';
import { isRecord } from '../input/json.ts';
import { plainName } from '../input/plain-text.ts';
import type { FallbackNode } from '../run/ports.ts';
import { notRead } from './errors.ts';
import { cutShort, type Read, readList, saysMore, unreadable, untrusted } from './list.ts';

/** Nodes per page: CAST AI's maximum. */
const PAGE = 500;
/** 50,000 nodes: ten times what Kubernetes is designed for. */
const MAX_PAGES = 100;

/** The longest cursor to accept, in characters: it goes into a URL. */
const LONGEST_CURSOR = 2_000;

/** Which nodes to request, and what to keep of each: all of their labels would take a lot of memory. */
export interface NodeQuery<T> {
  readonly lifecycleType: 'spot' | 'fallback';
  /** What the nodes are called in errors. */
  readonly what: string;
  /** @returns nothing for a node that does not match the query: the response is checked */
  keep(node: unknown): readonly T[];
}

/** What is kept of a page of nodes. */
interface NodePage<T> {
  readonly kept: readonly T[];
  /** The number of nodes on the page, including those that do not match the query. */
  readonly held: number;
  /** Where the next page starts; null on the last one. */
  readonly next: string | null;
}

/** The types of Spot nodes; null where one cannot be read. */
export const SPOT_TYPES: NodeQuery<string | null> = {
  lifecycleType: 'spot',
  what: 'nodes',
  keep: spotTypeOf,
};

export const FALLBACK_NODES: NodeQuery<FallbackNode> = {
  lifecycleType: 'fallback',
  what: 'fallback nodes',
  keep: fallbackNodeOf,
};

/**
 * @param read requests a page by its query (`page.limit=500&…`), and parses the response
 * @returns what is kept of the nodes of all pages
 * @throws {CastAiError} if the pages do not end
 */
export async function readAllNodes<T>(
  { lifecycleType, what, keep }: NodeQuery<T>,
  read: (
    query: URLSearchParams,
    understand: (response: HttpResponse) => Read<NodePage<T>>,
  ) => Promise<NodePage<T>>,
): Promise<T[]> {
  const endless = (fault: string) => new CastAiError('CASTAI_MALFORMED', notRead(what, fault, null), 200);
  const query = { lifecycleType, excludeDeleting: 'true', 'page.limit': String(PAGE) };
  const nodes: T[] = [];
  const seen = new Set<string>();
  let held = 0;
  for (let cursor = ''; ; ) {
    const at = new URLSearchParams({ ...query, ...(cursor !== '' && { 'page.cursor': cursor }) });
    const page = await read(at, (response) => readPage(response, held, keep));
    nodes.push(...page.kept);
    if (page.next === null) return nodes;
    if (seen.has(page.next)) throw endless('its pages lead back to one another');
    if (seen.size === MAX_PAGES - 1) throw endless(`there are more than ${MAX_PAGES} pages`);
    seen.add(page.next);
    held += page.held;
    cursor = page.next;
  }
}

/** @param before how many nodes the pages before this one held */
function readPage<T>(response: HttpResponse, before: number, keep: NodeQuery<T>['keep']): Read<NodePage<T>> {
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
  return { value: { kept: items.flatMap((node) => [...keep(node)]), held: items.length, next }, fault: null };
}

function spotTypeOf(node: unknown): (string | null)[] {
  if (!isRecord(node)) return [null];
  const { spotConfig, instanceType } = node;
  if (!isRecord(spotConfig) || spotConfig['isSpot'] !== true) return [];
  const type = typeof instanceType === 'string' ? instanceType.trim().toLowerCase() : '';
  return [INSTANCE_TYPE.test(type) ? type : null];
}

/** CAST AI sets it on the nodes that it buys on-demand because Spot is short. */
const FALLBACK_LABEL = 'scheduling.cast.ai/spot-fallback';

/** A node whose name or age cannot be read is left out: it cannot be named, or is not known to be old. */
function fallbackNodeOf(node: unknown): FallbackNode[] {
  if (!isRecord(node) || !isRecord(node['labels']) || !Object.hasOwn(node['labels'], FALLBACK_LABEL))
    return [];
  const { name, createdAt } = node;
  if (typeof name !== 'string' || name.trim() === '' || typeof createdAt !== 'string') return [];
  const since = Date.parse(createdAt);
  return Number.isNaN(since) ? [] : [{ name: plainName(name), createdAt: since }];
}
