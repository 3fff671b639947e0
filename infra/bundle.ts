import { readdirSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';

/** There is no code to deploy, or it is not what the sources say. */
export class BundleError extends Error {}

/** What the bundle is made from: the sources, the build, and what says which dependencies are in it. */
const SOURCE_FOLDERS = ['lambda', 'build'];
const SOURCE_FILES = ['package.json', 'package-lock.json', 'esbuild.config.mjs'];

/**
 * The folder with the function's code. `cdk` builds it before each synth (cdk.json's `build`); this is for those
 * who run infra/app.ts without it.
 *
 * @param root the project's folder
 * @throws {BundleError} if the bundle is missing, or older than what it is made from
 */
export function bundleIn(root: string): string {
  const folder = join(root, 'dist', 'handler');
  const built = modified(join(folder, 'index.mjs'));
  if (built === undefined) throw new BundleError('dist/handler/index.mjs is missing: run npm run build.');
  const sources = SOURCE_FOLDERS.flatMap((name) => filesBelow(join(root, name)));
  const newer = [...sources, ...SOURCE_FILES.map((name) => join(root, name))].filter(
    (file) => (modified(file) ?? 0) > built,
  );
  if (newer.length > 0) {
    const names = newer.map((file) => relative(root, file)).join(', ');
    throw new BundleError(`dist/handler/index.mjs is older than ${names}: run npm run build.`);
  }
  return folder;
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

function modified(file: string): number | undefined {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs;
}
