import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { startSandbox } from '../sandbox/sandbox.ts';
import { environmentOf, LINUX_20, NO_KEYS, outcomeOf } from '../support/cli.ts';
import { PROJECT } from '../support/project.ts';

const folder = mkdtempSync(join(tmpdir(), 'package-'));
const installed = join(folder, 'node_modules', 'spot-blacklist');
const bin = join(installed, 'cli', 'spot-blacklist.mjs');
const commands = join(folder, 'node_modules', '.bin');

beforeAll(() => {
  const args = ['pack', '--silent', '--pack-destination', folder, './dist/package'];
  const packed = execFileSync('npm', args, { cwd: PROJECT, encoding: 'utf8' }).trim();
  mkdirSync(installed, { recursive: true });
  execFileSync('tar', ['-xzf', join(folder, packed), '-C', installed, '--strip-components', '1']);
  // As npm installs it.
  chmodSync(bin, 0o755);
  mkdirSync(commands);
  symlinkSync(bin, join(commands, 'spot-blacklist'));
}, 120_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('the packed package runs below node_modules, with nothing else installed', async () => {
  await using sandbox = await startSandbox();
  const page = join(folder, 'page.html');
  const run = (...args: string[]) =>
    outcomeOf(spawn(process.execPath, [bin, ...args], { cwd: folder, env: environmentOf(sandbox, NO_KEYS) }));
  const flags = [...LINUX_20, '--region', 'us-east-1', '--dry-run', '--json', '--report', page];
  const { code, stdout } = await run(...flags);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ clusters: [{ actions: { add: 445 } }] });
  expect(existsSync(page)).toBe(true);
  writeFileSync(join(folder, 'result.json'), stdout);
  expect(await run('report', 'result.json', 'second.html')).toMatchObject({ code: 0, stderr: '' });
  expect(await run('--version')).toMatchObject({ code: 0, stdout: `${manifest.version}\n` });
});

describe('the packed manifest', () => {
  const packed = () => JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));

  test('has what a consumer needs, and nothing else', () => {
    const { name, version, license, engines, peerDependencies, peerDependenciesMeta, ...others } = packed();
    expect({ name, version, license, engines, peerDependencies, peerDependenciesMeta }).toEqual({
      ...{ name: manifest.name, version: manifest.version, license: manifest.license },
      ...{ engines: manifest.engines, peerDependencies: manifest.peerDependencies },
      peerDependenciesMeta: manifest.peerDependenciesMeta,
    });
    expect(Object.keys(others).sort()).toEqual(['bin', 'description', 'exports', 'type', 'types']);
  });

  test('names files that are there', () => {
    const { bin: named, exports, types } = packed();
    const files = JSON.stringify([named, exports, types]).match(/(?<=")[^"]*\/[^"]*(?=")/g) ?? [];
    expect(files).toContain('./construct/index.cjs');
    expect(files.filter((file) => !existsSync(join(installed, file)))).toEqual([]);
  });
});

test('an old Node.js prints one sentence, before anything is loaded that it may lack', async () => {
  // Stands in for the version, which is all that the launcher looks at.
  const old =
    "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '18.20.8' } })";
  const args = ['--import', `data:text/javascript,${old}`, bin, '--version'];
  const { code, stdout, stderr } = await outcomeOf(
    spawn(process.execPath, args, { env: environmentOf(null) }),
  );
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(/^spot-blacklist needs Node\.js 22 or newer, but this is v.*\n$/);
  expect(readFileSync(bin, 'utf8')).not.toMatch(/^import /m);
});

test('the packed package’s demonstration runs with nothing else installed', async () => {
  const demo = (...args: string[]) =>
    outcomeOf(spawn(process.execPath, [bin, 'demo', ...args], { cwd: folder, env: environmentOf(null) }));
  const { code, stdout, stderr } = await demo();
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/│ second run │ keep 434, spare 15 │ +7 │ +0 │/);
});

test('the packed package has no --serve, and none of what only tests and a clone need', async () => {
  const demo = (...args: string[]) =>
    outcomeOf(spawn(process.execPath, [bin, 'demo', ...args], { cwd: folder, env: environmentOf(null) }));
  const [help, refused] = await Promise.all([demo('--help'), demo('--serve')]);
  expect(help).toMatchObject({ code: 0, stdout: expect.not.stringMatching(/--serve|--port/) });
  expect(refused).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('--serve') });
  const code = readdirSync(join(installed, 'cli'))
    .filter((name) => name.endsWith('.mjs'))
    .map((name) => readFileSync(join(installed, 'cli', name), 'utf8'))
    .join('');
  // The flag, the Invoke API, the Lambda emulator, the fault injector.
  for (const trace of ['--serve', '2015-03-31/functions', 'Runtime.ExitError', 'lost-answer'])
    expect(code.includes(trace), trace).toBe(false);
});

test('the packed package’s paths are relative to its current directory, even in an npm script', async () => {
  const elsewhere = join(folder, 'elsewhere');
  mkdirSync(elsewhere);
  await using sandbox = await startSandbox();
  const env = environmentOf(sandbox, { INIT_CWD: elsewhere, npm_lifecycle_event: 'look' });
  const args = [...LINUX_20, '--dry-run', '--report', 'here.html'];
  const { code } = await outcomeOf(spawn(process.execPath, [bin, ...args], { cwd: folder, env }));
  expect(code).toBe(0);
  expect(existsSync(join(folder, 'here.html'))).toBe(true);
  expect(existsSync(join(elsewhere, 'here.html'))).toBe(false);
});

test('the examples in --help run as shown', async () => {
  await using sandbox = await startSandbox();
  const environment = environmentOf(sandbox);
  const PATH = `${commands}${delimiter}${environment['PATH']}`;
  const shell = (command: string, changes = {}) =>
    outcomeOf(spawn('sh', ['-c', command], { cwd: folder, env: { ...environment, PATH, ...changes } }));
  const { stdout: help } = await shell('spot-blacklist --help');
  const oneLine = help.replaceAll(/ \\\n */g, ' ');
  const examples = [...oneLine.matchAll(/^ {4}(spot-blacklist .*)$/gm)].map(([, example = '']) => example);
  expect(examples.length).toBeGreaterThan(5);
  for (const example of examples) {
    const asks = !/ --dry-run| --auto-approve|^spot-blacklist (plan|report|diff|demo)/.test(example);
    const { code, stderr } = await shell(example);
    expect({ example, code, stderr }).toMatchObject({
      code: asks ? 2 : 0,
      stderr: asks ? expect.stringContaining('There is no terminal') : expect.not.stringMatching(/Error/),
    });
  }
  expect(existsSync(join(folder, 'page.html'))).toBe(true);
  expect(sandbox.castai.entries).toHaveLength(445);
});

describe('the packed construct', () => {
  const node = (file: string, ...flags: string[]) =>
    spawnSync(process.execPath, [...flags, file], { cwd: folder, encoding: 'utf8' });

  beforeAll(() => {
    for (const peer of Object.keys(manifest.peerDependencies))
      symlinkSync(join(PROJECT, 'node_modules', peer), join(folder, 'node_modules', peer));
  });

  test('is loaded by a CommonJS app where require() takes no ES module, as in Jest', () => {
    writeFileSync(join(folder, 'app.cjs'), "console.log(typeof require('spot-blacklist').SpotBlacklist);");
    const { stdout, stderr } = node('app.cjs', '--no-experimental-require-module');
    expect({ stdout, stderr }).toEqual({ stdout: 'function\n', stderr: '' });
  });

  test('is the same class for an app that loads it both ways', () => {
    writeFileSync(
      join(folder, 'app.mjs'),
      `import { createRequire } from 'node:module';
      import * as imported from 'spot-blacklist';
      const required = createRequire(import.meta.url)('spot-blacklist');
      console.log(Object.keys(required).map((name) => [name, imported[name] === required[name]]));`,
    );
    const { stdout, stderr } = node('app.mjs');
    expect({ stdout, stderr }).toEqual({
      stdout: "[ [ 'SpotBlacklist', true ], [ 'UnusablePropsError', true ] ]\n",
      stderr: '',
    });
  });
});
