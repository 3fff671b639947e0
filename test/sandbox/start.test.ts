import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import got from 'got';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startSandbox } from '../../cli/sandbox/sandbox.ts';
import { outcomeOf } from '../cli/support.ts';
import { startCorporateNetwork } from '../corporate-network.ts';

const PROJECT = join(import.meta.dirname, '..', '..');

/** A copy of the project: `npm start` builds, and other tests use the bundle that it would replace. */
let copy: string;

beforeAll(async () => {
  copy = await mkdtemp(join(tmpdir(), 'start-'));
  for (const path of [
    'build',
    'cli',
    'lambda',
    'test/sandbox',
    'esbuild.config.mjs',
    'package.json',
    'LICENSE',
  ])
    await cp(join(PROJECT, path), join(copy, path), { recursive: true });
  await symlink(join(PROJECT, 'node_modules'), join(copy, 'node_modules'));
});

afterAll(() => rm(copy, { recursive: true, force: true }));

/** Our environment without what the npm that runs the tests put there. */
function environment(): NodeJS.ProcessEnv {
  const ours = Object.entries(process.env).filter(([name]) => !/^(npm_config_.*|INIT_CWD)$/.test(name));
  return Object.fromEntries(ours);
}

function spawnStart(args: readonly string[], changes: NodeJS.ProcessEnv = {}): ChildProcess {
  const env = { ...environment(), ...changes };
  return spawn(process.execPath, ['test/sandbox/start.ts', ...args], { cwd: copy, env });
}

/** Runs start.ts to its end. */
async function start(...args: readonly string[]) {
  return outcomeOf(spawnStart(args));
}

describe('the demonstration', () => {
  test('adds 449 types, then nothing', async () => {
    const { code, stdout, stderr } = await start();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/>20% +│ +449 │ +41 % │ .* blacklisted/);
    expect(stdout).toMatch(/first run +│ add 449 +│ +\d+ │ +449 │ +449 │/);
    expect(stdout).toMatch(/second run │ keep 449 │ +\d+ │ +0 │/);
    expect(stdout).not.toContain('\u001b');
  });

  test('follows its options', async () => {
    const feed = 'test/sandbox/aws/feeds/2025-06-28.json.gz';
    const options = ['--region', 'EU-west-1', '--os', 'windows', '--threshold', '10', '--feed', feed];
    const { code, stdout } = await start(...options);
    expect(code).toBe(0);
    expect(stdout).toContain('eu-west-1 · Windows · threshold 10 %');
    expect(stdout).toContain('Feed 2025-06-28.json.gz of 2025-06-28');
  });

  test('fetches the live feed, and only that, through the proxy of the environment', async () => {
    await using sandbox = await startSandbox();
    await using network = await startCorporateNetwork(sandbox);
    const way = { HTTPS_PROXY: network.proxyUrl, NODE_EXTRA_CA_CERTS: network.authority };
    const { code, stdout } = await outcomeOf(spawnStart(['--live'], way));
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringContaining("AWS's own feed of 2026-02-13"),
    });
    expect(new Set(network.asked)).toEqual(new Set(['CONNECT spot-bid-advisor.s3.amazonaws.com:443']));
  });

  test.for([
    ['--region', 'mars-1', '(here: --region mars-1)'],
    ['--os', 'BeOS', '(here: --os BeOS)'],
    ['--threshold', 'abc', '(here: --threshold abc)'],
    ['--feed', 'nowhere.json', '/nowhere.json does not exist.'],
    ['--feed', 'package.json', '/package.json)'],
  ] as const)('tells in one line why %s %s fails', async ([option, value, named]) => {
    const { code, stdout, stderr } = await start(option, value);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(named);
    expect(stderr.trim()).not.toContain('\n');
  });
});

test('npm start takes the path of a feed as relative to the folder in which it is called', async () => {
  const folder = join(copy, 'somewhere');
  await mkdir(folder);
  await writeFile(join(folder, 'feed.json'), '{}');
  const child = spawn('npm', ['start', '--', '--feed', 'feed.json'], { cwd: folder, env: environment() });
  const { code, stderr } = await outcomeOf(child);
  expect(code).toBe(1);
  expect(stderr).toContain('FeedError: ');
  expect(stderr).toContain(`(here: --feed ${join(await realpath(folder), 'feed.json')})`);
});

test('refuses what it does not understand', async () => {
  const { code, stdout, stderr } = await start('--frobnicate');
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain('Usage: npm start');
});

test('-h', async () => {
  const { code, stdout } = await start('-h');
  expect(code).toBe(0);
  expect(stdout).toContain('Usage: npm start');
});

test('Ctrl-C in the middle says so, and no more', async () => {
  const bundle = join(copy, 'dist', 'handler', 'index.mjs');
  await rm(bundle, { force: true });
  const child = spawnStart([]);
  const output = Promise.all([child.stdout, child.stderr].map((stream) => (stream ? text(stream) : '')));
  while (!existsSync(bundle)) await sleep(10);
  child.kill('SIGINT');
  expect(await once(child, 'close')).toEqual([130, null]);
  expect(await output).toEqual(['', 'Stopped.\n']);
});

test('--serve prints where to invoke the function, and ends cleanly', async () => {
  const child = spawnStart(['--serve']);
  let output = '';
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk;
  });
  while (!output.includes('curl')) await once(child.stdout ?? child, 'data');

  const command = /aws lambda invoke --endpoint-url (\S+) .*--function-name (\S+) --payload '(.*)' out.json/;
  const [, url, name, payload = ''] = command.exec(output) ?? [];
  const invocations = `${url}/2015-03-31/functions/${name}/invocations`;
  const result = await got.post(invocations, { body: payload }).json();
  expect(result).toMatchObject({ dryRun: true, clusters: [{ actions: { add: 449 } }] });

  child.kill('SIGTERM');
  expect(await once(child, 'close')).toEqual([0, null]);
  expect(output).toContain('dry run: add 449 [');
  expect(output).toContain('CAST AI saw 3 reads, no writes]');
});
