// A result as a document, for programs and pull requests. Pure: facts in, text out.

import { ACTIONS, type Action } from '../../lambda/domain/decision.ts';
import { countOf, grouped } from '../../lambda/domain/words.ts';
import { escapeInvisible } from '../../lambda/input/plain-text.ts';
import type { ClusterResult, DecisionResult, RunResult } from '../../lambda/report/result.ts';
import type { DocumentFormat } from '../run/invocation.ts';
import { csvCell, escaped, tableRow } from './escaping.ts';
import { nodesSentence } from './evidence-view.ts';
import { replacementInWords } from './nodes-view.ts';
import { type OwnNodes, ownNodesOf } from './own-nodes.ts';
import { viewActions, viewTemplates } from './plan-view.ts';
import { viewCluster } from './result-view.ts';
import { familiesNamedIn, inDisplayOrder, LISTED } from './types-list.ts';

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

/** Every decision, in the order of display. */
function csv({ clusters }: RunResult): string[] {
  return [
    COLUMNS.join(','),
    ...clusters.flatMap((cluster) =>
      inDisplayOrder(cluster.decisions, familiesNamedIn([cluster])).map((decision) =>
        csvRow(cluster, decision).map(csvCell).join(','),
      ),
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

/** The longest comment on GitHub, in characters. */
const LONGEST_COMMENT = 65_536;

/**
 * What changes, and what is left to lapse or kept available; the rest is counted. It fits into a comment: of too many types,
 * each cluster shows the first ones, and of too many clusters the first are shown.
 */
function markdown(result: RunResult): string[] {
  const { warnings, clusters } = result;
  const noted = warnings.flatMap((warning) => [`**Warning:** ${escaped(warning)}`, '']);
  const most = Math.max(0, ...clusters.map(({ decisions }) => decisions.length));
  for (let rows = most; rows > 0; rows = Math.floor(rows / 2)) {
    const lines = [...noted, ...clusters.flatMap((cluster) => markdownCluster(cluster, result, rows))];
    if (lines.join('\n').length < LONGEST_COMMENT) return lines;
  }
  const lines = [...noted];
  let length = lines.join('\n').length;
  for (const [index, cluster] of clusters.entries()) {
    const next = markdownCluster(cluster, result, 0);
    length += next.join('\n').length + 1;
    if (length > LONGEST_COMMENT - 100)
      return [...lines, `${clusters.length - index} more clusters are left out.`];
    lines.push(...next);
  }
  return lines;
}

function markdownCluster(cluster: ClusterResult, result: RunResult, rows: number): string[] {
  const { clusterName, clusterId, region, decisions, actions, templates, warnings } = cluster;
  const left = viewTemplates(templates ?? []);
  const nodes = nodesSentence([cluster], result.policy);
  const own = ownNodesOf(cluster, result);
  const name = clusterName ?? clusterId;
  return [
    `## ${escaped(region === null ? name : `${name} (${region})`)}`,
    '',
    ...(nodes === null ? [] : [`${escaped(nodes)}.`, '']),
    ...(own === null ? [] : markdownNodes(own, rows)),
    `Decided: ${escaped(viewActions(actions))}. ${escaped(viewCluster(cluster, result, PLAIN))}`,
    '',
    ...warnings.flatMap((warning) => [`**Warning:** ${escaped(warning)}`, '']),
    ...(left.length > 0 ? [...left.map((line) => `- ${escaped(line)}`), ''] : []),
    ...LISTED.flatMap((action) =>
      markdownTypes(
        action,
        inDisplayOrder(
          decisions.filter((decision) => decision.action === action),
          familiesNamedIn([cluster]),
        ),
        rows,
      ),
    ),
  ];
}

/** The cluster's own nodes by band, and what is bought in place of those that are not bought again. */
function markdownNodes({ parts, replacements, sentences }: OwnNodes, rows: number): string[] {
  const shown = replacements.slice(0, rows);
  return [
    `${parts.map(({ nodes, label }) => escaped(`${grouped(nodes)}: ${label}`)).join('; ')}. ${escaped(sentences.join(' '))}`,
    '',
    ...(shown.length === 0
      ? []
      : [
          `<details><summary>The best of the same size, in place of ${countOf(replacements.length, 'type')} in use</summary>`,
          '',
          ...shown.map((one) => `- ${escaped(replacementInWords(one, Number.POSITIVE_INFINITY))}`),
          '',
          '</details>',
          '',
        ]),
  ];
}

/** The types of one action, folded: the columns that differ, and above them what all have in common. */
function markdownTypes(action: Action, decisions: readonly DecisionResult[], rows: number): string[] {
  const [first] = decisions;
  if (first === undefined) return [];
  const shown = decisions.slice(0, rows);
  const columns = MARKDOWN_COLUMNS.filter(
    ({ cell }) => decisions.length === 1 || decisions.some((decision) => cell(decision) !== cell(first)),
  );
  const common = MARKDOWN_COLUMNS.filter((column) => !columns.includes(column) && column.cell(first) !== '');
  const omitted = decisions.length - shown.length;
  return [
    `<details><summary>${action} ${decisions.length}: ${ACTIONS[action].words}</summary>`,
    '',
    ...(common.length > 0
      ? [`${common.map(({ head, cell }) => escaped(`${head}: ${cell(first)}`)).join('; ')}.`, '']
      : []),
    ...(shown.length === 0
      ? []
      : [
          `| ${columns.map(({ head }) => head).join(' | ')} |`,
          `| ${columns.map(({ isNumber }) => (isNumber ? '---:' : '---')).join(' | ')} |`,
          ...shown.map((decision) => tableRow(columns.map(({ cell }) => cell(decision)))),
          '',
        ]),
    ...(omitted > 0 ? [`${omitted} ${shown.length > 0 ? 'more ' : ''}types are left out.`, ''] : []),
    '</details>',
    '',
  ];
}

const MARKDOWN_COLUMNS: readonly {
  readonly head: string;
  readonly isNumber?: true;
  cell(decision: DecisionResult): string;
}[] = [
  { head: 'type', cell: ({ instanceType }) => instanceType },
  { head: 'band', cell: ({ band }) => band ?? '' },
  { head: 'saving', isNumber: true, cell: ({ savings }) => (savings === null ? '' : `${savings}%`) },
  { head: 'Spot nodes', isNumber: true, cell: ({ nodes }) => String(nodes ?? '') },
  { head: 'why', cell: ({ reason }) => reason },
];
