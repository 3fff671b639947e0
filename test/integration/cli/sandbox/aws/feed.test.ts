import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import got from 'got';
import { expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../../../sandbox/sandbox.ts';

const fetchFeed = ({ environment }: Sandbox) =>
  got(environment['SPOT_ADVISOR_URL'] ?? '', { retry: { limit: 0 } });

test('the feed’s server serves the snapshot of February 2026 as S3 would', async () => {
  await using sandbox = await startSandbox();
  const { headers, rawBody, body } = await fetchFeed(sandbox);
  expect(headers).toMatchObject({
    'content-type': 'application/json',
    'last-modified': 'Fri, 13 Feb 2026 00:00:00 GMT',
    etag: expect.stringMatching(/^"[0-9a-f]{32}"$/),
    'content-length': String(rawBody.length),
  });
  expect(headers).not.toHaveProperty('content-encoding');
  const types: { r: number }[] = Object.values(JSON.parse(body).spot_advisor['us-east-1'].Linux);
  expect(types.filter(({ r }) => r === 4)).toHaveLength(449);
});

test('the feed’s server serves a file, compressed or not', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'feed-'));
  const [plain, compressed] = [join(folder.path, 'a.json'), join(folder.path, '2025-01-02.json.gz')];
  await writeFile(plain, '{"plain":true}');
  await writeFile(compressed, gzipSync('{"plain":false}'));
  await using first = await startSandbox({ feedFile: plain });
  await using second = await startSandbox({ feedFile: compressed });
  expect((await fetchFeed(first)).body).toBe('{"plain":true}');
  expect((await fetchFeed(first)).headers).not.toHaveProperty('last-modified');
  expect((await fetchFeed(second)).body).toBe('{"plain":false}');
  expect((await fetchFeed(second)).headers['last-modified']).toBe('Thu, 02 Jan 2025 00:00:00 GMT');
});

test('the feed’s server serves a replaced file under another ETag', async () => {
  await using sandbox = await startSandbox();
  const etags = new Set([(await fetchFeed(sandbox)).headers.etag]);
  for (const [body, served] of [
    ['<html>', '<html>'],
    [Buffer.from('bytes'), 'bytes'],
    [{ ranges: [] }, '{"ranges":[]}'],
  ] as const) {
    sandbox.feed.replace(body);
    const response = await fetchFeed(sandbox);
    expect(response.body).toBe(served);
    etags.add(response.headers.etag);
  }
  expect(etags.size).toBe(4);
});
