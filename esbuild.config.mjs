// Bundles what ships as JavaScript:
//   dist/handler/   the Lambda function, for Lambda's nodejs24.x, and the licences of what is in it
//   dist/cli/       the command line, for `npx` from the packed package: Node.js strips no types below node_modules
// `node esbuild.config.mjs FOLDER` writes only the function, into that folder.
// The AWS SDK is bundled too: what was tested is what runs, whatever the runtime ships.
import { chmod, cp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { build } from 'esbuild';
import { bundledPackages } from './build/bundled-packages.ts';
import { hashOfInputs, inputsFileOf } from './build/inputs.ts';
import { makeReadable } from './build/modes.ts';
import { refuseAboveBudget } from './build/size-budget.ts';
import { thirdPartyNotices } from './build/third-party-notices.ts';
import { DEFAULT_FEED_FILE } from './cli/sandbox/aws/feed.ts';

const common = {
  bundle: true,
  minify: true,
  // Names of functions and classes show up in stack traces and in errors' names.
  keepNames: true,
  platform: 'node',
  format: 'esm',
  outExtension: { '.js': '.mjs' },
  mainFields: ['module', 'main'],
  // The licences are in the notices, each once.
  legalComments: 'none',
  logLevel: 'warning',
  metafile: true,
};

// Some dependencies are CommonJS and call require() for Node's own modules.
const REQUIRE =
  "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);";

const { version } = JSON.parse(await readFile('package.json', 'utf8'));
const [folder] = process.argv.slice(2);
await buildFunction(folder ?? 'dist/handler');
if (folder === undefined) {
  await buildCommandLine('dist/cli');
  await chmod('dist', 0o755);
}

async function buildFunction(outdir) {
  // Hashed before esbuild reads them: a change during the build leaves a bundle that synth refuses.
  const inputs = hashOfInputs('.');
  await rm(inputsFileOf(outdir), { force: true });
  await rm(outdir, { recursive: true, force: true });
  const { metafile } = await build({
    ...common,
    entryPoints: { index: 'lambda/handler.ts' },
    outdir,
    target: 'node24',
    alias: { '@aws-sdk/credential-provider-node': './build/lambda-credentials.ts' },
    banner: { js: REQUIRE },
  });
  await writeNotices(outdir, metafile);
  // What is in the bundle, by file: for the benchmark, and for https://esbuild.github.io/analyze/.
  await writeFile(`${outdir}.meta.json`, JSON.stringify(metafile));
  refuseAboveBudget((await stat(`${outdir}/index.mjs`)).size);
  await makeReadable(outdir);
  await writeFile(inputsFileOf(outdir), inputs);
}

async function buildCommandLine(outdir) {
  await rm(outdir, { recursive: true, force: true });
  const { metafile } = await build({
    ...common,
    entryPoints: { 'spot-blacklist': 'cli/main.ts' },
    outdir,
    target: 'node20',
    inject: ['cli/older-node.js'],
    banner: { js: `#!/usr/bin/env node\n${REQUIRE}` },
  });
  await writeNotices(outdir, metafile);
  // The report page's style and script, and the demonstration's feed, are read as files, there as here.
  const assets = (await readdir('cli/page')).filter((name) => /\.(css|js)$/.test(name));
  await Promise.all(assets.map((name) => cp(`cli/page/${name}`, `${outdir}/${name}`)));
  await cp(DEFAULT_FEED_FILE, `${outdir}/feeds/${basename(DEFAULT_FEED_FILE)}`);
  await makeReadable(outdir, ['spot-blacklist.mjs']);
}

// The version in them gives every release an asset of its own: CDK's hash of an asset leaves out the files' modes, so a
// release that did no more than correct these would not be deployed where the last one was.
async function writeNotices(outdir, metafile) {
  const notices = thirdPartyNotices(version, bundledPackages(metafile, '.'));
  await writeFile(`${outdir}/THIRD-PARTY-NOTICES.txt`, notices);
}
