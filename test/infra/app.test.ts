import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { BundleError, bundleIn } from '../../infra/bundle.ts';
import { TARGET } from './synthesized.ts';

const CONFIGURATION = { secretName: 'some/secret', schedule: 'rate(1 hour)', targets: [TARGET] };

const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'spot-blacklist app-'));
  folders.push(folder);
  return folder;
}

/** The project in another folder: its sources, what they are built with, and no bundle. */
function copyOfProject(): string {
  const folder = temporaryFolder();
  for (const name of [
    'build',
    'lambda',
    'infra',
    'package.json',
    'package-lock.json',
    'esbuild.config.mjs',
    'LICENSE',
  ]) {
    cpSync(name, join(folder, name), { recursive: true, preserveTimestamps: true });
  }
  symlinkSync(join(process.cwd(), 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

/** Runs infra/app.ts as the CDK CLI would, which hands over the context as JSON. */
function runApp(root: string, context: object) {
  const out = temporaryFolder();
  const { status, stdout, stderr } = spawnSync(process.execPath, ['infra/app.ts'], {
    cwd: root,
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], CDK_OUTDIR: out, CDK_CONTEXT_JSON: JSON.stringify(context) },
  });
  const file = join(out, 'SpotBlacklist.template.json');
  return { status, stdout, stderr, template: existsSync(file) ? readFileSync(file, 'utf8') : undefined };
}

function build(root: string): void {
  const { status, stderr } = spawnSync(process.execPath, ['esbuild.config.mjs'], {
    cwd: root,
    encoding: 'utf8',
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
}

describe('the app', () => {
  test('synthesizes one stack', () => {
    const { status, stderr, template } = runApp('.', { 'spot-blacklist': CONFIGURATION });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(template).toContain('AWS::Lambda::Function');
  });

  test('takes one value from the command line', () => {
    const { template } = runApp('.', {
      'spot-blacklist': CONFIGURATION,
      'spot-blacklist:targets.0.interruptionThreshold': '10',
    });
    expect(template).toContain(String.raw`\"interruptionThreshold\":10`);
  });

  test('refuses a configuration in sentences, without a stack trace, and synthesizes nothing', () => {
    const { status, stdout, stderr, template } = runApp('.', {
      'spot-blacklist': { ...CONFIGURATION, schedule: 'rate(12 hours)', alarmEmail: 'nobody' },
    });
    expect(status).toBe(1);
    expect(stdout).toBe('');
    expect(stderr.trimEnd().split('\n')).toEqual([
      expect.stringContaining('cannot be used'),
      expect.stringContaining('alarmEmail must be an e-mail address'),
      expect.stringContaining('targets.0.blacklistHours must be at least 24 h, but is 12 h'),
    ]);
    expect(template).toBeUndefined();
  });

  test('refuses a missing bundle in a sentence', () => {
    const { status, stderr, template } = runApp(copyOfProject(), { 'spot-blacklist': CONFIGURATION });
    expect(status).toBe(1);
    expect(stderr).toBe('dist/handler/index.mjs is missing: run npm run build.\n');
    expect(template).toBeUndefined();
  });

  test('gives the same template, with the same asset, in every folder', () => {
    const templates = [copyOfProject(), copyOfProject()].map((folder) => {
      build(folder);
      const { status, template } = runApp(folder, { 'spot-blacklist': CONFIGURATION });
      expect(status).toBe(0);
      return template;
    });
    expect(templates[0]).toMatch(/"S3Key": "[0-9a-f]{64}\.zip"/);
    expect(templates[1]).toBe(templates[0]);
    expect(runApp('.', { 'spot-blacklist': CONFIGURATION }).template).toBe(templates[0]);
    // Two builds and three synths.
  }, 180_000);
});

describe('the bundle', () => {
  /** A project with a bundle, built at `built`, from sources of the time 1000 s. */
  function project(built: number): string {
    const root = temporaryFolder();
    mkdirSync(join(root, 'build'));
    mkdirSync(join(root, 'lambda', 'cli'), { recursive: true });
    mkdirSync(join(root, 'dist', 'handler'), { recursive: true });
    for (const [name, time] of [
      ['package.json', 1000],
      ['package-lock.json', 1000],
      ['esbuild.config.mjs', 1000],
      ['build/size-budget.ts', 1000],
      ['lambda/handler.ts', 1000],
      ['lambda/cli/main.ts', 1000],
      ['dist/handler/index.mjs', built],
    ] as const) {
      cpSync('package.json', join(root, name));
      utimesSync(join(root, name), time, time);
    }
    return root;
  }

  test('is taken if it is newer than its sources, or as old', () => {
    for (const built of [1000, 1001]) {
      const root = project(built);
      expect(bundleIn(root)).toBe(join(root, 'dist', 'handler'));
    }
  });

  test.each(['lambda/handler.ts', 'lambda/cli/main.ts', 'build/size-budget.ts', 'package-lock.json'])(
    'is refused if %s is newer',
    (name) => {
      const root = project(1000);
      utimesSync(join(root, name), 1002, 1002);
      expect(() => bundleIn(root)).toThrow(BundleError);
      expect(() => bundleIn(root)).toThrow(`is older than ${name}: run npm run build.`);
    },
  );
});
