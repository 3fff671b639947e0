import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { makeCluster } from '../../../cli/demo/sandbox/castai/castai.ts';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import {
  APPROVED,
  BIN,
  cli,
  environmentOf,
  LINUX_20,
  outcomeOf,
  spawnCli,
  startSmall,
  writesOf,
} from '../../support/cli.ts';

const folder = mkdtempSync(join(tmpdir(), 'output-'));
const FULL = '/dev/full';

afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Place = 'pipe' | typeof FULL | `${string}.txt`;

/** Runs the command line with its output redirected. */
async function cliInto(sandbox: Sandbox, args: readonly string[], stdout: Place, stderr: Place) {
  const opened = [stdout, stderr].map((place) => (place === 'pipe' ? 'pipe' : openSync(place, 'w')));
  const child = spawn(process.execPath, [BIN, ...args], {
    env: environmentOf(sandbox),
    stdio: ['ignore', ...opened],
  });
  for (const descriptor of opened) if (typeof descriptor === 'number') closeSync(descriptor);
  return outcomeOf(child);
}

describe('output is not repeated', () => {
  /** How often a text occurs. */
  const times = (text: string, part: string) => text.split(part).length - 1;

  test('the cause of a failed run', async () => {
    await using sandbox = await startSmall();
    const args = [...APPROVED, '--always-blacklist', '*', '--max-blacklist-share', '0.5'];
    const { code, stdout, stderr } = await cli(sandbox, args);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^Not done: sandbox-us-east-1\.$/m);
    expect(times(stdout + stderr, 'above the ceiling of 50%')).toBe(1);
  });

  test('why a cluster of a fleet is skipped, or failed', async () => {
    await using sandbox = await startSmall();
    const { organizationId } = sandbox.castai;
    const failing = makeCluster('us-east-1', { organizationId, name: 'failing' });
    sandbox.castai.clusters.push(makeCluster('mars-1', { organizationId, name: 'skipped' }), failing);
    sandbox.faults.push({
      when: { route: 'list', matching: ({ query }) => query['clusterId'] === failing.id },
      fault: { kind: 'status', status: 404 },
    });
    const { code, stdout, stderr } = await cli(sandbox, APPROVED, { CLUSTER_ID: '*' });
    expect(code).toBe(1);
    expect(times(stdout + stderr, 'the feed does not have its region, mars-1')).toBe(1);
    expect(times(stdout + stderr, 'CAST AI refused to list the blacklist (404)')).toBe(1);
    expect(stdout).toMatch(/^Not done: failing\.$/m);
  });

  test('a plan, if the document is printed on the same terminal', async () => {
    await using sandbox = await startSmall();
    const plan = `'${process.execPath}' '${BIN}' plan ${LINUX_20.join(' ')} --format markdown`;
    const child = spawn('script', ['-qec', plan, '/dev/null'], {
      env: environmentOf(sandbox),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const { code, stdout } = await outcomeOf(child);
    expect(code).toBe(0);
    expect(times(stdout, 'nothing was written.')).toBe(1);
    expect(times(stdout.toLowerCase(), 'decided: add 8')).toBe(1);
    expect(times(stdout, 'm5.2xlarge')).toBe(1);
  });
});

describe('a full disk', () => {
  test('of stdout and stderr does not stop a run', async () => {
    await using sandbox = await startSmall();
    expect(await cliInto(sandbox, APPROVED, FULL, FULL)).toMatchObject({ code: 0 });
    expect(sandbox.castai.entries).toHaveLength(8);
  });

  test('of stdout and stderr does not hide a failed run', async () => {
    await using sandbox = await startSmall({ castai: { keyMayWrite: false } });
    expect(await cliInto(sandbox, APPROVED, FULL, FULL)).toMatchObject({ code: 1 });
  });

  test('of stderr leaves the JSON intact', async () => {
    await using sandbox = await startSmall();
    const file = join(folder, 'result.txt') as Place;
    expect(await cliInto(sandbox, [...APPROVED, '--json'], file, FULL)).toMatchObject({ code: 0 });
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ status: 'completed' });
  });

  test('of stdout with --json gives exit code 1 after a completed run', async () => {
    await using sandbox = await startSmall();
    const { code, stderr } = await cliInto(sandbox, [...APPROVED, '--json'], FULL, 'pipe');
    expect(code).toBe(1);
    expect(stderr).toContain('8 written');
    expect(stderr).toContain('The result could not be written to stdout (ENOSPC); nothing else is affected.');
    expect(sandbox.castai.entries).toHaveLength(8);
  });
});

test('a reader that exits before the JSON gives exit code 1 after a completed run', async () => {
  await using sandbox = await startSmall();
  const child = spawn(process.execPath, [BIN, ...APPROVED, '--json'], { env: environmentOf(sandbox) });
  child.stdout.destroy();
  const [stderr, [code]] = await Promise.all([text(child.stderr), once(child, 'close')]);
  expect(code).toBe(1);
  expect(stderr).toContain('The result could not be written to stdout (EPIPE)');
  expect(sandbox.castai.entries).toHaveLength(8);
});

describe('a closed terminal', () => {
  test('during the writes lets requests in flight finish, and the list is read again', async () => {
    await using sandbox = await startSandbox();
    sandbox.faults.push({ when: { route: 'add' }, fault: { kind: 'latency', ms: 200 } });
    const child = spawnCli([...APPROVED, '--batch-size', '5'], environmentOf(sandbox));
    const ended = once(child, 'close');
    while (writesOf(sandbox).length < 20) await wait(20);
    child.stdout?.destroy();
    child.stderr?.destroy();
    // Both the shell and the kernel may send it.
    child.kill('SIGHUP');
    await wait(50);
    child.kill('SIGHUP');
    const stoppedAt = writesOf(sandbox).length;
    expect(await ended).toEqual([1, null]);
    expect(writesOf(sandbox).length).toBeLessThanOrEqual(stoppedAt + 5);
    expect(writesOf(sandbox).every(({ status }) => status === 200)).toBe(true);
    expect(sandbox.castai.entries).toHaveLength(writesOf(sandbox).length);
    expect(sandbox.requests.at(-1)?.route).toBe('list');
  });

  test('before the first write ends the run at once', async () => {
    await using sandbox = await startSandbox();
    sandbox.faults.push({ when: { route: 'list' }, fault: { kind: 'hang' } });
    const child = spawnCli(APPROVED, environmentOf(sandbox));
    const outcome = outcomeOf(child);
    while (!sandbox.requests.some(({ route }) => route === 'list')) await wait(20);
    child.kill('SIGHUP');
    const { code, stderr } = await outcome;
    expect(code).toBe(1);
    expect(stderr).toContain('Stopped before anything was written.');
    expect(writesOf(sandbox)).toEqual([]);
  });
});
