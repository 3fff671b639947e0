// What is blacklisted now, as text or as a document. Pure: facts in, text out.
import { type Entry, expiryOf, keyTypeOf } from '../../lambda/domain/blacklist/blacklist.ts';
import { authorOf, type TargetNames } from '../../lambda/domain/blacklist/ownership.ts';
import { escapeInvisible, plainName, plainText, withoutKeys } from '../../lambda/input/plain-text.ts';
import type { PlanFormat } from '../run/invocation.ts';
import { csvCell, tableRow } from './escaping.ts';
import type { Look } from './types-list.ts';

/** A cluster, and the entries that concern it. */
export interface ListedCluster {
  readonly id: string;
  /** Null if it was not read. */
  readonly name: string | null;
  readonly entries: readonly Entry[];
}

/** An entry that has not expired. */
interface LiveEntry {
  readonly clusterId: string;
  readonly clusterName: string | null;
  /** Whether it concerns every cluster of the organization. */
  readonly isShared: boolean;
  readonly instanceType: string | null;
  readonly instanceFamily: string | null;
  readonly lifecycle: Entry['lifecycle'];
  /** `this target`, `target NAME` or `another owner`. */
  readonly owner: string;
  /** As CAST AI returns it, on one line, without what could be an API key. */
  readonly reason: string;
  /** ISO 8601; null for no expiry. */
  readonly expiresAt: string | null;
}

export interface Status {
  /** ISO 8601. */
  readonly at: string;
  readonly target: string;
  readonly clusters: readonly { readonly clusterId: string; readonly clusterName: string | null }[];
  /** By cluster; in it this target's first, then by name. */
  readonly entries: readonly LiveEntry[];
  readonly warnings: readonly string[];
}

const OWN = 'this target';

const LONGEST_REASON = 500;

/** @param now milliseconds since 1970; what has expired by then is left out */
export function statusOf(
  clusters: readonly ListedCluster[],
  names: TargetNames,
  warnings: readonly string[],
  now: number,
): Status {
  const entries = clusters.flatMap((cluster) => {
    const live = cluster.entries
      .filter((entry) => expiryOf(entry, now) > now)
      .map((entry) => liveEntry(cluster, entry, names, now));
    // An organization-wide entry can be in the cluster's list, too.
    return [...new Map(live.map((entry) => [JSON.stringify(entry), entry])).values()].sort(ownFirst);
  });
  return {
    at: new Date(now).toISOString(),
    target: names.targetName,
    clusters: clusters.map(({ id, name }) => ({ clusterId: id, clusterName: name && plainName(name) })),
    entries,
    warnings,
  };
}

function liveEntry({ id, name }: ListedCluster, entry: Entry, names: TargetNames, now: number): LiveEntry {
  const end = expiryOf(entry, now);
  return {
    clusterId: id,
    clusterName: name && plainName(name),
    isShared: entry.clusterId === null,
    instanceType: entry.instanceType && plainName(entry.instanceType),
    instanceFamily: entry.instanceFamily && plainName(entry.instanceFamily),
    lifecycle: entry.lifecycle,
    owner: ownerOf(entry, id, names),
    reason: withoutKeys(plainText(entry.reason.slice(0, LONGEST_REASON))),
    expiresAt: Number.isFinite(end) ? new Date(end).toISOString() : null,
  };
}

/** An entry with this target's marker that a run would neither renew nor remove is another owner's. */
function ownerOf(entry: Entry, clusterId: string, names: TargetNames): string {
  const author = authorOf(entry.reason, names);
  if (author.kind === 'target') return author.name === null ? 'another target' : `target ${author.name}`;
  return author.kind === 'own' && keyTypeOf(entry, clusterId) !== null ? OWN : 'another owner';
}

const nameOf = ({ instanceType, instanceFamily }: LiveEntry) =>
  instanceType ?? (instanceFamily === null ? '?' : `${instanceFamily}.*`);

function ownFirst(a: LiveEntry, b: LiveEntry): number {
  const rank = ({ owner }: LiveEntry) => (owner === OWN ? 0 : 1);
  return rank(a) - rank(b) || nameOf(a).localeCompare(nameOf(b), 'en', { numeric: true });
}

/** @returns the document, with a final line break */
export function statusDocument(status: Status, format: PlanFormat, look: Look): string {
  if (format === 'json') return `${escapeInvisible(JSON.stringify(status, null, 2))}\n`;
  const lines = { table: textLines, markdown: markdownLines, csv: csvLines }[format](status, look);
  return `${lines.join('\n')}\n`;
}

function csvLines({ entries }: Status): string[] {
  const columns = 'cluster,cluster_id,instance_type,instance_family,lifecycle,owner,expires_at,reason';
  return [
    columns,
    ...entries.map(({ clusterName, clusterId, isShared: _, ...entry }) => {
      const { instanceType, instanceFamily, lifecycle, owner, expiresAt, reason } = entry;
      const cells = [
        clusterName,
        clusterId,
        instanceType,
        instanceFamily,
        lifecycle,
        owner,
        expiresAt,
        reason,
      ];
      return cells.map(csvCell).join(',');
    }),
  ];
}

function markdownLines(status: Status): string[] {
  return status.clusters.flatMap((cluster) => {
    const rows = rowsOf(status, cluster.clusterId);
    const table = [tableRow(HEAD), '| --- | --- | --- | --- | --- |', ...rows.map(tableRow)];
    return [`## ${summaryOf(status, cluster)}`, '', ...(rows.length > 0 ? [...table, ''] : [])];
  });
}

const HEAD = ['Type', 'For', 'Owner', 'Until (UTC)', 'Reason'];

function textLines(status: Status, { style }: Look): string[] {
  return status.clusters.flatMap((cluster) => {
    const rows = rowsOf(status, cluster.clusterId);
    const all = [HEAD, ...rows];
    const widths = HEAD.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
    const padded = all.map((row) =>
      `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd(),
    );
    const [head = '', ...rest] = padded;
    const title = style('bold', summaryOf(status, cluster));
    return rows.length === 0 ? [title] : [title, head, ...rest];
  });
}

function rowsOf({ entries }: Status, clusterId: string): string[][] {
  return entries
    .filter((entry) => entry.clusterId === clusterId)
    .map((entry) => [
      nameOf(entry),
      entry.lifecycle === 'on_demand' ? 'on-demand' : entry.lifecycle,
      entry.isShared ? `${entry.owner}, whole organization` : entry.owner,
      entry.expiresAt === null ? 'no expiry' : entry.expiresAt.slice(0, 16).replace('T', ' '),
      entry.reason,
    ]);
}

function summaryOf(
  { entries, target }: Status,
  { clusterId, clusterName }: Status['clusters'][number],
): string {
  const name = clusterName ?? clusterId;
  const all = entries.filter((entry) => entry.clusterId === clusterId);
  if (all.length === 0) return `${name}: nothing is blacklisted`;
  const own = all.filter(({ owner }) => owner === OWN).length;
  const others = all.length - own;
  const parts = [
    ...(own > 0 ? [`${own} of this target, ${target}`] : []),
    ...(others > 0 ? [`${others} of others`] : []),
  ];
  return `${name}: ${all.length} live ${all.length === 1 ? 'entry' : 'entries'} (${parts.join('; ')})`;
}
