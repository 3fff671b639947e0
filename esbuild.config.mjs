// Bundles the Lambda function: dist/handler/index.mjs, for Lambda's nodejs24.x, and the licences of what is in it.
// `node esbuild.config.mjs FOLDER` does it elsewhere.
// The AWS SDK is bundled too: what was tested is what runs, whatever the runtime ships.
import { rm, stat, writeFile } from 'node:fs/promises';
import { build } from 'esbuild';
import { bundledPackages } from './build/bundled-packages.ts';
import { refuseAboveBudget } from './build/size-budget.ts';
import { thirdPartyNotices } from './build/third-party-notices.ts';

const [outdir = 'dist/handler'] = process.argv.slice(2);
await rm(outdir, { recursive: true, force: true });
const { metafile } = await build({
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
  alias: { '@aws-sdk/credential-provider-node': './build/lambda-credentials.ts' },
  // Some dependencies are CommonJS and call require() for Node's own modules.
  banner: {
    js: "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);",
  },
  // They are in the notices, each once.
  legalComments: 'none',
  logLevel: 'warning',
  metafile: true,
});
await writeFile(`${outdir}/THIRD-PARTY-NOTICES.txt`, thirdPartyNotices(bundledPackages(metafile, '.')));
// What is in the bundle, by file: for the benchmark, and for https://esbuild.github.io/analyze/.
await writeFile(`${outdir}.meta.json`, JSON.stringify(metafile));
refuseAboveBudget((await stat(`${outdir}/index.mjs`)).size);
