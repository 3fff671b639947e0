import { mkdtempDisposable, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { bundledPackages, OWN_CODE, ownBytes } from '../../build/bundled-packages.ts';
import { SIZE_BUDGET } from '../../build/size-budget.ts';
import { startSandbox } from '../sandbox/sandbox.ts';
import { BUNDLE } from '../support.ts';
import { type MeasuredProcess, measureProcess } from './measured-process.ts';
import { type Measurement, median, rounded } from './measurement.ts';

const ROOT = join(import.meta.dirname, '..', '..');
/** Processes that are started for the median. */
const STARTS = 15;
/** Packages that are shown by name. */
const SHOWN = 12;

/** What is in the bundle, by package. */
export async function measureBundle(): Promise<Measurement> {
  const metafile = JSON.parse(await readFile(join(ROOT, 'dist', 'handler.meta.json'), 'utf8'));
  const packages = [{ name: OWN_CODE, bytes: ownBytes(metafile) }, ...bundledPackages(metafile, ROOT)].sort(
    (a, b) => b.bytes - a.bytes,
  );
  const total = (await stat(BUNDLE)).size;
  const row = (name: string, bytes: number) => ({
    package: name,
    KB: rounded(bytes / 1000, 1),
    share: `${rounded((bytes / total) * 100, 0)} %`,
  });
  const rest = packages.slice(SHOWN).reduce((sum, { bytes }) => sum + bytes, 0);
  return {
    title: 'Size of the bundle, by package',
    aim: `At most ${SIZE_BUDGET / 1000} KB, which the build enforces; gzipped it has ${rounded(gzipSync(await readFile(BUNDLE)).length / 1000, 0)} KB`,
    rows: [
      ...packages.slice(0, SHOWN).map(({ name, bytes }) => row(name, bytes)),
      row(`${packages.length - SHOWN} more`, rest),
      row('all', total),
    ],
  };
}

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
    aim: 'As little as there can be without tricks that a maintainer would regret: docs/decisions/bundle-size.md',
    rows: [...cases.map(([name]) => name), 'import and first run (449 writes)'].map((name, index) => {
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
