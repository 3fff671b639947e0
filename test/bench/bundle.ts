import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { bundledPackages, OWN_CODE, ownBytes } from '../../build/bundled-packages.ts';
import { bytesOf, loadedAtStart, SIZE_BUDGET } from '../../build/size-budget.ts';
import { type Measurement, rounded } from './measurement.ts';

const ROOT = join(import.meta.dirname, '..', '..');
/** Packages that are shown by name. */
const SHOWN = 12;

/** What is in the bundle, by package. */
export async function measureBundle(): Promise<Measurement> {
  const whole = JSON.parse(await readFile(join(ROOT, 'dist', 'handler.meta.json'), 'utf8'));
  const metafile = loadedAtStart(whole);
  const packages = [{ name: OWN_CODE, bytes: ownBytes(metafile) }, ...bundledPackages(metafile, ROOT)].sort(
    (a, b) => b.bytes - a.bytes,
  );
  const total = bytesOf(metafile);
  const files = Object.keys(metafile.outputs).map((file) => readFile(join(ROOT, file)));
  const gzipped = gzipSync(Buffer.concat(await Promise.all(files))).length;
  const row = (name: string, bytes: number) => ({
    package: name,
    KB: rounded(bytes / 1000, 1),
    share: `${rounded((bytes / total) * 100, 0)} %`,
  });
  const rest = packages.slice(SHOWN).reduce((sum, { bytes }) => sum + bytes, 0);
  return {
    title: 'What the function loads at its start, by package',
    aim: `At most ${SIZE_BUDGET / 1000} KB, which the build enforces; gzipped it has ${rounded(gzipped / 1000, 0)} KB, and all chunks ${rounded(bytesOf(whole) / 1000, 0)} KB unzipped`,
    rows: [
      ...packages.slice(0, SHOWN).map(({ name, bytes }) => row(name, bytes)),
      row(`${packages.length - SHOWN} more`, rest),
      row('all', total),
    ],
  };
}
