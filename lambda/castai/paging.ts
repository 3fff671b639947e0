import { isRecord } from '../input/json.ts';

/*
 * CAST AI documents no paging for its lists. If it should begin to page, the first page looks like a whole list: what is
 * on the others would be added again, overwritten, or not cleared. So every name that APIs use for "there is more" is
 * looked for, wherever it stands beside the items.
 */

const isFull = (value: unknown): boolean => {
  if (Array.isArray(value)) return value.length > 0;
  if (isRecord(value)) return Object.values(value).some(isFull);
  return Boolean(value) && value !== '0';
};

/** What a key says about the rest of a list, by the letters of its name; the first that fits. */
const SIGNS: readonly { name: RegExp; isSign: (value: unknown, held: number) => boolean }[] = [
  { name: /limit|pagesize|perpage/, isSign: (value, held) => Number(value) > 0 && Number(value) <= held },
  { name: /pages|pagecount|^(current|last)?page(number)?$/, isSign: (value) => Number(value) > 1 },
  {
    name: /next|cursor|continu|pagetoken|^(has|is)?more|truncated|partial|incomplete|remaining|offset/,
    isSign: isFull,
  },
  { name: /^(is)?(last|complete|final|end)/, isSign: (value) => value === false },
  { name: /total|count/, isSign: (value, held) => Number(value) > held },
  { name: /^rel$/, isSign: (value) => value === 'next' },
];

/** As deep as answers nest what they say of pages: `meta.page.next`, `links[0].rel`. */
const DEPTH = 3;

/**
 * @param facts what an answer says beside its items, or its headers
 * @param held how many items it holds
 * @returns whether anything in it says that the list goes on
 */
export function showsMore(facts: Readonly<Record<string, unknown>>, held: number, depth = DEPTH): boolean {
  return Object.entries(facts).some(([key, value]) => {
    const letters = key.toLowerCase().replaceAll(/[^a-z]/g, '');
    const sign = SIGNS.find(({ name }) => name.test(letters));
    if (sign?.isSign(value, held)) return true;
    const inner = Array.isArray(value) ? value : [value];
    return depth > 0 && inner.filter(isRecord).some((one) => showsMore(one, held, depth - 1));
  });
}
