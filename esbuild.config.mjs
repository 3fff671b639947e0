// Bundles everything that ships as JavaScript:
//   dist/handler/   the Lambda function, for Lambda's nodejs24.x, and its third-party licences
//   dist/cli/       the command line, for `npx` from the packed package: Node.js strips no types below node_modules
//   dist/construct/ the CDK construct with its types, for other CDK apps; it finds the function in ../handler
//   dist/package/   the npm package, with these three in it
// `node esbuild.config.mjs FOLDER` builds only the function, into that folder.
// The AWS SDK is bundled too: the tested version runs, whatever the runtime ships.
import { chmod, cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { build } from 'esbuild';
import { bundledPackages } from './build/bundled-packages.ts';
import { hashOfInputs, inputsFileOf } from './build/inputs.ts';
import { makeReadable } from './build/modes.ts';
import { writePackage } from './build/package.ts';
import { bytesOf, loadedAtStart, refuseAboveBudget } from './build/size-budget.ts';
import { thirdPartyNotices } from './build/third-party-notices.ts';
import { writeTypes } from './build/types.ts';
import { DEFAULT_FEED_FILE } from './cli/demo/sandbox/aws/feed.ts';

const common = {
  bundle: true,
  minify: true,
  // Names of functions and classes appear in stack traces and errors' names.
  keepNames: true,
  platform: 'node',
  format: 'esm',
  outExtension: { '.js': '.mjs' },
  mainFields: ['module', 'main'],
  // The notices contain each licence once.
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
  await buildConstruct('dist/construct');
  await writePackage('dist', 'dist/package');
  await chmod('dist', 0o755);
}

async function buildFunction(outdir) {
  // Hashed before esbuild reads them: a change during the build leaves a bundle that synth refuses.
  const inputs = hashOfInputs('.');
  await rm(inputsFileOf(outdir), { force: true });
  await rm(outdir, { recursive: true, force: true });
  const { metafile } = await build({
    ...common,
    // The second one is for the jobs of a large fleet, in a function of their own.
    entryPoints: { index: 'lambda/handler.ts', fleet: 'lambda/fleet/handler.ts' },
    outdir,
    target: 'node24',
    // Code that only some runs need, mostly the SDK's credential providers that Lambda never uses, is loaded on demand.
    splitting: true,
    // A chunk's hash includes its sources' paths: they must be the same wherever node_modules really is.
    preserveSymlinks: true,
    chunkNames: 'chunk-[hash]',
    banner: { js: REQUIRE },
  });
  await writeNotices(outdir, metafile);
  // What is in the bundle, by file: for the benchmark, and for https://esbuild.github.io/analyze/.
  await writeFile(`${outdir}.meta.json`, JSON.stringify(metafile));
  refuseAboveBudget(bytesOf(loadedAtStart(metafile)));
  await makeReadable(outdir);
  await writeFile(inputsFileOf(outdir), inputs);
  await chmod(inputsFileOf(outdir), 0o644);
}

async function buildCommandLine(outdir) {
  await rm(outdir, { recursive: true, force: true });
  const { metafile } = await build({
    ...common,
    entryPoints: { main: 'cli/packed.ts' },
    outdir,
    target: 'node22',
    // Each command loads what it needs.
    splitting: true,
    chunkNames: 'chunk-[hash]',
    banner: { js: REQUIRE },
  });
  await writeNotices(outdir, metafile);
  await cp('cli/launcher.mjs', `${outdir}/spot-blacklist.mjs`);
  // The report page's style and script, and the demo's feed, are read as files, as in the sources.
  const assets = (await readdir('cli/page')).filter((name) => /\.(css|js)$/.test(name));
  await Promise.all(assets.map((name) => cp(`cli/page/${name}`, `${outdir}/${name}`)));
  await cp(DEFAULT_FEED_FILE, `${outdir}/feeds/${basename(DEFAULT_FEED_FILE)}`);
  await makeReadable(outdir, ['spot-blacklist.mjs']);
}

async function buildConstruct(outdir) {
  await rm(outdir, { recursive: true, force: true });
  const { metafile } = await build({
    ...common,
    // Read by people who look for the reason of an error in their app.
    minify: false,
    entryPoints: { index: 'infra/construct/index.ts' },
    outdir,
    target: 'node20',
    // CDK apps and their tests are CommonJS. An ES module gets the same code, so that an app that loads both has one class.
    format: 'cjs',
    outExtension: { '.js': '.cjs' },
    define: { 'import.meta.dirname': '__dirname' },
    // The app's own: two copies of CDK in one app do not know each other's constructs.
    external: ['aws-cdk-lib', 'constructs'],
  });
  await writeNotices(outdir, metafile);
  await writeTypes(import.meta.dirname, 'infra/construct/index.ts', outdir);
  for (const name of ['index.mjs', 'index.d.mts'])
    await writeFile(`${outdir}/${name}`, "export * from './index.cjs';\n");
  await makeReadable(outdir);
}

// The version in them gives every release its own asset: CDK's asset hash ignores file modes, so a release that only
// corrects those would otherwise not be deployed.
async function writeNotices(outdir, metafile) {
  const notices = thirdPartyNotices(version, bundledPackages(metafile, '.'));
  await writeFile(`${outdir}/THIRD-PARTY-NOTICES.txt`, notices);
}
