import { isRecord, parsedJson } from '../input/json.ts';

/*
 * CAST AI documents no pagination for its lists. If it ever paginates them, the first page looks like a complete list:
 * entries on the others would be added again, overwritten, or not cleared. So fields beside the items, and headers, whose
 * names consist only of words that APIs use for pagination are checked.
 */

/** There is more unless the value is empty. */
const FULL = words(
  'next cursor continuation continue more truncated partial incomplete remaining offset skip skipped marker token after scroll evaluated',
);
/** There is more if the value is false. */
const NO = words('last final end done finished complete completed all');
/** There is more if the value is greater than the number of items. */
const COUNTS = words('total count size num number');
/** There is more if the value is at most the number of items: the page is full. */
const LIMITS = words('limit per max');
/** There is more if the value is greater than 1. */
const PAGES = words('page pages');
/** Other words in such names. */
const OTHERS = words(
  'has is x key id start items results records entries elements objects link links url uri current first prev previous available range meta metadata paging pagination info response index value',
);

function words(list: string): ReadonlySet<string> {
  return new Set(list.split(' '));
}

/** Names under which a response reports an error, whatever its status. */
const ERRORS = words('error errors code message exception fault fieldviolations');

/** How deep responses nest their pagination: `meta.page.next`. */
const DEPTH = 3;

const isFull = (value: unknown): boolean =>
  Array.isArray(value) || isRecord(value) ? Object.keys(value).length > 0 : Boolean(value) && value !== '0';

/** @returns whether a field of this name says that there is more */
function isSign(name: readonly string[], value: unknown, held: number, all: number): boolean {
  const has = (set: ReadonlySet<string>) => name.some((word) => set.has(word));
  if (isRecord(value) || Array.isArray(value)) return false;
  const number = Number(value);
  if (has(PAGES) && has(COUNTS) && !has(words('total'))) return number > 0 && number <= held;
  if (has(PAGES) && !has(FULL)) return number > 1;
  if (has(LIMITS)) return number > 0 && number <= held;
  if (has(FULL)) return isFull(value) && value !== 'false';
  if (has(NO)) return value === false || value === 'false';
  if (has(COUNTS)) return number > all;
  return name.includes('range') && Number(/\/(\d+)$/.exec(String(value))?.[1]) > all;
}

/** The words of a name: `nextPageToken`, `next_page_token`, `X-Next-Page-Token`. */
function wordsOf(name: string): string[] {
  return name
    .replaceAll(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z]+/)
    .filter((word) => word !== '');
}

const KNOWN = [FULL, NO, COUNTS, LIMITS, PAGES, OTHERS];

/**
 * @param facts a response's fields other than its items, or its headers
 * @param held the number of items in the response
 * @param all the number of items in the response and the pages before it
 * @returns whether any of them says that there is more
 */
export function showsMore(
  facts: Readonly<Record<string, unknown>>,
  held: number,
  all = held,
  depth = DEPTH,
): boolean {
  return Object.entries(facts).some(([key, value]) => {
    const name = wordsOf(key);
    if (!name.every((word) => KNOWN.some((set) => set.has(word)))) return false;
    if (isSign(name, value, held, all)) return true;
    const inner = Array.isArray(value) ? value : [value];
    // `{"next": {"href": …}}` means the same as `{"next": …}`.
    if (name.includes('next') && inner.some(isFull)) return true;
    return (
      depth > 0 &&
      inner.filter(isRecord).some((one) => one['rel'] === 'next' || showsMore(one, held, all, depth - 1))
    );
  });
}

/** @returns whether a header says that there is more */
export function headersShowMore(
  headers: Readonly<Record<string, string>>,
  held: number,
  all = held,
): boolean {
  const { link = '', 'content-range': range, 'x-pagination': pagination, ...others } = headers;
  const paged = parsedJson(pagination ?? '');
  return (
    /\brel\s*=\s*["']?[^"';,]*\bnext\b/i.test(link) ||
    range !== undefined ||
    (isRecord(paged) && showsMore(paged, held, all)) ||
    showsMore(others, held, all)
  );
}

/** @returns whether a response reports an error beside its items */
export function reportsError(facts: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(facts).some(([key, value]) => ERRORS.has(wordsOf(key).join('')) && isFull(value));
}
