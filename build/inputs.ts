import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

/** The bundles' inputs: the sources, the build, and the files that determine their dependencies. */
const FOLDERS = ['lambda', 'build'];
const FILES = ['package.json', 'package-lock.json', 'esbuild.config.mjs', 'LICENSE'];

/**
 * @param root the project's folder
 * @returns a hash of the names and contents of the bundles' inputs. Modification times do not count: a clock can be wrong,
 *   and Git gives every file the time of its checkout
 */
export function hashOfInputs(root: string): string {
  const hash = createHash('sha256');
  for (const file of [...FOLDERS.flatMap((name) => filesBelow(join(root, name))), ...FILES]) {
    const path = join(root, file);
    const content = existsSync(path) ? readFileSync(path) : '';
    hash.update(JSON.stringify([file, content.length])).update(content);
  }
  return hash.digest('hex');

  function filesBelow(folder: string): string[] {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(root, join(entry.parentPath, entry.name)).replaceAll(sep, '/'))
      .sort();
  }
}

/** @returns the file with the hash of a bundle's inputs; beside its folder, since all in the folder is deployed */
export function inputsFileOf(folder: string): string {
  return `${folder}.inputs`;
}
