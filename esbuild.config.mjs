// Bundles what ships as JavaScript:
//   dist/handler/index.mjs         the Lambda function, for Lambda's nodejs24.x
//   dist/cli/spot-blacklist.mjs    the command line, for `npx` from the packed package: Node.js does not strip types
//                                  below node_modules
// The AWS SDK is bundled too: what was tested is what runs, whatever the runtime ships.
import { cp, readdir, rm } from 'node:fs/promises';
import { build } from 'esbuild';

const common = {
  bundle: true,
  minify: true,
  // Names of functions and classes show up in stack traces and in errors' names.
  keepNames: true,
  platform: 'node',
  format: 'esm',
  outExtension: { '.js': '.mjs' },
  mainFields: ['module', 'main'],
  legalComments: 'none',
  logLevel: 'warning',
};

// Some dependencies are CommonJS and call require() for Node's own modules.
const require =
  "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);";

await rm('dist/handler', { recursive: true, force: true });
await build({
  ...common,
  entryPoints: { index: 'lambda/handler.ts' },
  outdir: 'dist/handler',
  target: 'node24',
  banner: { js: require },
});

await rm('dist/cli', { recursive: true, force: true });
await build({
  ...common,
  entryPoints: { 'spot-blacklist': 'lambda/cli/main.ts' },
  outdir: 'dist/cli',
  target: 'node20',
  inject: ['lambda/cli/older-node.js'],
  banner: { js: `#!/usr/bin/env node\n${require}` },
});
// The report page's style and script are read as files, there as here.
const assets = (await readdir('lambda/cli/page')).filter((name) => /\.(css|js)$/.test(name));
await Promise.all(assets.map((name) => cp(`lambda/cli/page/${name}`, `dist/cli/${name}`)));
