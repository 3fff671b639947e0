import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSandbox } from '../sandbox/sandbox.ts';
import { BUNDLE } from '../support/deployment.ts';
import { type MeasuredProcess, measureProcess } from './measured-process.ts';
import { type Measurement, median, rounded } from './measurement.ts';

/** Processes that are started for the median. */
const STARTS = 15;
/** What a fresh process takes: an empty one, one with the bundle, and one that runs. */
export async function measureColdStart(): Promise<Measurement> {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'bench-'));
  const empty = join(folder.path, 'empty.mjs');
  await writeFile(empty, 'export const handler = () => {};\n');
  await using sandbox = await startSandbox();
  const environment = {
    ...sandbox.environment,
    OS: 'Linux',
    INTERRUPTION_THRESHOLD: '20',
    BATCH_PAUSE: '0',
  };
  const cases: readonly [string, string, readonly object[]][] = [
    ['an empty module', empty, []],
    ['import', BUNDLE, []],
    ['import and dry run', BUNDLE, [{ dryRun: true }]],
  ];
  const measured: MeasuredProcess[][] = cases.map(() => []);
  for (let start = 0; start < STARTS; start += 1) {
    for (const [index, [, bundle, payloads]] of cases.entries()) {
      measured[index]?.push(await measureProcess(bundle, environment, payloads));
    }
  }
  measured.push([await measureProcess(BUNDLE, environment, [{}])]);
  return {
    title: 'Cold start in a process of its own',
    aim: 'As little as there can be without tricks that a maintainer would regret: docs/decisions.md',
    rows: [...cases.map(([name]) => name), 'import and first run (445 writes)'].map((name, index) => {
      const ones = measured[index] ?? [];
      return {
        what: name,
        'import ms': rounded(median(ones.map(({ importTime }) => importTime)), 1),
        'run ms': rounded(median(ones.map(({ runTimes }) => runTimes[0] ?? 0)), 0),
        'peak MB': rounded(median(ones.map(({ peakMemory }) => peakMemory)) / 2 ** 20, 0),
      };
    }),
  };
}
