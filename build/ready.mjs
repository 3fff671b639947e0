// Runs before what needs a complete install, in a syntax that old versions of Node.js read too: where something is
// missing, one sentence says what to do, in place of a stack trace.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The oldest Node.js that reads the project's TypeScript. */
const OLDEST = 24;

/** How many missing packages are named. */
const NAMED = 3;

const problem = problemOf(fileURLToPath(new URL('..', import.meta.url)), process);
if (problem !== undefined) {
  console.error(problem);
  process.exitCode = 1;
}

/**
 * @param {string} root the project's folder
 * @param {{ version: string, platform: string, arch: string }} machine Node.js's `process`, or what stands for it
 * @returns {string | undefined} what to do; undefined where everything is there
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
  return existsSync(join(modules, `node-${platform}-${arch}`))
    ? `${needed}: run npm rebuild, which makes the one in node_modules the command "node" of npm's scripts.`
    : `${needed}: install it; npm ci brings one for Linux on x64 and arm64 only.`;
}

/**
 * What package.json names, and the part of esbuild that npm leaves out with optional packages.
 *
 * @param {string} root
 * @param {string} platform
 * @param {string} arch
 */
function neededOn(root, platform, arch) {
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return [...Object.keys({ ...dependencies, ...devDependencies }), `@esbuild/${platform}-${arch}`];
}
