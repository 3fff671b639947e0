import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, expect, test } from 'vitest';
import type { Sandbox } from '../sandbox/sandbox.ts';
import { environmentOf, MAIN, writesOf } from '../support/cli.ts';
import { SCENE_FLAGS, startScene } from './scene.ts';

const folder = mkdtempSync(join(tmpdir(), 'terminal-'));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The command line at a real terminal: one that `script` of util-linux makes. */
function atTerminal(
  sandbox: Sandbox,
  args: readonly string[],
  changes: Record<string, string | undefined> = {},
  columns = 120,
) {
  const command = [process.execPath, MAIN, ...SCENE_FLAGS, ...args].map((word) => `'${word}'`).join(' ');
  const environment = environmentOf(sandbox, { TERM: 'xterm', ...changes });
  const pidFile = join(folder, randomUUID());
  const child = spawn(
    'script',
    ['-qefc', `stty cols ${columns}; echo $$ > '${pidFile}'; exec ${command}`, '/dev/null'],
    {
      env: environment,
    },
  );
  const screen = { text: '' };
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    screen.text += chunk;
  });
  return {
    screen,
    /** Closes the other end of it, as closing a window does. Resolves when the command has ended. */
    async close() {
      const pid = Number(await readFile(pidFile, 'utf8'));
      child.kill('SIGKILL');
      while (existsSync(`/proc/${pid}`)) await wait(30);
    },
    type: (keys: string) => child.stdin.write(keys),
    /** Resolves when the screen shows it, after another part if that is given. */
    async shows(part: string, after = '') {
      while (!screen.text.includes(part, screen.text.indexOf(after))) {
        if (child.exitCode !== null) throw new Error(`It ended without "${part}":\n${screen.text}`);
        await wait(30);
      }
    },
    ended: once(child, 'close').then(([code]) => code as number),
  };
}

const QUESTION = "changes to CAST AI's blacklist in production?";

test('a live run prompts, shows a progress bar, and confirms', async () => {
  await using sandbox = await startScene();
  const terminal = atTerminal(sandbox, []);
  await terminal.shows(QUESTION);
  await wait(200);
  expect(writesOf(sandbox)).toEqual([]);
  terminal.type('y');
  expect(await terminal.ended).toBe(0);
  expect(terminal.screen.text).toContain('█');
  expect(terminal.screen.text).toContain('434/434');
  expect(terminal.screen.text).toContain('434 written, 434 of them confirmed');
});

test.for([
  ['Enter is a no', '\r', 0, 'Nothing was written.'],
  ['n is a no', 'n', 0, 'Nothing was written.'],
  ['Ctrl-C stops the run', '\u0003', 1, 'Stopped before anything was written.'],
] as const)('at the question, %s', async ([, keys, code, said]) => {
  await using sandbox = await startScene();
  const terminal = atTerminal(sandbox, []);
  await terminal.shows(QUESTION);
  await wait(200);
  terminal.type(keys);
  expect(await terminal.ended).toBe(code);
  expect(terminal.screen.text).toContain(said);
  expect(writesOf(sandbox)).toEqual([]);
});

test('Ctrl-C at the prompt about a changed plan writes to no cluster', async () => {
  await using sandbox = await startScene();
  const { castai } = sandbox;
  const [first] = castai.clusters;
  if (first === undefined) throw new Error('no cluster');
  castai.clusters = [first, { ...first, id: randomUUID(), name: 'second' }];
  for (const { id } of castai.clusters)
    castai.seed({ clusterId: id, instanceFamily: 'm5', lifecycle: 'spot' });
  const terminal = atTerminal(sandbox, [], { CLUSTER_ID: '*' });
  await terminal.shows('in 2 clusters (');
  await wait(200);
  castai.entries = [];
  terminal.type('y');
  await terminal.shows('has changed in the meantime');
  await terminal.shows('It takes', 'has changed in the meantime');
  await wait(200);
  terminal.type('\u0003');
  expect(await terminal.ended).toBe(1);
  expect(terminal.screen.text.match(/has changed in the meantime/g)).toHaveLength(1);
  expect(terminal.screen.text).toContain('Stopped before anything was written.');
  expect(writesOf(sandbox)).toEqual([]);
});

test('Ctrl-C during the writes ends the run cleanly', async () => {
  await using sandbox = await startScene();
  const terminal = atTerminal(sandbox, ['--batch-size', '20', '--batch-pause', '1']);
  await terminal.shows(QUESTION);
  await wait(200);
  terminal.type('y');
  while (writesOf(sandbox).length < 20) await wait(30);
  terminal.type('\u0003');
  expect(await terminal.ended).toBe(1);
  expect(terminal.screen.text).toContain('Stopping after the requests in flight.');
  expect(terminal.screen.text).toMatch(/\d+ written, \d+ of them confirmed by CAST AI's list/);
  expect(writesOf(sandbox).length).toBeLessThan(100);
});

test('after the terminal is closed during the writes, requests in flight finish and the list is read again', async () => {
  await using sandbox = await startScene();
  sandbox.faults.push({ when: { route: 'add' }, fault: { kind: 'latency', ms: 200 } });
  const terminal = atTerminal(sandbox, ['--batch-size', '20', '--batch-pause', '1']);
  await terminal.shows(QUESTION);
  await wait(200);
  terminal.type('y');
  while (writesOf(sandbox).length < 20) await wait(30);
  sandbox.requests.length = 0;
  await terminal.close();
  expect(writesOf(sandbox).length).toBeLessThan(100);
  expect(sandbox.requests.at(-1)?.route).toBe('list');
  expect(sandbox.requests.every(({ status }) => status === 200)).toBe(true);
});

test('closing the terminal at the prompt declines the plan', async () => {
  await using sandbox = await startScene();
  const terminal = atTerminal(sandbox, []);
  await terminal.shows(QUESTION);
  await terminal.close();
  expect(writesOf(sandbox)).toEqual([]);
});

test('with NO_COLOR, prompts and answers are plain text', async () => {
  await using sandbox = await startScene();
  const terminal = atTerminal(sandbox, [], { NO_COLOR: '1' });
  await terminal.shows('[y/N]');
  terminal.type('y\n');
  expect(await terminal.ended).toBe(0);
  expect(terminal.screen.text).toContain('434 written');
  expect(terminal.screen.text).not.toContain('\u001b');
});

/** The lines of a screen, without what styles them. */
const linesOf = (text: string) => stripVTControlCharacters(text).replaceAll('\r', '').split('\n');

test.each([60, 80])('a plan fits into %i columns, and has the same text without colours', async (columns) => {
  await using sandbox = await startScene();
  const [coloured, plain] = [
    atTerminal(sandbox, ['plan'], {}, columns),
    atTerminal(sandbox, ['plan'], { NO_COLOR: '1' }, columns),
  ];
  expect([await coloured.ended, await plain.ended]).toEqual([0, 0]);
  expect(Math.max(...linesOf(coloured.screen.text).map((line) => line.length))).toBeLessThanOrEqual(columns);
  expect(coloured.screen.text).toContain('\u001b[32m+');
  expect(plain.screen.text).not.toContain('\u001b');
  expect(linesOf(plain.screen.text)).toEqual(linesOf(coloured.screen.text));
  expect(plain.screen.text).toContain('… and 422 more');
});
