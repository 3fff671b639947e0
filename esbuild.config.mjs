// Bundles the Lambda function: dist/handler/index.mjs, for Lambda's nodejs24.x.
// The AWS SDK is bundled too: what was tested is what runs, whatever the runtime ships.
import { rm } from 'node:fs/promises';
import { build } from 'esbuild';

const outdir = 'dist/handler';
await rm(outdir, { recursive: true, force: true });
await build({
  entryPoints: { index: 'lambda/handler.ts' },
  outdir,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  minify: true,
  // Names of functions and classes show up in stack traces and in errors' names.
  keepNames: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  mainFields: ['module', 'main'],
  // Some dependencies are CommonJS and call require() for Node's own modules.
  banner: {
    js: "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);",
  },
  legalComments: 'none',
  logLevel: 'warning',
});
