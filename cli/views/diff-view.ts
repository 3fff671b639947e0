// What `diff` prints. Pure: facts in, text out.

import { plainText } from '../../lambda/input/plain-text.ts';
import type { DiffFormat } from '../run/invocation.ts';
import { wrap } from '../terminal/host.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { type Change, type ClusterDiff, type Diff, KINDS } from './diff.ts';
import { escaped, tableRow } from './escaping.ts';

const SIGNS: Readonly<Record<Change['kind'], string>> = { added: '+', spared: '~', calmed: '-' };
const WORDS: Readonly<Record<Change['kind'], string>> = {
  added: 'now kept off Spot',
  spared: 'now kept available',
  calmed: 'calmed down',
};

/** How much of the text is shown, and how wide it may be. */
type Look = Pick<Terminal, 'listedTypes' | 'width'>;

/**
 * @param look where the text is shown; Markdown is always complete
 * @returns the changes, one per line, with a final line break
 */
export function viewDiff(diff: Diff, format: DiffFormat, look: Look): string {
  if (format === 'markdown') return `${markdown(diff).join('\n')}\n`;
  return wrap(`${plain(diff, look).join('\n')}\n`, look.width);
}

function plain({ notes, clusters }: Diff, look: Look): string[] {
  return [
    ...notes,
    ...clusters.flatMap((cluster, index) => [...(index > 0 ? [''] : []), ...plainCluster(cluster, look)]),
  ];
}

/** First the totals, then the changes, by kind and reason. */
function plainCluster(cluster: ClusterDiff, { listedTypes }: Look): string[] {
  const { changes, nodes, problem } = cluster;
  if (problem !== null) return [plainText(`${headingOf(cluster)} ${problem}.`)];
  const groups = KINDS.map((kind) => ({
    kind,
    all: changes.filter((change) => change.kind === kind),
  })).filter(({ all }) => all.length > 0);
  const totals = groups.map(({ kind, all }) => `${SIGNS[kind]}${all.length} ${WORDS[kind]}`);
  return [
    plainText(headingOf(cluster)),
    ...(changes.length > 0 ? [`Changes: ${totals.join(', ')}.`] : []),
    summaryOf(cluster),
    ...(nodes === null ? [] : [`${nodes}.`]),
    ...groups.flatMap(({ kind, all }) => {
      const shown = all.slice(0, listedTypes);
      const rest = all.length - shown.length;
      return [
        ...[...Map.groupBy(shown, ({ reason }) => reason)].flatMap(([reason, those]) => [
          `${WORDS[kind]}${reason === '' ? '' : `; ${plainText(reason)}`}:`,
          ...rowsOf(those),
        ]),
        ...(rest > 0 ? [`… and ${rest} more ${WORDS[kind]}; piped, all are listed`] : []),
      ];
    }),
  ];
}

function rowsOf(changes: readonly Change[]): string[] {
  const width = Math.max(...changes.map(({ instanceType }) => instanceType.length));
  return changes.map((change) => {
    const facts = [bandsIn(change), nodesIn(change)].filter((fact) => fact !== '');
    return `${SIGNS[change.kind]} ${plainText(change.instanceType).padEnd(width)}  ${plainText(facts.join('; '))}`;
  });
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
