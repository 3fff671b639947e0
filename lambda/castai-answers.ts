import * as v from 'valibot';
import { isRecord, parsedJson } from './json.ts';
import { plainName } from './plain-text.ts';

/** One item of CAST AI's blacklist, whoever wrote it. */
export interface Entry {
  readonly organizationId: string | null;
  /** The cluster that it is for, or null for the whole organization. */
  readonly clusterId: string | null;
  /** Exactly one of the two is there, by contract. */
  readonly instanceType: string | null;
  readonly instanceFamily: string | null;
  readonly lifecycle: 'all' | 'spot' | 'on_demand';
  /** Milliseconds since 1970, or null for ever. */
  readonly expiresAt: number | null;
  /** Free text, shown to people; empty where CAST AI does not echo it. */
  readonly reason: string;
}

export interface Cluster {
  readonly id: string;
  readonly name: string | null;
  readonly organizationId: string | null;
  /** `eks` for clusters that this project works on. */
  readonly providerType: string | null;
  readonly status: string | null;
  readonly region: string | null;
  readonly deleted: boolean;
}

const optionalText = v.pipe(
  v.nullish(v.string(), null),
  // JSON made from protobuf writes an unset text as null, as '', or not at all.
  v.transform((text) => text || null),
);

/** A type or family with invisible characters counts as absent: no instance type has such a name. */
const typeName = v.pipe(
  optionalText,
  v.transform((name) => (name === null || plainName(name) !== name ? null : name)),
);

/** RFC 3339, whose zone is a must: without it, when an entry ends depends on where the reader is. */
const timestamp = v.pipe(
  v.string(),
  v.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/),
  v.transform((text) => Date.parse(text)),
  v.number(),
);

const itemSchema = v.object({
  organizationId: optionalText,
  clusterId: optionalText,
  instanceType: typeName,
  instanceFamily: typeName,
  // A default may be left out, and the default is `all`.
  lifecycle: v.pipe(
    optionalText,
    v.transform((lifecycle) => lifecycle ?? 'all'),
    // One that is not known might block Spot or not.
    v.picklist(['all', 'spot', 'on_demand']),
  ),
  expiresAt: v.nullish(timestamp, null),
  reason: v.pipe(
    optionalText,
    v.transform((reason) => reason ?? ''),
  ),
});

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
    return { ...cluster, region: shownText(name), deleted: Boolean(deletedAt) };
  }),
);

/** @returns whether two ids are the same: they are UUIDs, which are written in either case */
export function isSameId(a: string | null, b: string): boolean {
  return a?.toLowerCase() === b.toLowerCase();
}

/** @returns the entries in the answer to listing the blacklist, or undefined if it cannot be trusted */
export function readEntries(text: string): Entry[] | undefined {
  return readItems(text, itemSchema);
}

/** @returns the cluster in the answer to asking for one, or undefined if it cannot be trusted */
export function readCluster(text: string): Cluster | undefined {
  const { success, output } = v.safeParse(clusterSchema, parsedJson(text));
  return success ? output : undefined;
}

/** @returns the clusters in the answer to listing them, or undefined if it cannot be trusted */
export function readClusters(text: string): Cluster[] | undefined {
  return readItems(text, clusterSchema);
}

/**
 * An empty list may come as `{}` or with `items: null`, which is how protobuf and Go write it. An object without
 * `items` but with something else in it is not a list, and one item that cannot be read spoils the whole: an
 * entry that is not seen might be the one that must not be touched. (v.object() would take an array for an entry
 * without fields.)
 */
function readItems<T>(text: string, schema: v.GenericSchema<unknown, T>): T[] | undefined {
  const body = parsedJson(text);
  if (!isRecord(body)) return undefined;
  if (Object.keys(body).length === 0 || body['items'] === null) return [];
  const { success, output } = v.safeParse(v.array(v.pipe(v.custom(isRecord), schema)), body['items']);
  return success ? output : undefined;
}
