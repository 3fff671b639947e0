// A result as a document, for programs and pull requests. Pure: facts in, text out.
import { escapeInvisible, plainText } from '../../lambda/input/plain-text.ts';
import type { ClusterResult, DecisionResult, RunResult } from '../../lambda/report/result.ts';
import { nodesSentence } from './evidence-view.ts';
import { escaped, tableRow } from './markdown.ts';
import { viewActions, viewTemplates } from './plan-view.ts';
import { viewCluster } from './result-view.ts';
import { LISTED } from './types-list.ts';

/** What a run prints on stdout: `table` is the text for people, the others are documents. */
export const PLAN_FORMATS = ['table', 'markdown', 'csv', 'json'] as const;
export type PlanFormat = (typeof PLAN_FORMATS)[number];
export type DocumentFormat = Exclude<PlanFormat, 'table'>;

const PLAIN = { style: (_: string, text: string) => text };

/** @returns the document, with a final line break */
export function documentOf(result: RunResult, format: DocumentFormat): string {
  if (format === 'json') return `${escapeInvisible(JSON.stringify(result, null, 2))}\n`;
  return `${(format === 'csv' ? csv(result) : markdown(result)).join('\n')}\n`;
}

const COLUMNS = [
  'cluster',
  'cluster_id',
  'region',
  'action',
  'instance_type',
  'band',
  'savings_percent',
  'spot_nodes',
  'expires_at',
  'outcome',
  'reason',
  'problem',
];

/** Every decision, in the order of the result. */
function csv({ clusters }: RunResult): string[] {
  return [
    COLUMNS.join(','),
    ...clusters.flatMap((cluster) =>
      cluster.decisions.map((decision) => csvRow(cluster, decision).map(csvCell).join(',')),
    ),
  ];
}

function csvRow(
  { clusterName, clusterId, region }: ClusterResult,
  { instanceType, band, savings, action, reason, nodes, expiresAt, outcome, problem }: DecisionResult,
): (string | number | null | undefined)[] {
  const where = [clusterName, clusterId, region];
  return [...where, action, instanceType, band, savings, nodes, expiresAt, outcome, reason, problem];
}

/**
 * What a spreadsheet would take for a formula starts with an apostrophe: a cluster can have any name. That includes the
 * full-width forms of the signs.
 */
const FORMULA = /^\s*[=+\-@＝＋－＠|%]/;

export function csvCell(value: string | number | null | undefined): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number') return String(value);
  const text = plainText(value);
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return /[",;]/.test(safe) || safe !== safe.trim() ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** What changes, and what is left to lapse or kept available; the rest is counted. */
function markdown(result: RunResult): string[] {
  return [
    ...result.warnings.flatMap((warning) => [`**Warning:** ${escaped(warning)}`, '']),
    ...result.clusters.flatMap((cluster) => markdownCluster(cluster, result)),
  ];
}

function markdownCluster(cluster: ClusterResult, result: RunResult): string[] {
  const { clusterName, clusterId, region, decisions, actions, templates, warnings } = cluster;
  const left = viewTemplates(templates ?? []);
  const nodes = nodesSentence([cluster], result.policy);
  const listed = LISTED.flatMap((action) => decisions.filter((decision) => decision.action === action));
  const name = clusterName ?? clusterId;
  return [
    `## ${escaped(region === null ? name : `${name} (${region})`)}`,
    '',
    ...(nodes === null ? [] : [`${escaped(nodes)}.`, '']),
    ...(listed.length > 0 ? [...markdownTable(listed), ''] : []),
    `Decided: ${escaped(viewActions(actions))}.`,
    '',
    ...(left.length > 0 ? [...left.map((line) => `- ${escaped(line)}`), ''] : []),
    escaped(viewCluster(cluster, result, PLAIN)),
    '',
    ...warnings.flatMap((warning) => [`**Warning:** ${escaped(warning)}`, '']),
  ];
}

function markdownTable(decisions: readonly DecisionResult[]): string[] {
  return [
    '| action | type | band | saving | Spot nodes | why |',
    '| --- | --- | --- | ---: | ---: | --- |',
    ...decisions.map(({ action, instanceType, band, savings, nodes, reason }) =>
      tableRow([
        action,
        instanceType,
        band ?? '',
        savings === null ? '' : `${savings}%`,
        String(nodes ?? ''),
        reason,
      ]),
    ),
  ];
}
