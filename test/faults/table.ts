import { join } from 'node:path';
import { type Ending, ERROR_NAMES, endingOf } from './expectations.ts';
import { ALL_KINDS, kindOf } from './kinds.ts';
import { ALL_POINTS, pointOf } from './points.ts';

export const FAULTS_FILE = join(import.meta.dirname, '..', '..', 'docs', 'faults.md');

const INTRODUCTION = `# What a run does when something goes wrong

Made by \`npm run faults\` from the table that \`test/faults/fault-matrix.test.ts\` plays through, row by row, over real
connections. In every case of it

- the run ends by itself before its time is up, and its error says what to do;
- no entry of anybody else is changed, and no answer, error or log line shows the API key;
- what was covered stays covered. The one exception is the last column: where CAST AI ignores a renewal, the entry is
  removed and added, and if the adding fails, that one type is open until the next run, and no other is tried;
- the next run, when the fault is over, does all that is missing.

So it is, too, when the process is killed in the middle of the writes or before they are listed, and when somebody else
changes the list meanwhile (\`test/faults/between.test.ts\`): what they add stays, and what they take away the next run adds.

A run whose metrics cannot be written is done, logged and returned all the same; the alarm for runs that do not complete
notices that they are missing.

Before the list has been read, nothing is written. A fault of one write leaves the others alone, but for two: a key that is
refused stops the writing at once, and so does being told for the third time to come back much later.
`;

/** The whole of docs/faults.md. */
export function faultsDocument(): string {
  const head = ['fault of', ...ALL_POINTS.map((point) => pointOf(point).title)];
  const rows = ALL_KINDS.map((kind) => [
    kindOf(kind).title,
    ...ALL_POINTS.map((point) => shown(endingOf(point, kind))),
  ]);
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  const names = Object.entries(ERROR_NAMES).map(([code, name]) => `| \`${code}\` | \`${name}\` |`);
  return [INTRODUCTION, ...lines, '', '| code | error |', '|---|---|', ...names, ''].join('\n');
}

function shown(ending: Ending): string {
  return ending === 'completed' ? 'completed' : `\`${ending}\``;
}
