// What `diff` prints. Pure: facts in, text out.

import { plainText } from '../lambda/input/plain-text.ts';
import type { Change, ClusterDiff, Diff } from './diff.ts';
import { escaped, tableRow } from './markdown.ts';

export const DIFF_FORMATS = ['text', 'markdown'] as const;
export type DiffFormat = (typeof DIFF_FORMATS)[number];

const SIGNS: Readonly<Record<Change['kind'], string>> = { added: '+', spared: '~', calmed: '-' };
const WORDS: Readonly<Record<Change['kind'], string>> = {
  added: 'now kept off Spot',
  spared: 'now kept available',
  calmed: 'calmed down',
};

/** @returns the changes, one per line, with a final line break */
export function viewDiff(diff: Diff, format: DiffFormat): string {
  const view = format === 'markdown' ? markdown : plain;
  return `${view(diff).join('\n')}\n`;
}

function plain({ notes, clusters }: Diff): string[] {
  return [
    ...notes,
    ...clusters.flatMap((cluster, index) => [...(index > 0 ? [''] : []), ...plainCluster(cluster)]),
  ];
}

function plainCluster(cluster: ClusterDiff): string[] {
  const { changes, nodes, problem } = cluster;
  if (problem !== null) return [plainText(`${headingOf(cluster)} ${problem}.`)];
  const width = Math.max(...changes.map(({ instanceType }) => instanceType.length), 0);
  return [
    plainText(headingOf(cluster)),
    ...changes.map((change) => {
      const facts = [WORDS[change.kind], nodesIn(change), change.reason].filter((fact) => fact !== '');
      const name = plainText(change.instanceType).padEnd(width);
      return `${SIGNS[change.kind]} ${name}  ${plainText(`${bandsIn(change)}: ${facts.join('; ')}`)}`;
    }),
    ...(nodes === null ? [] : [`${nodes}.`]),
    summaryOf(cluster),
  ];
}

function markdown({ notes, clusters }: Diff): string[] {
  return [...notes.flatMap((note) => [escaped(note), '']), ...clusters.flatMap(markdownCluster)];
}

function markdownCluster(cluster: ClusterDiff): string[] {
  const { changes, nodes, problem } = cluster;
  const heading = `## ${escaped(headingOf(cluster))}`;
  if (problem !== null) return [heading, '', `It ${escaped(problem)}.`, ''];
  const rows = changes.map((change) => {
    const cells = [
      WORDS[change.kind],
      change.instanceType,
      bandsIn(change),
      change.nodes || '',
      change.reason,
    ];
    return tableRow(cells.map(String));
  });
  const table = [
    '| change | type | band | Spot nodes | why |',
    '| --- | --- | --- | ---: | --- |',
    ...rows,
    '',
  ];
  return [
    heading,
    '',
    ...(rows.length > 0 ? table : []),
    ...(nodes === null ? [] : [`${escaped(nodes)}.`, '']),
    escaped(summaryOf(cluster)),
    '',
  ];
}

function headingOf({ name, region }: ClusterDiff): string {
  return region === null ? name : `${name} (${region})`;
}

function bandsIn({ band: [before, after] }: Change): string {
  return before === after || before === null ? (after ?? 'no band') : `${before} -> ${after ?? 'no band'}`;
}

function nodesIn({ nodes }: Change): string {
  return nodes === 0 ? '' : `${nodes} Spot node${nodes === 1 ? '' : 's'}`;
}

function summaryOf({ changes, unchanged: { off, spared } }: ClusterDiff): string {
  const none = changes.length === 0 ? 'Nothing has changed: ' : 'As before, ';
  return `${none}${off} types are kept off Spot, and ${spared} risky ones are kept available.`;
}
