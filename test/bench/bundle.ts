import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { bundledPackages, OWN_CODE, ownBytes } from '../../build/bundled-packages.ts';
import { SIZE_BUDGET } from '../../build/size-budget.ts';
import { BUNDLE } from '../support.ts';
import { type Measurement, rounded } from './measurement.ts';

const ROOT = join(import.meta.dirname, '..', '..');
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
