import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeReadable } from './modes.ts';

/** The builds that it consists of, each with its third-party notices. */
const PARTS = ['cli', 'construct', 'handler'];
const TEXTS = ['README.md', 'LICENSE'];

/** The fields of the project's manifest that a consumer needs. The others, above all the scripts, are for the clone. */
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
  // For TypeScript's old module resolution, which does not support exports.
  types: './construct/index.d.cts',
};

/**
 * Writes the package, as it is packed and published.
 *
 * @param dist holds the builds, by the names of the package's folders
 * @param folder receives the package; its current contents are lost
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
