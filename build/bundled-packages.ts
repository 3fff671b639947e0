import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';

/** A package with code in a bundle. */
export interface BundledPackage {
  readonly name: string;
  readonly version: string;
  /** The SPDX expression from its package.json. */
  readonly license: string;
  /** The text of its licence; empty if the package has none. */
  readonly licenseText: string;
  /** The NOTICE that Apache's licence requires to be passed on; empty for most. */
  readonly noticeText: string;
  /** Its code in the bundle. */
  readonly bytes: number;
}

/** The project's own code, as opposed to a package's. */
export const OWN_CODE = 'spot-blacklist';

/** @returns bytes in the bundle by package folder, `''` for the project's own */
function bytesByFolder({ outputs }: Metafile): Map<string, number> {
  const bytes = new Map<string, number>();
  for (const { inputs } of Object.values(outputs)) {
    for (const [file, { bytesInOutput }] of Object.entries(inputs)) {
      const folder = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? '';
      bytes.set(folder, (bytes.get(folder) ?? 0) + bytesInOutput);
    }
  }
  return bytes;
}

/**
 * @param root the folder that the metafile's paths are relative to
 * @returns every package with code in the bundle, by name
 * @throws {Error} if one does not declare its licence
 */
export function bundledPackages(metafile: Metafile, root: string): BundledPackage[] {
  return [...bytesByFolder(metafile)]
    .filter(([folder, bytes]) => folder !== '' && bytes > 0)
    .map(([folder, bytes]) => ({ ...readPackage(join(root, folder)), bytes }))
    .sort((a, b) => (a.name === b.name ? compare(a.version, b.version) : compare(a.name, b.name)));
}

/** @returns how much of the bundle is the project's own code */
export function ownBytes(metafile: Metafile): number {
  return bytesByFolder(metafile).get('') ?? 0;
}

function readPackage(folder: string): Omit<BundledPackage, 'bytes'> {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  if (typeof license !== 'string') throw new Error(`The package ${name} does not declare its licence.`);
  // Some are called LICENSE-MIT.txt.
  const licenseText = textIn(folder, /^(licen[cs]e|copying)(-\w+)?(\.(md|txt))?$/i);
  return { name, version, license, licenseText, noticeText: textIn(folder, /^notice(\.(md|txt))?$/i) };
}

function textIn(folder: string, name: RegExp): string {
  const files = readdirSync(folder).filter((file) => name.test(file));
  const texts = files.sort().map((file) => readFileSync(join(folder, file), 'utf8'));
  return texts.join('\n').replaceAll('\r\n', '\n').trim();
}

/** The same order on every machine, whatever its locale. */
function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
