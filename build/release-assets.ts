// `npm run release-assets` writes the assets of a release, besides the package on npm, into dist/release/. The same sources
// give the same bytes, whatever the time, the umask and the locale. `node build/release-assets.ts HANDLER FOLDER` takes the
// function from another folder and writes into another one.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Zippable, zipSync } from 'fflate';
import { bundledPackages } from './bundled-packages.ts';
import { makeReadable } from './modes.ts';
import { sbomOf } from './sbom.ts';

/** Noon: a ZIP file holds local time, and no time zone skipped that noon, so every machine writes the same bytes. */
const NO_TIME = new Date(1980, 0, 1, 12);

/** A regular file, 0644, in the form that a ZIP file made on Unix holds it. */
const MODE = { os: 3, attrs: (0o100644 << 16) >>> 0 };

const ROOT = join(import.meta.dirname, '..');

const [handler = join(ROOT, 'dist/handler'), folder = join(ROOT, 'dist/release')] = process.argv.slice(2);
await rm(folder, { recursive: true, force: true });
await mkdir(folder, { recursive: true });
// Each asset by its name. Assets that are added here are in the checksums, too.
const assets: Readonly<Record<string, string | Uint8Array>> = {
  'handler.cdx.json': await sbom(),
  'handler.zip': await zip(),
  'template.json': template(),
};
for (const [name, content] of Object.entries(assets)) await writeFile(join(folder, name), content);
await writeFile(join(folder, 'SHA256SUMS'), Object.entries(assets).map(sum).join(''));
await makeReadable(folder);

async function zip(): Promise<Uint8Array> {
  const files: Zippable = {};
  for (const name of (await readdir(handler)).sort()) files[name] = await readFile(join(handler, name));
  return zipSync(files, { level: 9, mtime: NO_TIME, ...MODE });
}

function template(): string {
  return execFileSync(process.execPath, [join(ROOT, 'infra', 'stack', 'plain-template.ts')], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

async function sbom(): Promise<string> {
  const metafile = JSON.parse(await readFile(`${handler}.meta.json`, 'utf8'));
  return sbomOf(ROOT, 'spot-blacklist', bundledPackages(metafile, ROOT));
}

/** A line that `sha256sum --check` reads. */
function sum([name, content]: [string, string | Uint8Array]): string {
  return `${createHash('sha256').update(content).digest('hex')}  ${name}\n`;
}
