import type { HttpResponse } from '../http/exchange.ts';
import { isRecord, parsedJson } from '../input/json.ts';

/** What was read, or why the response cannot be trusted: the place and what is wrong there, without any value. */
export type Read<T> =
  | { readonly value: T; readonly fault: null }
  | { readonly value: null; readonly fault: string; readonly isPart: boolean };

/** A list or a page of one: its items, and the response's other fields. */
interface List {
  readonly items: readonly unknown[];
  readonly others: Readonly<Record<string, unknown>>;
}

/** @returns the items of a list without paging; an incomplete list is rejected */
export function readWholeList(response: HttpResponse): Read<readonly unknown[]> {
  const list = readList(response);
  if (list.value === null) return list;
  const { items, others } = list.value;
  return saysMore(response, others, items.length) ? cutShort(items.length) : { value: items, fault: null };
}

/**
 * An empty list may be `{}` or have `items: null`, as protobuf and Go write it. An object without `items` but with other
 * fields is not a list.
 *
 * @param mayHave the fields that a response without `items` may have
 */
export function readList({ text }: HttpResponse, mayHave: readonly string[] = []): Read<List> {
  const body = parsedJson(text);
  if (!isRecord(body)) return untrusted('it is not a JSON object');
  const { items = null, ...others } = body;
  const isBare = Object.keys(others).every((key) => mayHave.includes(key));
  if (!Array.isArray(items) && (items !== null || (!Object.hasOwn(body, 'items') && !isBare)))
    return untrusted(unreadable('items'));
  if (reportsError(others)) return untrusted('it reports an error');
  return { value: { items: items ?? [], others }, fault: null };
}

/** @returns whether a response reports an error beside its items, whatever its status */
export function reportsError(fields: Readonly<Record<string, unknown>>): boolean {
  const isError = /^(errors?|code|message|exception|fault|fieldviolations)$/;
  return Object.entries(fields).some(([key, value]) => isError.test(lettersOf(key)) && isFull(value));
}

/**
 * @param held the number of items in the response
 * @param all the number of items in the response and the pages before it
 * @returns whether the response says that there are more items
 */
export function saysMore(
  { status, headers }: HttpResponse,
  others: List['others'],
  held: number,
  all = held,
): boolean {
  const { link = '', 'content-range': range, 'x-pagination': pagination, ...fields } = headers;
  const paged = parsedJson(pagination ?? '');
  return (
    status !== 200 ||
    range !== undefined ||
    /\brel\s*=\s*["']?[^"';,]*\bnext\b/i.test(link) ||
    [others, fields, paged].some((facts) => isRecord(facts) && showsMore(facts, held, all))
  );
}

/*
 * CAST AI documents no pagination for its lists. If it ever paginates them, the first page looks like a complete list:
 * entries on the others would be added again, overwritten, or not cleared. So every field and header counts whose name
 * consists only of words that APIs use for pagination.
 */
const PAGING_NAME =
  /^(next|cursor|continu(ation|e)|more|truncated|partial|(in)?completed?|remaining|offset|skip(ped)?|marker|token|after|scroll|evaluated|last|final|end|done|finished|all|total|count|size|num(ber)?|limit|per|max|pages?|has|is|x|key|id|start|items|results|records|entries|elements|objects|links?|ur[il]|current|first|prev(ious)?|available|range|meta(data)?|paging|pagination|info|response|index|value)*$/;

const isReached = (limit: unknown, held: number) => Number(limit) > 0 && Number(limit) <= held;

/** Which value says that there is more, by words in the name of its field; the first match counts. */
const SIGNS: readonly (readonly [RegExp, (value: unknown, held: number, all: number) => boolean])[] = [
  [/(total|max).*page|page.*(total|max)/, (pages) => Number(pages) > 1],
  [/page.*(size|count|num)|(size|count|num).*page|limit|per|max/, isReached],
  [
    /next|cursor|continu|more|truncated|partial|incomplete|remaining|offset|skip|marker|token|after|scroll|evaluated/,
    (value) => isFull(value) && value !== 'false',
  ],
  [/page/, (page) => Number(page) > 1],
  [/last|final|end|done|finished|complete|all/, (value) => String(value) === 'false'],
  [/total|count|size|num/, (count, _, all) => Number(count) > all],
  [/range/, (range, _, all) => Number(/\/(\d+)$/.exec(String(range))?.[1]) > all],
];

/**
 * The parameters are those of {@link saysMore}.
 *
 * @param fields a response's fields other than its items, or its headers
 * @param depth how deep they may nest it: `meta.page.next`
 */
export function showsMore(
  fields: Readonly<Record<string, unknown>>,
  held: number,
  all = held,
  depth = 3,
): boolean {
  return Object.entries(fields).some(([key, value]) => {
    const name = lettersOf(key);
    if (!PAGING_NAME.test(name)) return false;
    const [, says] = SIGNS.find(([words]) => words.test(name)) ?? [];
    const isNested = isRecord(value) || Array.isArray(value);
    if (!isNested) return says?.(value, held, all) ?? false;
    const inner = [value].flat();
    // `{"next": {"href": …}}` means the same as `{"next": …}`.
    if (name.includes('next') && inner.some(isFull)) return true;
    return inner
      .filter(isRecord)
      .some((one) => one['rel'] === 'next' || (depth > 0 && showsMore(one, held, all, depth - 1)));
  });
}

function lettersOf(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z]/g, '');
}

function isFull(value: unknown): boolean {
  return typeof value === 'object' ? Object.keys(value ?? {}).length > 0 : Boolean(value) && value !== '0';
}

export function cutShort(held: number): Read<never> {
  return {
    value: null,
    fault: `it says that there are more items than the ${held} it holds`,
    isPart: true,
  };
}

export function untrusted(fault: string): Read<never> {
  return { value: null, fault, isPart: false };
}

export function unreadable(place: string | null): string {
  return `${place ?? 'it'} is missing or unreadable`;
}
