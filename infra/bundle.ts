import { readdirSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';

/** There is no code to deploy, or it is not what the sources say. */
export class BundleError extends Error {}

/** What the bundle is made from, beside lambda/: a dependency or an option of the build changes it too. */
const BUILT_FROM = ['package.json', 'package-lock.json', 'esbuild.config.mjs'];

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
  const sources = readdirSync(join(root, 'lambda'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const newer = [...sources, ...BUILT_FROM.map((name) => join(root, name))].filter(
    (file) => (modified(file) ?? 0) > built,
  );
  if (newer.length > 0) {
    const names = newer.map((file) => relative(root, file)).join(', ');
    throw new BundleError(`dist/handler/index.mjs is older than ${names}: run npm run build.`);
  }
  return folder;
}

function modified(file: string): number | undefined {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs;
}
