import { INSTANCE_TYPE } from '../domain/instance-types/instance-type.ts';
import type { HttpAnswer } from '../http/exchange.ts';
import { isRecord } from '../input/json.ts';
import { cutShort, type Read, readList, saysMore, unreadable, untrusted } from './responses.ts';

/** No cursor is longer, in characters: it goes into a URL. */
const LONGEST_CURSOR = 2_000;

/** What is kept of a page of nodes: the type of each, but neither its name nor its labels. */
export interface NodePage {
  /** The type of each Spot node; null where it cannot be read. */
  readonly types: readonly (string | null)[];
  /** The number of nodes on the page, including those that are not Spot. */
  readonly held: number;
  /** Where the next page starts; null on the last one. */
  readonly next: string | null;
}

/** @param before how many nodes the pages before this one held */
export function readNodes(answer: HttpAnswer, before: number): Read<NodePage> {
  const list = readList(answer, ['nextCursor']);
  if (list.value === null) return list;
  const { items, others } = list.value;
  const { nextCursor = null, ...rest } = others;
  const next = nextCursor === '' ? null : nextCursor;
  if (next !== null && (typeof next !== 'string' || next.length > LONGEST_CURSOR))
    return untrusted(unreadable('nextCursor'));
  const all = before + items.length;
  const isCut = next === null ? saysMore(answer, rest, items.length, all) : answer.status !== 200;
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
