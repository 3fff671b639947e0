import { markdownTable } from '../../docs/markdown-table.ts';
import { type Ending, ERROR_NAMES, endingOf } from './expectations.ts';
import { ALL_KINDS, type Kind, kindOf } from './kinds.ts';
import { ALL_POINTS, isBeforeWriting, type Point, pointOf } from './points.ts';

const INTRODUCTION = `# What a run does when something goes wrong

Made by \`npm run docs\` from the table that \`test/resilience/faults/fault-matrix.test.ts\` plays through, case by case, over real
connections: every kind of fault at every point of a run. In every case of it

- the run ends by itself before its time is up, and its error says what to do;
- no entry of another owner is changed, and no result, error or log line shows the API key;
- what was covered stays covered, with one exception: if CAST AI ignores a renewal, the entry is removed and added, and if
  the add fails, that one type is open until the next run, and no other is tried;
- an entry that is not to be released is left to lapse;
- the next run, when the fault is over, does all that is missing.

The same holds when the process is killed during the writes or before the list is read again; killed between removing and
adding again, it leaves that one type open until the next run. And it holds when others change the list meanwhile:
what they add stays; what they remove of the run's writes is added again in the same run, and kept entries in the next
(\`test/resilience/faults/between.test.ts\`).

A run whose event cannot be sent is done, logged and returned all the same: the line \`Event not sent\` says why.

A run whose metrics cannot be written is done, logged and returned all the same; the alarm for runs that do not complete
notices that they are missing (\`test/resilience/faults/output.test.ts\`).
`;

const READS = `## Before the first write

A run that fails here has written nothing. (It completes where a key may not read the organization's list, or it is too large, and
without node templates, nodes and policies, unless the key is rejected.)
`;

const WRITES = `## From the first write on

A fault of one write leaves the others alone, but for two: a key that is refused stops the writing at once, and so does being
told for the third time to come back much later. What the list does not confirm counts as not done; what it confirms is done,
whatever the answer was.
`;

/** The whole of docs/faults.md. */
export function faultsDocument(): string {
  const names = Object.entries(ERROR_NAMES).map(([code, name]) => [`\`${code}\``, `\`${name}\``]);
  return [
    INTRODUCTION,
    kindsInWords(),
    READS,
    ...tableOf(ALL_POINTS.filter(isBeforeWriting)),
    WRITES,
    ...tableOf(ALL_POINTS.filter((point) => !isBeforeWriting(point))),
    '## The errors\n',
    ...markdownTable(['code', 'error'], names),
  ].join('\n');
}

const passes = (kind: Kind) => ALL_POINTS.every((point) => endingOf(point, kind) === 'completed');

function kindsInWords(): string {
  const titles = (kinds: readonly Kind[]) => kinds.map((kind) => `- ${kindOf(kind).title}`).join('\n');
  return `The kinds of fault that a run gets over by itself, wherever they happen: it completes.

${titles(ALL_KINDS.filter(passes))}

The others:

${titles(ALL_KINDS.filter((kind) => !passes(kind)))}
`;
}

/** One row for each point: how most of the faults end that do not pass by themselves, and how the rest. */
function tableOf(points: readonly Point[]): string[] {
  const rows = points.map((point) => {
    const kinds = Map.groupBy(
      ALL_KINDS.filter((kind) => !passes(kind)),
      (kind) => endingOf(point, kind),
    );
    const [[most] = ['completed' as const], ...others] = [...kinds].sort((a, b) => b[1].length - a[1].length);
    const but = others.map(
      ([ending, ones]) => `${shown(ending)}: ${ones.map((one) => kindOf(one).title).join('; ')}`,
    );
    return [pointOf(point).title, shown(most), but.join('<br>')];
  });
  return markdownTable(['fault of', 'how the run ends', 'but'], rows);
}

function shown(ending: Ending): string {
  return ending === 'completed' ? 'completed' : `\`${ending}\``;
}
