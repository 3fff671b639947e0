// `spot-blacklist demo`, as a process of its own.
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import got from 'got';
import { afterAll, describe, expect, test } from 'vitest';
import { startSandbox } from '../../../cli/sandbox/sandbox.ts';
import { cli, environmentOf, outcomeOf, spawnCli } from '../../support/cli.ts';
import { startCorporateNetwork } from '../../support/corporate-network.ts';
import { PROJECT } from '../../support/project.ts';

const FEEDS = join(PROJECT, 'cli', 'sandbox', 'aws', 'feeds');
const folder = mkdtempSync(join(tmpdir(), 'demo-'));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the demonstration to its end. */
const demo = (args: readonly string[] = [], changes = {}) => cli(null, ['demo', ...args], changes);

/** The cells of the table row that starts with `first`. */
function row(text: string, first: string): string[] {
  const line = text.split('\n').find((one) => one.startsWith(`│ ${first} `)) ?? '';
  const cells = line.split('│').slice(1, -1);
  return cells.map((cell) => cell.trim());
}

describe('the three runs', () => {
  const plain = demo();

  test('add 441 types, then nothing, by the same views as any run', async () => {
    const { code, stdout, stderr } = await plain;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(row(stdout, 'dry run')).toEqual(['dry run', 'add 441, spare 8', '6', '0', '']);
    expect(row(stdout, 'first run')).toEqual(['first run', 'add 441, spare 8', '7', '441', '441']);
    expect(row(stdout, 'second run')).toEqual(['second run', 'keep 441, spare 8', '6', '0', '']);
    expect(stdout).toContain(
      '12 of your 80 Spot nodes are of types above 20%; they keep running, and are not bought again.',
    );
    expect(stdout).toContain('template gpu: 5 of 15 types available, 4 of them kept for it');
    expect(stdout).toContain('Linux, tolerating 20%, for 5 h');
    expect(stdout).toContain('Done: sandbox-us-east-1: a dry run; nothing was written.');
    expect(stdout).toContain("441 written, 441 of them confirmed by CAST AI's list, 0 failed, 0 left");
    expect(stdout).toContain('everything was as it should be; nothing was written.');
    expect(stdout).toContain('Adding everything again would have cost 441 requests.');
    expect(stdout).toContain('by default 10 start every 5 seconds, which takes 3 min 40 s for 441.');
    expect(stdout).not.toContain('\u001b');
  });

  test('show the feed by band, and the riskiest types, where there is no terminal either', async () => {
    const { stdout } = await plain;
    expect(stdout).toContain(
      'Feed 2026-02-13.json.gz of 2026-02-13: 1,088 types, 0 of them without evidence',
    );
    expect(row(stdout, '<5%')).toEqual(['<5%', '205', '19%', '█'.repeat(8), 'available']);
    expect(row(stdout, '>20%')).toEqual(['>20%', '449', '41%', '█'.repeat(17), 'blacklisted but 8']);
    const riskiest = stdout.match(/^│ a1\.2xlarge .*/gm);
    expect(riskiest).toEqual([
      expect.stringMatching(/>20% │ +1% │ +│ add +│ >20% interrupted in a month, above the tolerated 20%/),
    ]);
  });

  test.for(['--interruption-threshold', '--threshold'])(
    'follow region, OS, feed, and %s',
    async (threshold) => {
      const file = join(folder, 'saved.json');
      writeFileSync(file, gunzipSync(readFileSync(join(FEEDS, '2025-06-28.json.gz'))));
      const flags = ['--region', ' EU-west-1 ', '--os', 'windows', threshold, '10', '--feed', file];
      const { code, stdout } = await demo(flags);
      expect(code).toBe(0);
      expect(stdout).toContain('sandbox-eu-west-1 (eu-west-1)');
      expect(stdout).toContain('windows, tolerating 10%');
      expect(stdout).toMatch(/\nFeed saved\.json: \d+ types/);
      expect(row(stdout, '10-15%').at(-1)).toBe('blacklisted');
    },
  );

  test('name the types that the floor spares', async () => {
    const types = Object.fromEntries(
      ['m5', 'c5', 'r5', 'i3'].map((name) => [`${name}.large`, { r: 1, s: 60 }]),
    );
    const ranges = [
      { index: 0, label: '<5%' },
      { index: 1, label: '>20%' },
    ];
    const file = join(folder, 'small.json');
    const calm = { 'm6i.large': { r: 0, s: 60 } };
    const feed = { ranges, spot_advisor: { 'us-east-1': { Linux: { ...types, ...calm } } } };
    writeFileSync(file, JSON.stringify(feed));
    const { code, stdout } = await demo(['--feed', file]);
    expect(code).toBe(0);
    expect(row(stdout, '>20%').at(-1)).toBe('blacklisted but 4');
    expect(row(stdout, 'first run')).toEqual(['first run', 'spare 4', '6', '0', '']);
    expect(stdout).toContain('There was nothing to write');
    expect(stdout).toContain('by default 10 start every 5 seconds.');
  });

  test('fetch the live feed, and only that, through the proxy of the environment', async () => {
    await using sandbox = await startSandbox();
    await using network = await startCorporateNetwork(sandbox);
    const way = { HTTPS_PROXY: network.proxyUrl, NODE_EXTRA_CA_CERTS: network.authority };
    const { code, stdout } = await demo(['--live'], way);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringContaining("AWS's own feed of 2026-02-13"),
    });
    expect(row(stdout, '<5%')[1]).toBe('205');
    expect(new Set(network.asked)).toEqual(new Set(['CONNECT spot-bid-advisor.s3.amazonaws.com:443']));
  });

  test("use nothing of the user's environment, and no address but the stand-in's", async () => {
    await using production = await startSandbox();
    const { code, stderr } = await cli(production, ['demo'], {
      DRY_RUN: 'true',
      OS: 'BeOS',
      NEVER_BLACKLIST: '*',
      AWS_PROFILE: 'production',
      AWS_SESSION_TOKEN: 'token',
      AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true',
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(production.requests).toEqual([]);
  });

  test('write the report page of the first live run with --report', async () => {
    const page = join(folder, 'page.html');
    const { code, stdout } = await demo(['--report', page]);
    expect(code).toBe(0);
    expect(stdout).toContain(`The report page is ${page}.`);
    expect(readFileSync(page, 'utf8')).toContain('a1.2xlarge');
  });

  test('end after the requests under way on Ctrl-C', async () => {
    const child = spawnCli(['demo'], environmentOf(null));
    let seen = '';
    child.stdout?.on('data', (chunk: string) => {
      seen += chunk;
    });
    const outcome = outcomeOf(child);
    while (!seen.includes('The first run')) await once(child.stdout ?? child, 'data');
    child.kill('SIGINT');
    const { code, stderr } = await outcome;
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(/^RunIncompleteError: /) });
    expect(seen).not.toContain('The second run');
  });
});

describe('a wrong flag is refused with exit code 2, before anything is shown', () => {
  test.for([
    [['--interruption-threshold', 'abc'], '--interruption-threshold must be a percentage'],
    [['--threshold=-1'], '--interruption-threshold must be a percentage'],
    [['--region', 'a b'], '--region must be an AWS region'],
    [['--feed', 'nowhere.json'], 'The feed file nowhere.json does not exist. Name another file'],
    [['--feed', '/'], 'The feed file / is a directory.'],
    [['--serve', '--os', ''], '--os must be an operating system'],
    [['--report', '/nowhere/page.html'], '/nowhere/page.html'],
  ] as const)('%j', async ([args, named]) => {
    const { code, stdout, stderr } = await demo(args);
    expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: '', stderr: expect.stringContaining(named) });
    expect(stderr.trim()).not.toContain('\n');
  });

  test.for([
    [['--frobnicate'], '--frobnicate'],
    [['surplus'], 'too many arguments'],
    [['--dry-run'], '--dry-run'],
    [['--live', '--feed', 'x.json'], "'--feed <file>' cannot be used with option '--live'"],
    [['--port', '0'], 'must be a number from 1 to 65535'],
    [['--port', '1e3'], 'must be a number from 1 to 65535'],
    [['--serve', '--report', 'x.html'], "cannot be used with option '--serve'"],
  ] as const)('%j, with a hint at --help', async ([args, named]) => {
    const { code, stdout, stderr } = await demo(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(named);
    expect(stderr).toContain('--help');
  });
});

describe('an unusable feed ends the demonstration, and the error says what to do', () => {
  test('because it lacks the region, or the OS', async () => {
    const region = await demo(['--region', 'mars-1']);
    expect(region).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/no region called mars-1.*us-east-1/),
    });
    const os = await demo(['--os', 'BeOS']);
    expect(os).toMatchObject({ code: 1, stderr: expect.stringMatching(/called BeOS.*Linux, Windows/) });
  });

  test('because the file holds something else', async () => {
    const { code, stderr } = await demo(['--feed', 'package.json']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^FeedError: .* Here it is the file that --feed names\.\n$/);
  });

  test("because AWS's own is out of reach", async () => {
    const nobody = createServer().listen(0, '127.0.0.1');
    await once(nobody, 'listening');
    const { port } = nobody.address() as AddressInfo;
    await new Promise((resolve) => nobody.close(resolve));
    const { code, stderr } = await demo(['--live'], { HTTPS_PROXY: `http://127.0.0.1:${port}` });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^FeedError: .* Leave out --live to use the stored feed\.\n$/);
  });
});

test.for(['-h', '--help'])('%s explains the flags of the demonstration only', async (help) => {
  const { code, stdout } = await demo([help]);
  expect(code).toBe(0);
  expect(stdout).toContain('Usage: spot-blacklist demo [options]');
  for (const flag of [
    '--region',
    '--os',
    '--interruption-threshold',
    '--feed',
    '--live',
    '--serve',
    '--port',
  ])
    expect(stdout).toContain(`${flag} `);
  expect(stdout).not.toMatch(/--threshold|--api-key/);
});

describe('--serve', () => {
  /** Starts it, and resolves with what it says when it is ready. */
  async function serve(args: readonly string[], changes = {}) {
    const child = spawnCli(['demo', ...args], environmentOf(null, changes));
    const screen = { text: '' };
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      screen.text += chunk;
    });
    while (!/^.*curl .*$/m.test(screen.text)) await once(child.stdout ?? child, 'data');
    const lines = screen.text.split('\n').filter((line) => /aws lambda invoke|curl /.test(line));
    const command = /--endpoint-url (\S+) .*--function-name (\S+) --payload '(.*)' out.json/;
    const [, url, name, payload = ''] = command.exec(screen.text) ?? [];
    const invocations = `${url}/2015-03-31/functions/${name}/invocations`;
    return { child, screen, lines, url, invocations, payload };
  }

  test('prints commands that work, and ends cleanly', async () => {
    const { child, screen, lines, invocations, payload } = await serve(['--serve', '--region', 'eu-west-1']);
    expect(lines).toHaveLength(3);
    expect(lines[0]).toContain(' --region eu-west-1 ');
    const result = await got.post(invocations, { body: payload }).json();
    expect(result).toMatchObject({
      dryRun: true,
      target: { region: 'eu-west-1' },
      clusters: [{ status: 'completed' }],
    });
    const [, key = '', list = ''] = /curl -H 'X-API-Key: (\S+)' (\S+)/.exec(screen.text) ?? [];
    expect(await got(list, { headers: { 'x-api-key': key } }).json()).toEqual({ items: [] });
    await got.post(invocations, { body: '{"region":"mars-1"}' });
    await got.post(invocations, { body: '{}' });

    child.kill('SIGTERM');
    expect(await once(child, 'close')).toEqual([0, null]);
    expect(screen.text).toMatch(/\d dry run: add \d+ \[\d+ ms; CAST AI saw 6 reads, no writes\]/);
    expect(screen.text).toMatch(/\d failed with FeedError: .* \[\d+ ms; CAST AI saw no reads, no writes\]/);
    expect(screen.text).toMatch(/\d add (\d+), \1 confirmed \[\d+ ms; CAST AI saw 7 reads, \1 writes\]/);
    expect(screen.text).toMatch(/Stopped\.\n$/);
  });

  test('listens on --port, keeps commands away from a proxy, and refuses a port in use', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const port = String((taken.address() as AddressInfo).port);
    const refused = await demo(['--port', port]);
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
    for (const line of lines) expect(line).toMatch(/^no_proxy=127\.0\.0\.1 (AWS_ACCESS_KEY_ID=|curl )/);
    child.kill('SIGINT');
    expect(await once(child, 'close')).toEqual([0, null]);
  });
});
