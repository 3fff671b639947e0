// Runs before commands that need a complete install, in a syntax that old versions of Node.js support: if something is
// missing, prints one sentence with the fix instead of a stack trace, and ends the process.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The oldest Node.js that runs the project's TypeScript. */
const OLDEST = 24;

/** How many missing packages to name. */
const NAMED = 3;

const problem = problemOf(fileURLToPath(new URL('..', import.meta.url)), process);
if (problem !== undefined) {
  console.error(problem);
  process.exit(1);
}

/**
 * @param {string} root the project's folder
 * @param {{ version: string, platform: string, arch: string }} machine Node.js's `process`, or a substitute
 * @returns {string | undefined} what to do; undefined if nothing is missing
 */
export function problemOf(root, { version, platform, arch }) {
  const modules = join(root, 'node_modules');
  const missing = neededOn(root, platform, arch).filter((name) => !existsSync(join(modules, name)));
  if (missing.length > 0) {
    const others = missing.length > NAMED ? ` and ${missing.length - NAMED} more` : '';
    return `node_modules lacks ${missing.slice(0, NAMED).join(', ')}${others}: run npm ci --include=dev --include=optional in the project's folder.`;
  }
  if (Number.parseInt(version.slice(1), 10) >= OLDEST) return undefined;
  const needed = `Node.js ${OLDEST} or newer is needed, but this is ${version}`;
  if (existsSync(join(modules, '.bin', 'node')))
    return `${needed}: use npm's scripts, or npx (npx cdk, npx vitest), which run on the one in node_modules.`;
  return existsSync(join(modules, `node-${platform}-${arch}`))
    ? `${needed}: run npm rebuild, so that npm's scripts use the one in node_modules.`
    : `${needed}: install it; npm ci installs one on Linux (x64 and arm64) only.`;
}

/**
 * The packages in package.json, and the part of esbuild that npm omits along with optional packages.
 *
 * @param {string} root
 * @param {string} platform
 * @param {string} arch
 */
function neededOn(root, platform, arch) {
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return [...Object.keys({ ...dependencies, ...devDependencies }), `@esbuild/${platform}-${arch}`];
}
