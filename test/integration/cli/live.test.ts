import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { equip } from '../../../cli/demo/cluster.ts';
import { startSandbox } from '../../sandbox/sandbox.ts';
import {
  APPROVED,
  cli,
  environmentOf,
  LINUX_20,
  outcomeOf,
  spawnCli,
  startSmall,
  writesOf,
} from '../../support/cli.ts';

test('--auto-approve shows the plan, writes, and confirms', async () => {
  await using sandbox = await startSmall();
  const { code, stdout, stderr } = await cli(sandbox, APPROVED);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain('decided: add 8');
  expect(stdout).toContain("8 written, 8 of them confirmed by CAST AI's list.");
  expect(stdout).not.toContain('\u001b');
  expect(sandbox.castai.entries).toHaveLength(8);
  const second = await cli(sandbox, LINUX_20, { AUTO_APPROVE: 'true' });
  expect(second.stdout).toContain('everything was as it should be');
  const cleared = await cli(sandbox, ['clear', '--auto-approve']);
  expect(cleared).toMatchObject({ code: 0, stdout: expect.stringContaining('decided: remove 8') });
  expect(sandbox.castai.entries).toEqual([]);
});

test('a never glob that matches no type in any region stops a run that cannot prompt, and only warns in a plan', async () => {
  await using sandbox = await startSmall();
  const flags = [...LINUX_20, '--never-blacklist', 'm5x'];
  const applied = await cli(sandbox, ['apply', ...flags, '--auto-approve']);
  expect({ code: applied.code, writes: writesOf(sandbox) }).toEqual({ code: 1, writes: [] });
  expect(applied.stderr).toBe(
    'FeedError: m5x on the never list matches no type of the feed in any region, so nothing was changed. Correct --never-blacklist.\n',
  );
  const planned = await cli(sandbox, ['plan', ...flags]);
  expect(planned).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('m5x on the never list matches no type of this region'),
  });
});

test('a never glob of another region or operating system only, and an always glob of none, are warnings', async () => {
  await using sandbox = await startSmall();
  const feed = sandbox.feed.document() as { spot_advisor: Record<string, unknown> };
  const [only, other] = [{ 'x9.large': { r: 0, s: 50 } }, { 'x8.large': { r: 0, s: 50 } }];
  Object.assign(feed.spot_advisor['us-east-1'] as object, { Windows: other });
  sandbox.feed.replace({ ...feed, spot_advisor: { ...feed.spot_advisor, 'eu-west-1': { Linux: only } } });
  const { code, stdout } = await cli(sandbox, [
    ...['apply', ...APPROVED, '--never-blacklist', 'x9,x8.*', '--always-blacklist', 'q9'],
  ]);
  expect(stdout).toContain('x9, x8.* on the never list match no type of this region');
  expect(stdout).toContain('q9 on the always list matches no type of this region');
  expect({ code, entries: sandbox.castai.entries.length }).toEqual({ code: 0, entries: 8 });
});

test('a family that the plan’s warning names can be put on the never list as the warning says', async () => {
  await using sandbox = await startSmall();
  equip(sandbox);
  const { stdout } = await cli(sandbox, ['plan', ...LINUX_20]);
  const [, globs = ''] = /on the never list: --never-blacklist '(\S+)'/.exec(stdout) ?? [];
  expect(globs.split(',')).toContain('m5.*');
  for (const list of [globs, globs.replaceAll('.*', '')]) {
    const listed = await cli(sandbox, ['plan', ...LINUX_20, '--never-blacklist', list]);
    expect(listed.stdout).toMatch(/m5\.xlarge .*on the never list \(m5/);
    expect(listed.stdout).not.toContain('No type stays available of families');
  }
});

test('--json prints the result and nothing else on stdout', async () => {
  await using sandbox = await startSmall();
  const { code, stdout, stderr } = await cli(sandbox, [...APPROVED, '--json']);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    status: 'completed',
    dryRun: false,
    clusters: [{ outcome: { succeeded: 8, verified: 8 } }],
  });
  expect(stderr).toContain('8 written');
});

test('a failed run is reported with exit code 1 and without the key', async () => {
  await using sandbox = await startSmall({ castai: { keyMayWrite: false, echoKeyInErrors: true } });
  const { code, stdout, stderr } = await cli(sandbox, [...APPROVED, '--json']);
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({ status: 'failed', clusters: [{ status: 'failed' }] });
  expect(stderr).toContain('CastAiAuthError: The API key may not');
  expect(stdout + stderr).not.toContain(sandbox.castai.apiKey);
});

test.for([
  { switches: {}, status: 'completed', told: '' },
  { switches: { keyMayWrite: false }, status: 'failed', told: 'CastAiAuthError: The API key may not' },
])(
  'a full disk when the page is written does not hide the outcome of a run that is $status',
  async (given) => {
    await using sandbox = await startSmall({ castai: given.switches });
    const { code, stdout, stderr } = await cli(sandbox, [...APPROVED, '--json', '--report', '/dev/full']);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ status: given.status });
    expect(stderr).toContain(given.told);
    expect(stderr).toContain(
      'The report page /dev/full could not be written (ENOSPC); nothing else is affected.',
    );
    expect(stderr).not.toMatch(/InternalError|nothing was done/);
  },
);

test('a run that fails before its plan prints no result', async () => {
  await using sandbox = await startSmall();
  sandbox.feed.replace('<html>');
  const { code, stdout, stderr } = await cli(sandbox, [...APPROVED, '--json']);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/^FeedError: /);
});

test('Ctrl-C stops the writes after the requests in flight, and the report shows what is left', async () => {
  await using sandbox = await startSandbox();
  sandbox.faults.push({ when: { route: 'add' }, fault: { kind: 'latency', ms: 50 } });
  const child = spawnCli([...APPROVED, '--json', '--batch-size', '5'], environmentOf(sandbox));
  const outcome = outcomeOf(child);
  while (writesOf(sandbox).length < 20) await wait(20);
  child.kill('SIGINT');
  const stoppedAt = writesOf(sandbox).length;
  const { code, stdout, stderr } = await outcome;
  expect(code).toBe(1);
  expect(writesOf(sandbox).length).toBeLessThanOrEqual(stoppedAt + 10);
  const [cluster] = JSON.parse(stdout).clusters;
  // Everything that was sent is done and confirmed; the rest is left.
  expect(cluster.outcome).toMatchObject({ failed: 0, succeeded: sandbox.castai.entries.length });
  expect(cluster.outcome.deferred).toBe(445 - sandbox.castai.entries.length);
  expect(stderr).toContain('Stopping after the requests in flight');
  expect(stderr).toMatch(/\d+ left \(/);
  expect(stderr).toContain('the run was stopped before it was done');
});

test('a second Ctrl-C aborts requests without a response', async () => {
  await using sandbox = await startSandbox();
  sandbox.faults.push({ when: { route: 'add' }, fault: { kind: 'hang' } });
  const child = spawnCli(APPROVED, environmentOf(sandbox));
  const outcome = outcomeOf(child);
  while (writesOf(sandbox).length < 10) await wait(20);
  child.kill('SIGINT');
  await wait(300);
  expect(child.exitCode).toBeNull();
  const before = Date.now();
  child.kill('SIGINT');
  expect((await outcome).code).toBe(1);
  expect(Date.now() - before).toBeLessThan(5_000);
});

test('Ctrl-C before the first write ends at once', async () => {
  await using sandbox = await startSmall();
  sandbox.faults.push({ when: { route: 'list' }, fault: { kind: 'hang' } });
  const child = spawnCli(APPROVED, environmentOf(sandbox));
  const outcome = outcomeOf(child);
  while (!sandbox.requests.some(({ route }) => route === 'list')) await wait(20);
  child.kill('SIGINT');
  const { code, stderr } = await outcome;
  expect(code).toBe(1);
  expect(stderr).toContain('Stopped before anything was written.');
  expect(writesOf(sandbox)).toEqual([]);
});

test('a reader that closes the output does not stop the writes', async () => {
  await using sandbox = await startSmall();
  const child = spawnCli(APPROVED, environmentOf(sandbox));
  child.stdout?.destroy();
  expect(await once(child, 'close')).toEqual([0, null]);
  expect(sandbox.castai.entries).toHaveLength(8);
});
