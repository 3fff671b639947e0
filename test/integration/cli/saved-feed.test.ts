// `plan --feed`: a plan from a saved feed, without network.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, expect, test } from 'vitest';
import { DEFAULT_FEED_FILE } from '../../../cli/demo/sandbox/aws/feed.ts';
import { startSandbox } from '../../sandbox/sandbox.ts';
import { cli, LINUX_20 } from '../../support/cli.ts';

const folder = mkdtempSync(join(tmpdir(), 'saved-feed-'));
const unpacked = join(folder, 'feed.json');
writeFileSync(unpacked, gunzipSync(readFileSync(DEFAULT_FEED_FILE)));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const PLAN = ['plan', ...LINUX_20, '--region', 'us-east-1'];
/** Nothing answers there, and AWS's own address is not asked. */
const NOWHERE = { SPOT_ADVISOR_URL: 'http://127.0.0.1:9/', HTTPS_PROXY: 'http://127.0.0.1:9' };

test.each([unpacked, DEFAULT_FEED_FILE])('a plan is made from %s without network', async (file) => {
  const { code, stdout, stderr } = await cli(null, [...PLAN, '--feed', file], NOWHERE);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain('decided: add 445, spare 4');
  expect(stdout).not.toContain('last published');
});

test('without a command, a dry run accepts a saved feed, and a live run refuses it', async () => {
  await using sandbox = await startSandbox();
  const args = [...LINUX_20, '--feed', unpacked];
  expect(await cli(sandbox, [...args, '--dry-run'], NOWHERE)).toMatchObject({ code: 0 });
  const { code, stderr } = await cli(sandbox, [...args, '--auto-approve']);
  expect(code).toBe(2);
  expect(stderr).toContain('--feed is for plans only');
  expect(sandbox.castai.entries).toEqual([]);
});

test.each([
  ['none.json', null, 2, 'does not exist. Name another file, or leave out --feed.'],
  ['empty.json', '', 2, 'is empty. Name another file'],
  ['other.json', '{}', 1, 'Here it is the file that --feed names.'],
])('a file that is not a feed is named: %s', async (name, text, code, message) => {
  const file = join(folder, name);
  if (text !== null) writeFileSync(file, text);
  const outcome = await cli(null, [...PLAN, '--feed', file], NOWHERE);
  expect(outcome.code).toBe(code);
  expect(outcome.stderr).toContain(message);
});

test('a feed that cannot be fetched: the error names the proxy and the saved feed', async () => {
  const { code, stderr } = await cli(null, PLAN, NOWHERE);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^FeedError: .*HTTPS_PROXY.* Offline: spot-blacklist plan --feed <file>\n$/);
  expect(stderr).not.toContain('next run');
});
