import * as v from 'valibot';
import { type Entry, expiryOf, extend, isSetTime, keyOf, UNKNOWN_KEY } from '../domain/entry.ts';
import { INSTANCE_FAMILY, INSTANCE_TYPE } from '../domain/instance-type.ts';
import type { HttpAnswer } from '../http/exchange.ts';
import { isRecord, parsedJson } from '../input/json.ts';
import { plainName } from '../input/plain-text.ts';
import type { Cluster, OrganizationList } from '../run/ports.ts';
import { doubtsAboutCluster } from './no-effect.ts';
import { headersShowMore, reportsError, showsMore } from './paging.ts';

/** What was read, or why the response cannot be trusted: the place and what is wrong there, without any value. */
export type Read<T> =
  | { readonly value: T; readonly fault: null }
  | { readonly value: null; readonly fault: string; readonly isPart: boolean };

const optionalText = v.pipe(
  v.nullish(v.string(), null),
  // JSON generated from protobuf writes an unset string as null, as '', or omits it.
  v.transform((text) => text || null),
);

/** RFC 3339, whose time zone is mandatory: without it, the expiry would depend on the reader's time zone. */
const timestamp = v.pipe(
  v.string(),
  v.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i),
  v.transform((text) => Date.parse(text)),
  v.number(),
);

const LIFECYCLES = ['all', 'spot', 'on_demand'] as const;

const itemSchema = v.object({
  organizationId: optionalText,
  clusterId: optionalText,
  instanceType: optionalText,
  instanceFamily: optionalText,
  lifecycle: v.pipe(
    optionalText,
    v.transform((text) => {
      // A default may be omitted, and the default is `all`.
      const name = text ?? 'all';
      return LIFECYCLES.find((lifecycle) => lifecycle === name) ?? 'unknown';
    }),
  ),
  expiresAt: v.nullish(timestamp, null),
  reason: v.pipe(
    optionalText,
    v.transform((reason) => reason ?? ''),
  ),
});

/**
 * An entry of a kind that this version does not know is another owner's, and must not fail every run. An invalid type
 * name is dropped, so that it is never shown.
 */
function asEntry(item: v.InferOutput<typeof itemSchema>, index: number): Entry {
  const { instanceType, instanceFamily, lifecycle } = item;
  const isType = instanceType === null || INSTANCE_TYPE.test(instanceType);
  const isFamily = instanceFamily === null || INSTANCE_FAMILY.test(instanceFamily);
  const field = !isType
    ? 'instanceType'
    : !isFamily
      ? 'instanceFamily'
      : lifecycle === 'unknown'
        ? 'lifecycle'
        : null;
  return {
    ...item,
    instanceType: isType ? instanceType : null,
    instanceFamily: isFamily ? instanceFamily : null,
    unclear: field === null ? null : `items[${index}].${field}`,
  };
}

/** Most cluster fields are only displayed, and an unusual cluster must not fail the whole fleet. */
const shownText = (value: unknown) => (typeof value === 'string' && value !== '' ? plainName(value) : null);

const anything = v.optional(v.unknown(), null);

const anyText = v.pipe(anything, v.transform(shownText));

const clusterSchema = v.pipe(
  v.object({
    // Used in further requests, so it is validated, not cleaned.
    id: v.pipe(
      v.string(),
      v.minLength(1),
      v.check((id) => plainName(id) === id),
    ),
    name: anyText,
    organizationId: anyText,
    providerType: anyText,
    status: anything,
    region: anything,
    deletedAt: anything,
    isPhase2: anything,
    attributes: anything,
  }),
  v.transform(({ status, region, deletedAt, isPhase2, attributes, ...cluster }): Cluster => {
    return {
      ...cluster,
      providerType: cluster.providerType?.toLowerCase() ?? null,
      status: shownText(status)?.toLowerCase() ?? null,
      region: shownText(isRecord(region) && region['name'])?.toLowerCase() ?? null,
      deleted: isDeleted(deletedAt),
      doubts: doubtsAboutCluster({ status, isPhase2, attributes }),
    };
  }),
);

/** A placeholder for "no time" does not mean that the cluster was deleted. */
function isDeleted(deletedAt: unknown): boolean {
  const time = typeof deletedAt === 'string' ? Date.parse(deletedAt) : Number.NaN;
  return Boolean(deletedAt) && (Number.isNaN(time) || isSetTime(time, Date.now()));
}

/** @returns the entries in the response to listing the blacklist */
export function readEntries(answer: HttpAnswer): Read<Entry[]> {
  return asEntries(readItems(answer, itemSchema));
}

/**
 * Reads the organization's list. Of a cluster's entries, only their keys and ends are kept, and what cannot be read counts as
 * lasting: one cluster's entry must not fail the others.
 *
 * @param isOurs whether an entry belongs to the organization, by its id there
 */
export function readOrganization(
  answer: HttpAnswer,
  isOurs: (organizationId: unknown) => boolean,
): Read<OrganizationList> {
  const list = readWholeList(answer);
  if (list.value === null) return list;
  const isShared = (item: unknown) => !isRecord(item) || !item['clusterId'];
  const shared = asEntries(readEach(list.value.filter(isShared), itemSchema));
  if (shared.value === null) return shared;
  const ofClusters = new Map<string, Map<string, number>>();
  for (const [index, item] of list.value.entries()) {
    if (!isRecord(item) || typeof item['clusterId'] !== 'string' || !isOurs(item['organizationId'])) continue;
    const id = item['clusterId'].toLowerCase();
    const ends = ofClusters.get(id) ?? new Map<string, number>();
    ofClusters.set(id, ends);
    const { success, output } = v.safeParse(itemSchema, item);
    if (success) extend(ends, keyOf(asEntry(output, index)), expiryOf(output, Date.now()));
    else extend(ends, UNKNOWN_KEY, Number.POSITIVE_INFINITY);
  }
  return {
    value: { shared: shared.value.filter((entry) => isOurs(entry.organizationId)), ofClusters },
    fault: null,
  };
}

function asEntries(read: Read<v.InferOutput<typeof itemSchema>[]>): Read<Entry[]> {
  return read.value === null ? read : { value: read.value.map(asEntry), fault: null };
}

/** @returns the cluster in the response to reading one */
export function readCluster({ status, text }: HttpAnswer): Read<Cluster> {
  const { success, output, issues } = v.safeParse(clusterSchema, parsedJson(text), { abortEarly: true });
  if (status !== 200) return untrusted(`its status is ${status}`);
  return success ? { value: output, fault: null } : untrusted(unreadable(v.getDotPath(issues[0])));
}

/** @returns the clusters in the response to listing them */
export function readClusters(answer: HttpAnswer): Read<Cluster[]> {
  return readItems(answer, clusterSchema);
}

function readItems<T>(answer: HttpAnswer, schema: v.GenericSchema<unknown, T>): Read<T[]> {
  const list = readWholeList(answer);
  return list.value === null ? list : readEach(list.value, schema);
}

/** A single unreadable item invalidates the whole list: it might be the entry that must not be touched. */
function readEach<T>(items: readonly unknown[], schema: v.GenericSchema<unknown, T>): Read<T[]> {
  // v.object() would accept an array as an entry without fields.
  const list = v.array(v.pipe(v.custom(isRecord), schema));
  const { success, output, issues } = v.safeParse(list, items, { abortEarly: true });
  if (success) return { value: output, fault: null };
  const [, index, field] = /^(\d+)\.?(\w*)/.exec(v.getDotPath(issues[0]) ?? '') ?? [];
  return untrusted(unreadable(`items[${index}]${field ? `.${field}` : ''}`));
}

/** @returns the items of a list without paging; an incomplete list is rejected */
export function readWholeList(answer: HttpAnswer): Read<readonly unknown[]> {
  const list = readList(answer);
  if (list.value === null) return list;
  const { items, others } = list.value;
  return saysMore(answer, others, items.length) ? cutShort(items.length) : { value: items, fault: null };
}

/** A list or a page of one: its items, and the response's other fields. */
interface List {
  readonly items: readonly unknown[];
  readonly others: Readonly<Record<string, unknown>>;
}

/**
 * An empty list may be `{}` or have `items: null`, as protobuf and Go write it. An object without `items` but with other
 * fields is not a list.
 *
 * @param mayHave the fields that a response without `items` may have
 */
export function readList({ text }: HttpAnswer, mayHave: readonly string[] = []): Read<List> {
  const body = parsedJson(text);
  if (!isRecord(body)) return untrusted('it is not a JSON object');
  const { items = null, ...others } = body;
  const isBare = Object.keys(others).every((key) => mayHave.includes(key));
  if (!Array.isArray(items) && (items !== null || (!Object.hasOwn(body, 'items') && !isBare)))
    return untrusted(unreadable('items'));
  if (reportsError(others)) return untrusted('it reports an error');
  return { value: { items: items ?? [], others }, fault: null };
}

/**
 * @param held the number of items in the response
 * @param all the number of items in the response and the pages before it
 * @returns whether the response says that there is more
 */
export function saysMore(
  { status, headers }: HttpAnswer,
  others: List['others'],
  held: number,
  all = held,
): boolean {
  return status !== 200 || showsMore(others, held, all) || headersShowMore(headers, held, all);
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
