import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { hashOfInputs } from '../../../build/inputs.ts';
import { BundleError, bundleIn } from '../../../infra/bundle.ts';
import { TARGET } from '../../support/synthesized.ts';

const CONFIGURATION = {
  secretName: 'some/secret',
  schedule: 'rate(1 hour)',
  runbookUrl: 'https://example.com/runbook.md',
  targets: [TARGET],
};

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
    'cli',
    'lambda',
    'infra',
    'package.json',
    'package-lock.json',
    'tsconfig.json',
    'esbuild.config.mjs',
    'tsconfig.json',
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
    expect(template).toContain('"INTERRUPTION_THRESHOLD": "10"');
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

test('the CDK CLI sends no telemetry', () => {
  const { stdout, stderr } = spawnSync(
    'node_modules/.bin/cdk',
    ['cli-telemetry', '--status', '--no-notices'],
    {
      encoding: 'utf8',
      env: { PATH: `node_modules/.bin:${process.env['PATH']}`, HOME: temporaryFolder() },
    },
  );
  expect(stdout + stderr).toContain('CLI Telemetry is disabled.');
});

describe('the bundle', () => {
  /** What stands for a project that has been built. */
  function project(): string {
    const root = temporaryFolder();
    for (const name of ['lambda/run', 'build', 'dist/handler'])
      mkdirSync(join(root, name), { recursive: true });
    for (const name of [
      'package.json',
      'package-lock.json',
      'esbuild.config.mjs',
      'LICENSE',
      'build/modes.ts',
      'lambda/handler.ts',
      'lambda/run/run.ts',
      'dist/handler/index.mjs',
    ]) {
      writeFileSync(join(root, name), name);
    }
    writeFileSync(join(root, 'dist', 'handler.inputs'), hashOfInputs(root));
    return root;
  }

  test('is taken whatever the time of its sources', () => {
    const root = project();
    expect(bundleIn(root)).toBe(join(root, 'dist', 'handler'));
    const future = Date.now() / 1000 + 86_400;
    utimesSync(join(root, 'lambda', 'handler.ts'), future, future);
    utimesSync(join(root, 'dist', 'handler', 'index.mjs'), 1, 1);
    expect(bundleIn(root)).toBe(join(root, 'dist', 'handler'));
  });

  test.each<[string, (root: string) => void]>([
    ['a source has changed', (root) => writeFileSync(join(root, 'lambda', 'run', 'run.ts'), 'other')],
    ['a part of the build has changed', (root) => writeFileSync(join(root, 'build', 'modes.ts'), 'other')],
    ['the lock file has changed', (root) => writeFileSync(join(root, 'package-lock.json'), 'other')],
    ['a source is new', (root) => writeFileSync(join(root, 'lambda', 'new.ts'), '')],
    ['a source is gone', (root) => rmSync(join(root, 'lambda', 'handler.ts'))],
    [
      'a source has another name',
      (root) => renameSync(join(root, 'lambda', 'handler.ts'), join(root, 'lambda', 'other.ts')),
    ],
    [
      'a source has an old time',
      (root) => {
        const file = join(root, 'lambda', 'handler.ts');
        writeFileSync(file, 'other');
        utimesSync(file, 1, 1);
      },
    ],
    ['nothing says what it was made from', (root) => rmSync(join(root, 'dist', 'handler.inputs'))],
  ])('is refused if %s', (_, change) => {
    const root = project();
    change(root);
    expect(() => bundleIn(root)).toThrow(BundleError);
    expect(() => bundleIn(root)).toThrow('not built from the present sources: run npm run build.');
  });

  test('is readable, and in the asset too, whatever the umask and the modes of the sources', () => {
    const root = copyOfProject();
    chmodSync(join(root, 'cli', 'page', 'theme.css'), 0o600);
    const { status, stderr } = spawnSync(
      'sh',
      ['-c', 'umask 077; "$0" esbuild.config.mjs && "$0" infra/app.ts', process.execPath],
      {
        cwd: root,
        encoding: 'utf8',
        env: {
          PATH: process.env['PATH'],
          CDK_OUTDIR: join(root, 'cdk.out'),
          CDK_CONTEXT_JSON: JSON.stringify({ 'spot-blacklist': CONFIGURATION }),
        },
      },
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const [asset = ''] = readdirSync(join(root, 'cdk.out')).filter((name) => name.startsWith('asset.'));
    const { '.': handler, ...files } = modesIn(join(root, 'dist', 'handler'));
    expect(handler).toBe('755');
    expect(Object.keys(files)).toContain('index.mjs');
    expect(new Set(Object.values(files))).toEqual(new Set(['644']));
    // What CDK packs, with these modes.
    expect(modesIn(join(root, 'cdk.out', asset))).toMatchObject({
      'THIRD-PARTY-NOTICES.txt': '644',
      'index.mjs': '644',
    });
    const {
      '.': folder,
      'spot-blacklist.mjs': command,
      feeds,
      ...others
    } = modesIn(join(root, 'dist', 'cli'));
    expect({ folder, command, feeds }).toEqual({ folder: '755', command: '755', feeds: '755' });
    Object.assign(others, {
      '2026-02-13.json.gz': modesIn(join(root, 'dist', 'cli', 'feeds'))['2026-02-13.json.gz'],
    });
    expect(Object.keys(others)).toContain('theme.css');
    expect(new Set(Object.values(others))).toEqual(new Set(['644']));
    expect(modesIn(join(root, 'dist'))['.']).toBe('755');
  }, 120_000);
});

function modesIn(folder: string): Record<string, string> {
  const modeOf = (name: string) => (statSync(join(folder, name)).mode & 0o777).toString(8);
  return Object.fromEntries(['.', ...readdirSync(folder)].map((name) => [name, modeOf(name)]));
}
