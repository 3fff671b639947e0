// `spot-blacklist demo`, as a process of its own, whose environment it changes.
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { DEFAULT_FEED_FILE } from '../../../../cli/demo/sandbox/aws/feed.ts';
import { startSandbox } from '../../../sandbox/sandbox.ts';
import { cli, cliProcess, environmentOf, outcomeOf, spawnCli } from '../../../support/cli.ts';
import { startCorporateNetwork } from '../../../support/corporate-network.ts';
import { smallFeed } from '../../../support/deployment.ts';

const FEEDS = dirname(DEFAULT_FEED_FILE);
const folder = mkdtempSync(join(tmpdir(), 'demo-'));

/** A feed of a few types, where the demonstration takes less time. */
const SMALL = join(folder, 'small.json');
const FOUR = Object.fromEntries(['m5', 'c5', 'r5', 'i3'].map((family) => [`${family}.large`, 4]));
writeFileSync(SMALL, JSON.stringify(smallFeed({ ...FOUR, 'm6i.large': 0 })));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the demonstration to its end. */
const demo = (args: readonly string[] = [], changes = {}) => cliProcess(null, ['demo', ...args], changes);

/** The cells of the table row that starts with `first`. */
function row(text: string, first: string): string[] {
  const line = text.split('\n').find((one) => one.startsWith(`│ ${first} `)) ?? '';
  const cells = line.split('│').slice(1, -1);
  return cells.map((cell) => cell.trim());
}

describe('the three runs', () => {
  const plain = demo();

  test('add 434 types, then nothing, and look like any other run', async () => {
    const { code, stdout, stderr } = await plain;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(row(stdout, 'dry run')).toEqual(['dry run', 'add 434, spare 15', '7', '0', '']);
    expect(row(stdout, 'first run')).toEqual(['first run', 'add 434, spare 15', '8', '434', '434']);
    expect(row(stdout, 'second run')).toEqual(['second run', 'keep 434, spare 15', '7', '0', '']);
    expect(stdout).toContain('Linux, tolerating 20%, for 5 h');
    expect(stdout).toContain('Done: sandbox-us-east-1: a dry run; nothing was written.');
    expect(stdout).toContain("434 written, 434 of them confirmed by CAST AI's list.");
    expect(stdout).toContain('everything was as it should be; nothing was written.');
    expect(stdout).toContain('Adding everything again would have cost 434 requests.');
    expect(stdout).toContain('by default 10 start every 5 seconds, which takes 3 min 35 s for 434.');
    expect(stdout).toContain(
      'template memory: 16 of 25 types available, 7 of them spared; 2 of 10 nodes are',
    );
    expect(stdout).toContain(
      'The template memory had to buy 2 of 10 nodes on-demand, so it gets types back: its floor rises from 5 types to 16.',
    );
    expect(stdout.match(/template gpu: /g)).toHaveLength(1);
    expect(stdout).toContain('A threshold of 20% makes the band >20% risky.');
    expect(stdout).not.toContain('\u001b');
  });

  test('end with a next step: a plan of the own region', async () => {
    const { stdout } = await plain;
    expect(stdout).toMatch(
      /^ {2}spot-blacklist plan --region us-east-1 \\\n {4}--os Linux --int.* page.html\n$/m,
    );
    // The packed command cannot build the function.
    expect(stdout).not.toContain('--serve');
  });

  test('show the feed by band and the types that matter most, also without a terminal', async () => {
    const { stdout } = await plain;
    expect(stdout).toContain('Feed 2026-02-13.json.gz: 1,088 types\n');
    expect(row(stdout, '<5%')).toEqual(['<5%', '205', '19%', '█'.repeat(8), 'available']);
    expect(row(stdout, '>20%')).toEqual(['>20%', '449', '41%', '█'.repeat(17), 'blacklisted, except 15']);
    // Those in use come first, then families that a template names, and of these those that save most.
    expect(stdout).toMatch(/^ {4}\+ m6i\.2xlarge +57% +3\n {4}\+ r6i\.16xlarge +69%$/m);
  });

  test('follow the flags for region, OS, feed and threshold', async () => {
    const file = join(folder, 'saved.json');
    writeFileSync(file, gunzipSync(readFileSync(join(FEEDS, '2025-06-28.json.gz'))));
    const flags = [
      '--region',
      ' EU-west-1 ',
      '--os',
      'windows',
      '--interruption-threshold',
      '10',
      '--feed',
      file,
    ];
    const { code, stdout } = await demo(flags);
    expect(code).toBe(0);
    expect(stdout).toContain('sandbox-eu-west-1 (eu-west-1)');
    expect(stdout).toContain('windows, tolerating 10%');
    expect(stdout).toMatch(/\nFeed saved\.json: \d+ types/);
    expect(row(stdout, '10-15%').at(-1)).toBe('blacklisted, except 4');
  });

  test('name the types that the floor spares', async () => {
    const { code, stdout } = await demo(['--feed', SMALL]);
    expect(code).toBe(0);
    expect(row(stdout, '>20%').at(-1)).toBe('blacklisted, except 4');
    expect(row(stdout, 'first run')).toEqual(['first run', 'spare 4', '7', '0', '']);
    expect(stdout).toContain('There was nothing to write');
    expect(stdout).toContain('by default 10 start every 5 seconds.');
  });

  test('fetch the live feed, and only that, through the proxy of the environment', async () => {
    await using sandbox = await startSandbox();
    sandbox.feed.replace(JSON.parse(readFileSync(SMALL, 'utf8')), new Date('2026-02-13T00:00:00Z'));
    await using network = await startCorporateNetwork(sandbox);
    const way = { HTTPS_PROXY: network.proxyUrl, NODE_EXTRA_CA_CERTS: network.authority };
    const { code, stdout } = await demo(['--live'], way);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringContaining("AWS's own feed of 2026-02-13"),
    });
    expect(row(stdout, '>20%')[1]).toBe('4');
    expect(new Set(network.asked)).toEqual(new Set(['CONNECT spot-bid-advisor.s3.amazonaws.com:443']));
  });

  test("ignore the user's environment, and send requests to the stand-in only", async () => {
    await using production = await startSandbox();
    const { code, stderr } = await cliProcess(production, ['demo', '--feed', SMALL], {
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
    const { code, stdout } = await demo(['--feed', SMALL, '--report', page]);
    expect(code).toBe(0);
    expect(stdout).toContain(`The report page is ${page}.`);
    expect(readFileSync(page, 'utf8')).toContain('m6i.large');
  });

  test('end after the requests in flight on Ctrl-C', async () => {
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

describe('a wrong flag is refused with exit code 2 before anything is shown', () => {
  test.for([
    [['--interruption-threshold', 'abc'], '--interruption-threshold must be a percentage'],
    [['--feed', 'nowhere.json'], 'The feed file nowhere.json does not exist. Name another file'],
    [['--feed', '/'], 'The feed file / is a directory.'],
    [['--report', '/nowhere/page.html'], '/nowhere/page.html'],
  ] as const)('%j', async ([args, named]) => {
    const { code, stdout, stderr } = await cli(null, ['demo', ...args]);
    expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: '', stderr: expect.stringContaining(named) });
    expect(stderr.trim()).not.toContain('\n');
  });
});

describe('the demonstration ends with advice if the feed', () => {
  test('lacks the region or the OS', async () => {
    const region = await demo(['--region', 'mars-1']);
    expect(region).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/no region called mars-1.*us-east-1/),
    });
    const os = await demo(['--os', 'BeOS']);
    expect(os).toMatchObject({ code: 1, stderr: expect.stringMatching(/called BeOS.*Linux, Windows/) });
  });

  test('is a different document', async () => {
    const { code, stderr } = await demo(['--feed', 'package.json']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^FeedError: .* Here it is the file that --feed names\.\n$/);
  });

  test('cannot be fetched from AWS', async () => {
    const closed = createServer().listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const { port } = closed.address() as AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    const { code, stderr } = await demo(['--live'], { HTTPS_PROXY: `http://127.0.0.1:${port}` });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^FeedError: .* Leave out --live to use the stored feed\.\n$/);
  });
});
