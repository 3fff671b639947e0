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
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PROJECT } from '../support/project.ts';

// A user's own app, in an empty project, with the packed package installed in it.
const folder = mkdtempSync(join(tmpdir(), 'construct-'));
const modules = join(folder, 'node_modules');
const installed = join(modules, 'spot-blacklist');

/** The app that docs/install.md shows. */
const [, APP = ''] =
  /^## In your own CDK app$.*?^```ts\n(.*?)^```$/ms.exec(
    readFileSync(join(PROJECT, 'docs', 'install.md'), 'utf8'),
  ) ?? [];

const npm = (...args: string[]) =>
  execFileSync('npm', [...args, '--silent', '--ignore-scripts'], { cwd: folder, encoding: 'utf8' }).trim();

beforeAll(() => {
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  const packed = npm('pack', PROJECT);
  npm('install', '--offline', '--no-audit', '--no-fund', `./${packed}`);
  // Not from the registry: the tests need no network.
  mkdirSync(join(modules, '@types'));
  for (const name of ['aws-cdk-lib', 'constructs', '@types/node'])
    symlinkSync(join(PROJECT, 'node_modules', name), join(modules, name));
}, 120_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a file of the app, and synthesizes. */
function synthesize(file: string, content: string) {
  writeFileSync(join(folder, file), content);
  const out = join(folder, `${file}.out`);
  const { status, stderr } = spawnSync(process.execPath, [file], {
    cwd: folder,
    encoding: 'utf8',
    env: { CDK_OUTDIR: out },
  });
  return { status, stderr, read: (name: string) => JSON.parse(readFileSync(join(out, name), 'utf8')) };
}

/** An app in CommonJS, as `cdk init` makes it and its compiler leaves it. */
const COMMON_JS = APP.replaceAll(/^import (\{.*\}) from ('.*');$/gm, 'const $1 = require($2);');

describe('the packed package, installed in an empty project', () => {
  it('installs nothing else', () => {
    const names = readdirSync(modules).filter((name) => !name.startsWith('.'));
    expect(names.sort()).toEqual(['@types', 'aws-cdk-lib', 'constructs', 'spot-blacklist']);
  });

  it('holds no source and no test', () => {
    const files = readdirSync(installed, { recursive: true, encoding: 'utf8' });
    expect(files.filter((file) => /(?<!\.d)\.ts$/.test(file))).toEqual([]);
    expect(readdirSync(join(installed, 'dist')).sort()).toEqual(['cli', 'construct', 'handler']);
  });

  it.for([
    ['app.ts', APP],
    ['app.cjs', COMMON_JS],
  ] as const)('synthesizes the documented app, with the packed code, as %s', ([file, content]) => {
    const { status, stderr, read } = synthesize(file, content);
    expect({ status, stderr }).toEqual({ status: 0, stderr: expect.not.stringContaining('Error') });
    const resources = Object.values<{ Type: string; Properties: Record<string, unknown> }>(
      read('Spot.template.json').Resources,
    );
    expect(resources.map(({ Type }) => Type)).toEqual(
      expect.arrayContaining(['AWS::Lambda::Function', 'AWS::Events::Rule', 'AWS::CloudWatch::Alarm']),
    );
    const handler = resources.find(({ Type }) => Type === 'AWS::Lambda::Function');
    expect(handler?.Properties).toMatchObject({
      Environment: { Variables: { SECRET_ID: 'spot-blacklist/castai', OS: 'Linux', BLACKLIST_HOURS: '12' } },
    });
    const { files } = read('Spot.assets.json');
    const sources = Object.values<{ source: { path: string; packaging: string } }>(files);
    const code = sources.find(({ source }) => source.packaging === 'zip')?.source.path ?? '';
    const staged = readdirSync(join(folder, `${file}.out`, code));
    expect(staged).toEqual(readdirSync(join(PROJECT, 'dist', 'handler')));
  });

  it('has types that a strict app compiles with, libraries included', () => {
    const wrong = APP.replace('interruptionThreshold: 20', "interruptionThreshold: '20'");
    writeFileSync(join(folder, 'app.ts'), APP);
    writeFileSync(join(folder, 'wrong.ts'), wrong);
    const tsc = join(PROJECT, 'node_modules', 'typescript', 'bin', 'tsc');
    const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2022', '--types', 'node'];
    const { status, stdout } = spawnSync(process.execPath, [tsc, ...options, 'app.ts', 'wrong.ts'], {
      cwd: folder,
      encoding: 'utf8',
    });
    const problems = stdout.split('\n').filter((line) => line.includes('error'));
    expect(problems).toEqual([expect.stringMatching(/^wrong\.ts\(\d+,\d+\): error TS2322:/)]);
    expect(status).not.toBe(0);
  });

  it('refuses props that cannot work, by its own error', () => {
    const wrong = APP.replace('blacklistHours: 12', 'blacklistHours: 1').replace(
      'new SpotBlacklist(stack',
      "import { UnusablePropsError } from 'spot-blacklist';\ntry { new SpotBlacklist(stack",
    );
    const { stderr, status } = synthesize(
      'refused.ts',
      `${wrong}\n} catch (error) { console.error(error instanceof UnusablePropsError, error.message); }`,
    );
    expect(stderr).toMatch(/^true Spot\/SpotBlacklist cannot be used:/);
    expect(stderr).toContain('settings.blacklistHours must be at least 2 h, but is 1 h');
    expect(status).toBe(0);
  });

  it('has a function that can be loaded', async () => {
    expect(await import(join(installed, 'dist', 'handler', 'index.mjs'))).toHaveProperty('handler');
  });
});
