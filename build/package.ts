import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeReadable } from './modes.ts';

/** The builds that it consists of, each with its third-party notices. */
const PARTS = ['cli', 'construct', 'handler'];
const TEXTS = ['README.md', 'LICENSE'];

/** What a consumer needs of the project's manifest. Everything else in there, scripts first of all, is for the clone. */
const SHARED = [
  ...['name', 'version', 'description', 'license', 'repository', 'engines'],
  ...['peerDependencies', 'peerDependenciesMeta'],
];

const ENTRY_POINTS = {
  type: 'module',
  bin: { 'spot-blacklist': 'cli/spot-blacklist.mjs' },
  exports: {
    '.': {
      import: { types: './construct/index.d.mts', default: './construct/index.mjs' },
      require: { types: './construct/index.d.cts', default: './construct/index.cjs' },
    },
    './package.json': './package.json',
  },
  // For TypeScript's old way to find a module, which knows no exports.
  types: './construct/index.d.cts',
};

/**
 * Writes the package, as it is packed and published.
 *
 * @param dist holds the builds, by the names of the package's folders
 * @param folder gets the package; what is in it is lost
 */
export async function writePackage(dist: string, folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  for (const part of PARTS) await cp(join(dist, part), join(folder, part), { recursive: true });
  for (const text of TEXTS) await cp(text, join(folder, text));
  const project = JSON.parse(await readFile('package.json', 'utf8'));
  const shared = Object.fromEntries(SHARED.map((field) => [field, project[field]]));
  const manifest = { ...shared, ...ENTRY_POINTS };
  await writeFile(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  await makeReadable(folder, ['spot-blacklist.mjs']);
}
