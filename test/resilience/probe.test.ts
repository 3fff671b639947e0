import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { startSandbox } from '../sandbox/sandbox.ts';
import { cli } from '../support/cli.ts';
import { writesSeenBy } from '../support/run-here.ts';

const folder = mkdtempSync(join(tmpdir(), 'probe-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('a probe from a terminal shows a table, writes a file to attach to an issue, and leaves nothing behind', async () => {
  await using sandbox = await startSandbox({ castai: { echoReason: false } });
  const file = join(folder, 'probe.json');
  const { code, stdout, stderr } = await cli(sandbox, ['probe', '--auto-approve', '--output', file]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain('Is the reason returned?');
  expect(stdout).toContain('What the probe wrote is removed.');
  const record = JSON.parse(readFileSync(file, 'utf8'));
  expect(record).toMatchObject({ isClean: true, error: null });
  expect(record.findings).toContainEqual(expect.objectContaining({ id: 'reason', found: 'No' }));
  expect(sandbox.castai.entries).toEqual([]);
});

it.each([
  ['without a terminal to ask on', [], /Add --auto-approve/],
  ['if the file exists', ['--auto-approve'], /already exists/],
  ['for a fleet', ['--auto-approve', '--cluster-id', '*', '--output', 'new.json'], /needs one cluster/],
])('a probe is refused %s, and nothing is written', async (_, args, message) => {
  await using sandbox = await startSandbox();
  const file = join(folder, 'existing.json');
  writeFileSync(file, 'mine');
  const { code, stderr } = await cli(sandbox, ['probe', '--output', file, ...args]);
  expect(code).toBe(2);
  expect(stderr).toMatch(message);
  expect(writesSeenBy(sandbox)).toEqual([]);
  expect(readFileSync(file, 'utf8')).toBe('mine');
});
