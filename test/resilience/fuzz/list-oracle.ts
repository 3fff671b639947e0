// What a served list means, read from docs/castai-api.md and the README and from nothing in lambda/.
import { parseJson } from '../../../cli/demo/sandbox/http/exchange.ts';
import { HOUR } from '../../support/deployment.ts';
import { isObject, LIFE, MARKER, NOW } from './fuzz-run.ts';

/** The maximum difference between the clocks of a run and of CAST AI. */
const MINUTE = 60_000;

interface Item {
  readonly type: string | null;
  readonly family: string | null;
  readonly isForCluster: boolean;
  readonly lifecycle: string;
  /** Milliseconds since 1970; Infinity for no expiry. */
  readonly until: number;
  readonly reason: string;
}

/** The types that may, or have to, be written after a list. */
export interface Expected {
  readonly added: readonly string[];
  /** Risky ones whose own entry has half to three quarters of its time left: some of them are renewed early. */
  readonly early: ReadonlySet<string>;
  readonly removed: readonly string[];
  /** Those under whose key there is no live entry of another owner: nothing else may ever be removed. */
  readonly removable: ReadonlySet<string>;
}

/** Whose list it is, and what is to be done with it. */
export interface Situation {
  readonly organizationId: string;
  readonly clusterId: string;
  readonly risky: readonly string[];
  readonly calm: readonly string[];
  readonly operation: 'apply' | 'clear';
  readonly releaseCalm: boolean;
}

/** @returns null if the list cannot be trusted: then there must be no write at all */
export function expectedAfter(body: string, situation: Situation): Expected | null {
  const items = itemsIn(body, situation);
  if (items === null) return null;
  const live = items.filter(({ until }) => until > NOW);
  // "For this cluster, one type, Spot only, and with a reason that starts with …"
  const isKey = ({ type, family, isForCluster, lifecycle }: Item) =>
    type !== null && family === null && isForCluster && lifecycle === 'spot';
  const isOwn = (item: Item) => isKey(item) && item.reason.startsWith(MARKER);
  const isForeignKey = (item: Item) => isKey(item) && !isOwn(item);
  const ofType = (type: string | null) => (item: Item) => item.type === type;
  const isFree = (type: string | null) => !live.some((item) => ofType(type)(item) && isForeignKey(item));
  const ownUntil = (type: string) =>
    Math.max(0, ...live.filter((item) => ofType(type)(item) && isOwn(item)).map(({ until }) => until));

  const isEnough = (until: number) => until - NOW >= LIFE / 2;
  const isCovered = (type: string) =>
    live.some(
      (item) =>
        !isOwn(item) &&
        ['spot', 'all'].includes(item.lifecycle) &&
        (item.type === type || item.family === type.split('.')[0]) &&
        isEnough(item.until),
    );
  // Where no entry at all has a reason, it may be an own one, from an API that gives no reasons back.
  const givesReasons = items.some(({ reason }) => reason !== '');
  const isClaimed = (type: string) =>
    live.some((item) => ofType(type)(item) && isForeignKey(item) && givesReasons);
  const isKept = (type: string) => isEnough(ownUntil(type)) && ownUntil(type) !== Number.POSITIVE_INFINITY;

  const ownTypes = [...new Set(live.filter(isOwn).map(({ type }) => type ?? ''))].filter(isFree);
  const isClear = situation.operation === 'clear';
  return {
    added: isClear
      ? []
      : situation.risky.filter((type) => !isKept(type) && !isCovered(type) && !isClaimed(type)),
    early: new Set(
      isClear ? [] : situation.risky.filter((type) => isKept(type) && ownUntil(type) - NOW < LIFE * 0.75),
    ),
    removed: ownTypes.filter(
      (type) =>
        isClear ||
        (situation.releaseCalm && situation.calm.includes(type)) ||
        // It would never lapse.
        (!situation.risky.includes(type) && ownUntil(type) === Number.POSITIVE_INFINITY),
    ),
    removable: new Set([...situation.risky, ...ownTypes].filter(isFree)),
  };
}

/** Whether the organization's list has entries of the cluster that last, and the cluster's own lacks one of them. */
export function contradicts(
  organization: string,
  cluster: string,
  ids: Pick<Situation, 'organizationId' | 'clusterId'>,
): boolean {
  const ofCluster = (body: string) => (itemsIn(body, ids) ?? []).filter(({ isForCluster }) => isForCluster);
  const keyOf = ({ type, family, lifecycle }: Item) => `${type} ${family} ${lifecycle}`;
  const keys = new Set(ofCluster(cluster).map(keyOf));
  return ofCluster(organization).some((item) => item.until > NOW + MINUTE && !keys.has(keyOf(item)));
}

/** The items that concern the cluster; null if one of all, or the list itself, cannot be read. */
function itemsIn(
  body: string,
  { organizationId, clusterId }: Pick<Situation, 'organizationId' | 'clusterId'>,
): Item[] | null {
  const list = parseJson(body);
  if (!isObject(list)) return null;
  if (Object.keys(list).length === 0 || list['items'] === null) return [];
  if (!Array.isArray(list['items'])) return null;
  const isOf = (id: string | null, wanted: string) =>
    id === null || id.toLowerCase() === wanted.toLowerCase();
  const items: Item[] = [];
  for (const item of list['items'] as unknown[]) {
    if (!isObject(item)) return null;
    const names = ['organizationId', 'clusterId', 'instanceType', 'instanceFamily', 'lifecycle', 'reason'];
    const texts = names.map((name) => item[name] ?? '');
    const until = item['expiresAt'] == null ? Number.POSITIVE_INFINITY : expiryOf(item['expiresAt']);
    if (!texts.every((text) => typeof text === 'string') || until === null) return null;
    const [organization, cluster, type, family, lifecycle = '', reason = ''] = texts;
    if (!isOf(organization || null, organizationId) || !isOf(cluster || null, clusterId)) continue;
    // What is not understood belongs to another owner and covers nothing.
    const isClear =
      ['', 'all', 'spot', 'on_demand'].includes(lifecycle) &&
      (!type || /^[a-z0-9-]+\.[a-z0-9-]+$/.test(type)) &&
      (!family || /^[a-z0-9-]+$/.test(family));
    items.push({
      type: (isClear && type) || null,
      family: (isClear && family) || null,
      isForCluster: Boolean(cluster),
      lifecycle: lifecycle || 'all',
      until,
      reason,
    });
  }
  return items;
}

/** A time that is not set, as Go and others write it, is no expiry. */
function expiryOf(value: unknown): number | null {
  const time = timeOf(value);
  if (time === null) return null;
  const isSet = time >= Date.UTC(2000) && time <= NOW + 10 * 365 * 24 * HOUR;
  return isSet ? time : Number.POSITIVE_INFINITY;
}

/** RFC 3339, as protobuf's JSON has it: without a zone, the time is ambiguous. */
function timeOf(value: unknown): number | null {
  const form = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;
  if (typeof value !== 'string' || !form.test(value)) return null;
  const time = Date.parse(value);
  return Number.isNaN(time) ? null : time;
}
