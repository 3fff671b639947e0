// What the user sees while node templates cannot be read: the plan, which part is not written, and why.
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import { APPROVED, cli, LINUX_20, startSmall, writesOf } from '../../support/cli.ts';
import { answering } from '../../support/deployment.ts';

const UNREAD = /CAST AI's node templates could not be read \(400\).*, so nothing new is added/;

/** Refused at once, so that the test does not wait for retries. */
async function startUnread(): Promise<Sandbox> {
  const sandbox = await startSmall();
  sandbox.faults.push({ when: { route: 'templates' }, fault: answering(400) });
  return sandbox;
}

test('plan shows what would be added and why it is not, writes nothing, and exits 1', async () => {
  await using sandbox = await startUnread();
  const page = join(tmpdir(), `${process.pid}-unread.html`);
  const { code, stdout, stderr } = await cli(sandbox, ['plan', ...LINUX_20, '--report', page]);
  expect(code).toBe(1);
  expect(stdout).toContain('decided: add 8');
  expect(stdout).toMatch(new RegExp(`Warning: ${UNREAD.source}\\.`));
  expect(stdout).toMatch(/^Not done: sandbox-us-east-1\.$/m);
  expect(stderr).toMatch(UNREAD);
  expect(await readFile(page, 'utf8')).toMatch(/Unfinished: nothing was written/);
  expect(writesOf(sandbox)).toEqual([]);
});

test.each(['json', 'csv', 'markdown'])('a %s document of the plan says so, too', async (format) => {
  await using sandbox = await startUnread();
  const { code, stdout } = await cli(sandbox, [
    'plan',
    ...LINUX_20,
    '--format',
    format,
    '--detailed-exitcode',
  ]);
  expect(code).toBe(1);
  expect(stdout).toMatch(UNREAD);
});

test('apply writes what is allowed, and says how much is left', async () => {
  await using sandbox = await startUnread();
  sandbox.castai.seed({
    ...{ instanceType: 'm5.large', lifecycle: 'spot', reason: 'spot-blacklist/default: >20%' },
    expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
  });
  const { code, stdout } = await cli(sandbox, APPROVED);
  expect(code).toBe(1);
  expect(stdout).toContain("1 written, 1 of them confirmed by CAST AI's list, 7 left");
  expect(writesOf(sandbox)).toHaveLength(1);
});
