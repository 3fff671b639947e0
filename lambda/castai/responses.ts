import * as v from 'valibot';
import { type Entry, isSetTime } from '../domain/entry.ts';
import { INSTANCE_FAMILY, INSTANCE_TYPE } from '../domain/instance-type.ts';
import type { HttpAnswer } from '../http/exchange.ts';
import { isRecord, parsedJson } from '../input/json.ts';
import { plainName } from '../input/plain-text.ts';
import type { Cluster } from '../run/ports.ts';
import { headersShowMore, reportsError, showsMore } from './paging.ts';

/** What was read, or why the answer cannot be trusted: a place in it and what is wrong there, without any value. */
export type Read<T> =
  | { readonly value: T; readonly fault: null }
  | { readonly value: null; readonly fault: string; readonly isPart: boolean };

const optionalText = v.pipe(
  v.nullish(v.string(), null),
  // JSON made from protobuf writes an unset text as null, as '', or not at all.
  v.transform((text) => text || null),
);

/** RFC 3339, whose zone is a must: without it, when an entry ends depends on where the reader is. */
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
      // A default may be left out, and the default is `all`.
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
 * An entry of a kind that this version does not know is another owner's, and one of them must not stop every run. A type
 * that is none is dropped, so that nobody ever shows it.
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

/** Of clusters much is only shown, and one of another kind that looks odd must not keep a fleet from being done. */
const shownText = (value: unknown) => (typeof value === 'string' && value !== '' ? plainName(value) : null);

const anyText = v.pipe(v.optional(v.unknown(), null), v.transform(shownText));

const clusterSchema = v.pipe(
  v.object({
    // Further requests use it, so it is checked instead of changed.
    id: v.pipe(
      v.string(),
      v.minLength(1),
      v.check((id) => plainName(id) === id),
    ),
    name: anyText,
    organizationId: anyText,
    providerType: anyText,
    status: anyText,
    region: v.optional(v.unknown()),
    deletedAt: v.optional(v.unknown()),
  }),
  v.transform(({ region, deletedAt, ...cluster }): Cluster => {
    const name = isRecord(region) ? region['name'] : null;
    return {
      ...cluster,
      providerType: cluster.providerType?.toLowerCase() ?? null,
      status: cluster.status?.toLowerCase() ?? null,
      region: shownText(name)?.toLowerCase() ?? null,
      deleted: isDeleted(deletedAt),
    };
  }),
);

/** A time that stands for none does not mean that the cluster was deleted. */
function isDeleted(deletedAt: unknown): boolean {
  const time = typeof deletedAt === 'string' ? Date.parse(deletedAt) : Number.NaN;
  return Boolean(deletedAt) && (Number.isNaN(time) || isSetTime(time, Date.now()));
}

/** @returns the entries in the answer to listing the blacklist */
export function readEntries(answer: HttpAnswer): Read<Entry[]> {
  return asEntries(readItems(answer, itemSchema));
}

/** @returns those entries that are for the whole organization; what is for a cluster is not even looked at */
export function readSharedEntries(answer: HttpAnswer): Read<Entry[]> {
  return asEntries(readItems(answer, itemSchema, (item) => !isRecord(item) || !item['clusterId']));
}

function asEntries(read: Read<v.InferOutput<typeof itemSchema>[]>): Read<Entry[]> {
  return read.value === null ? read : { value: read.value.map(asEntry), fault: null };
}

/** @returns the cluster in the answer to asking for one */
export function readCluster({ status, text }: HttpAnswer): Read<Cluster> {
  const { success, output, issues } = v.safeParse(clusterSchema, parsedJson(text), { abortEarly: true });
  if (status !== 200) return untrusted(`its status is ${status}`);
  return success ? { value: output, fault: null } : untrusted(unreadable(v.getDotPath(issues[0])));
}

/** @returns the clusters in the answer to listing them */
export function readClusters(answer: HttpAnswer): Read<Cluster[]> {
  return readItems(answer, clusterSchema);
}

/**
 * An empty list may come as `{}` or with `items: null`, which is how protobuf and Go write it. An object without
 * `items` but with something else in it is not a list, and one item that cannot be read spoils the whole: an
 * entry that is not seen might be the one that must not be touched. (v.object() would take an array for an entry
 * without fields.) For the same reason a list that is not whole is none.
 */
function readItems<T>(
  { status, text, headers }: HttpAnswer,
  schema: v.GenericSchema<unknown, T>,
  isWanted: (item: unknown) => boolean = () => true,
): Read<T[]> {
  const body = parsedJson(text);
  if (!isRecord(body)) return untrusted('it is not a JSON object');
  const { items = null, ...others } = body;
  if (
    !Array.isArray(items) &&
    (items !== null || (!Object.hasOwn(body, 'items') && Object.keys(body).length > 0))
  )
    return untrusted(unreadable('items'));
  if (reportsError(others)) return untrusted('it reports an error');
  const held = items?.length ?? 0;
  if (status !== 200 || showsMore(others, held) || headersShowMore(headers, held))
    return {
      value: null,
      fault: `it says that there is more than the ${held} items that it holds`,
      isPart: true,
    };
  const list = v.array(v.pipe(v.custom(isRecord), schema));
  const { success, output, issues } = v.safeParse(list, (items ?? []).filter(isWanted), { abortEarly: true });
  if (success) return { value: output, fault: null };
  const [, index, field] = /^(\d+)\.?(\w*)/.exec(v.getDotPath(issues[0]) ?? '') ?? [];
  return untrusted(unreadable(`items[${index}]${field ? `.${field}` : ''}`));
}

function untrusted(fault: string): Read<never> {
  return { value: null, fault, isPart: false };
}

function unreadable(place: string | null): string {
  return `${place ?? 'it'} is missing or unreadable`;
}
