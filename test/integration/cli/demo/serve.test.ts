// `spot-blacklist demo --serve`: a process of its own, from the sources, because it builds the function.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import got from 'got';
import { expect, test } from 'vitest';
import { environmentOf, MAIN, outcomeOf, spawnCli } from '../../../support/cli.ts';
import { PROJECT } from '../../../support/project.ts';

/** Runs the demonstration to its end. */
const demo = (...args: string[]) => outcomeOf(spawnCli(['demo', ...args], environmentOf(null), MAIN));

/** Starts it, and resolves with what it says when it is ready. */
async function serve(args: readonly string[], changes = {}) {
  const child = spawnCli(['demo', ...args], environmentOf(null, changes), MAIN);
  const screen = { text: '' };
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    screen.text += chunk;
  });
  while (!/-- plan$/m.test(screen.text)) await once(child.stdout ?? child, 'data');
  const lines = screen.text.split('\n').filter((line) => /aws lambda invoke|curl /.test(line));
  const command =
    /^invoke\(\) \{ .*--endpoint-url (\S+) .*--function-name (\S+) --payload fileb:\/\/\/dev\/stdin out.json; \}$/m;
  const [, url, name] = command.exec(screen.text) ?? [];
  const invocations = `${url}/2015-03-31/functions/${name}/invocations`;
  const payloads = [...screen.text.matchAll(/^echo '(.*)' \| invoke$/gm)].map(([, payload = '']) => payload);
  return { child, screen, lines, url, invocations, payloads };
}

test('--serve refuses a wrong flag before it starts anything', async () => {
  const { code, stdout, stderr } = await demo('--serve', '--os', '');
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain('--os must be an operating system');
});

test('--serve prints commands that work, and stops cleanly', async () => {
  const { child, screen, lines, invocations, payloads } = await serve(['--serve', '--region', 'eu-west-1']);
  expect(lines).toHaveLength(2);
  expect(lines[0]).toContain(' --region eu-west-1 ');
  expect(payloads).toEqual([
    '{"dryRun":true}',
    '{"dryRun":true,"interruptionThreshold":10}',
    '{}',
    '{"operation":"clear"}',
  ]);
  const [dryRun = '', whatIf = '', live = '', rollback = ''] = payloads;
  const invoke = (body: string) => got.post(invocations, { body }).json();
  expect(await invoke(dryRun)).toMatchObject({
    dryRun: true,
    target: { region: 'eu-west-1' },
    clusters: [{ status: 'completed' }],
  });
  expect(await invoke(whatIf)).toMatchObject({ dryRun: true, policy: { interruptionThreshold: 10 } });
  const [, key = '', list = ''] = /curl -H 'X-API-Key: (\S+)' (\S+)/.exec(screen.text) ?? [];
  const listed = () => got(list, { headers: { 'x-api-key': key } }).json();
  expect(await listed()).toEqual({ items: [] });
  await invoke('{"dryRun":true,"region":"mars-1"}');
  await invoke(live);
  expect(await listed()).not.toEqual({ items: [] });
  await invoke(rollback);
  expect(await listed()).toEqual({ items: [] });

  child.kill('SIGTERM');
  expect(await once(child, 'close')).toEqual([0, null]);
  expect(screen.text).toMatch(/\d dry run: add \d+, spare \d+ \[\d+ ms; CAST AI saw 7 reads, no writes\]/);
  expect(screen.text).toMatch(/\d failed with FeedError: .* \[\d+ ms; CAST AI saw no reads, no writes\]/);
  expect(screen.text).toMatch(
    /\d add (\d+), spare \d+, \1 confirmed \[\d+ ms; CAST AI saw 8 reads, \1 writes\]/,
  );
  expect(screen.text).toMatch(/Stopped\.\n$/);
});

test('--serve prints the environment that points the command line at its sandbox', async () => {
  const { child, screen, invocations } = await serve(['--serve', '--os', 'Windows', '--region', 'eu-west-1']);
  const exported = [...screen.text.matchAll(/^export (\w+)=(.*)$/gm)].map(([, name, value]) => [name, value]);
  const environment = { ...environmentOf(null), ...Object.fromEntries(exported) };
  const written = await outcomeOf(spawnCli(['apply', '--auto-approve', '--json'], environment, MAIN));
  expect(written).toMatchObject({ code: 0 });
  const { clusters } = JSON.parse(written.stdout);
  expect(clusters).toMatchObject([{ status: 'completed', region: 'eu-west-1' }]);
  // The function sees what the command line has written.
  const seen = await got.post(invocations, { body: '{"dryRun":true}' }).json();
  expect(seen).toMatchObject({ clusters: [{ actions: { add: 0, keep: clusters[0].actions.add } }] });
  child.kill('SIGTERM');
  expect(await once(child, 'close')).toEqual([0, null]);
});

test('--serve uses --port, refuses a port in use, and prints commands that avoid a proxy', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const port = String((taken.address() as AddressInfo).port);
  const refused = await demo('--port', port);
  expect(refused).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('(EADDRINUSE). Choose another one'),
  });
  await new Promise((resolve) => taken.close(resolve));

  const { child, lines, url } = await serve(['--port', port], {
    HTTP_PROXY: 'http://proxy',
    NO_PROXY: 'corp',
  });
  expect(url).toBe(`http://127.0.0.1:${port}`);
  for (const line of lines)
    expect(line).toMatch(
      /^(invoke\(\) \{ no_proxy=127\.0\.0\.1 AWS_ACCESS_KEY_ID=|no_proxy=127\.0\.0\.1 curl )/,
    );
  child.kill('SIGINT');
  expect(await once(child, 'close')).toEqual([0, null]);
});

test.for<[string, NodeJS.Signals, (npm: number) => number]>([
  ['a SIGTERM to npm', 'SIGTERM', (npm) => npm],
  ['Ctrl-C, which is a SIGINT to the whole group,', 'SIGINT', (npm) => -npm],
])('%s stops --serve, and all that it has started', async ([, signal, receiver]) => {
  const child = spawn('npm', ['start', '-s', '--', '--serve'], {
    cwd: PROJECT,
    env: { ...environmentOf(null), HOME: process.env['HOME'] },
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  while (!/-- plan$/m.test(text)) await once(child.stdout, 'data');
  // It ends once no process holds the pipe any more.
  const closed = once(child, 'close');
  process.kill(receiver(child.pid ?? Number.NaN), signal);
  await closed;
  expect(text).toMatch(/^Stopped\.$/m);
});
