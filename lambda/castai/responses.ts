import * as v from 'valibot';
import {
  type Entry,
  expiryOf,
  extend,
  isSetTime,
  keyOf,
  UNKNOWN_KEY,
} from '../domain/blacklist/blacklist.ts';
import { INSTANCE_FAMILY, INSTANCE_TYPE } from '../domain/instance-types/instance-type.ts';
import type { HttpResponse } from '../http/exchange.ts';
import { isRecord, parsedJson } from '../input/json.ts';
import { plainName } from '../input/plain-text.ts';
import type { Cluster, OrganizationList } from '../run/ports.ts';
import { type Read, readWholeList, unreadable, untrusted } from './list.ts';
import { doubtsAboutCluster } from './no-effect.ts';

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

/** A placeholder for "no time" does not mean deleted. */
function isDeleted(deletedAt: unknown): boolean {
  const time = typeof deletedAt === 'string' ? Date.parse(deletedAt) : Number.NaN;
  return Boolean(deletedAt) && (Number.isNaN(time) || isSetTime(time, Date.now()));
}

/** @returns the entries in the response to listing the blacklist */
export function readEntries(response: HttpResponse): Read<Entry[]> {
  return asEntries(readItems(response, itemSchema));
}

/**
 * Reads the organization's list. Of a cluster's entries, only the keys and expiries are kept, and an unreadable entry
 * counts as one without expiry: one cluster's entry must not fail the others.
 *
 * @param isOurs whether an entry belongs to the organization, by its id there
 */
export function readOrganization(
  response: HttpResponse,
  isOurs: (organizationId: unknown) => boolean,
): Read<OrganizationList> {
  const list = readWholeList(response);
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
export function readCluster({ status, text }: HttpResponse): Read<Cluster> {
  const { success, output, issues } = v.safeParse(clusterSchema, parsedJson(text), { abortEarly: true });
  if (status !== 200) return untrusted(`its status is ${status}`);
  return success ? { value: output, fault: null } : untrusted(unreadable(v.getDotPath(issues[0])));
}

/** @returns the clusters in the response to listing them */
export function readClusters(response: HttpResponse): Read<Cluster[]> {
  return readItems(response, clusterSchema);
}

function readItems<T>(response: HttpResponse, schema: v.GenericSchema<unknown, T>): Read<T[]> {
  const list = readWholeList(response);
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
