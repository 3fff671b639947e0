import { mkdir, mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { FeedFileError, readFeedFile } from '../../../../sandbox/aws/feed.ts';

const folderOf = () => mkdtempDisposable(join(tmpdir(), 'feed-file-'));

test.for([
  ['feed.json', '{"n":1}'],
  ['unpacked-by-a-browser.json.gz', '{"n":1}'],
  ['feed.json.gz', gzipSync('{"n":1}')],
  ['packed.json', gzipSync('{"n":1}')],
] as const)('reads %s, by what is in it', async ([name, content]) => {
  await using folder = await folderOf();
  const file = join(folder.path, name);
  await writeFile(file, content);
  expect((await readFeedFile(file)).body.toString()).toBe('{"n":1}');
});

test.for([
  ['2026-02-13.json', '2026-02-13T00:00:00.000Z'],
  ['feed-2025-01-02-eu.json', '2025-01-02T00:00:00.000Z'],
  ['2026-99-99.json', undefined],
  ['feed.json', undefined],
] as const)('%s is of %s', async ([name, date]) => {
  await using folder = await folderOf();
  const file = join(folder.path, name);
  await writeFile(file, '{}');
  expect((await readFeedFile(file)).date?.toISOString()).toBe(date);
});

test.for([
  ['an empty file', '', 'is empty.'],
  ['a truncated one', '{"ranges": [{', 'is not JSON ('],
  ['a web page', '<html>\n</html>\n', 'is not JSON ('],
  ['a packed web page', gzipSync('<html>'), 'is not JSON ('],
  [
    'a truncated packed one',
    gzipSync('{"n":1}').subarray(0, 15),
    'is compressed with gzip and cannot be decompressed (',
  ],
] as const)('names %s and what is wrong with it', async ([, content, fault]) => {
  await using folder = await folderOf();
  const file = join(folder.path, 'feed.json');
  await writeFile(file, content);
  const error: unknown = await readFeedFile(file).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(FeedFileError);
  expect(String(error)).toContain(`The feed file ${file} ${fault}`);
  expect(String(error)).not.toContain('\n');
});

test('a path that is not a file is named in the error', async () => {
  await using folder = await folderOf();
  const directory = join(folder.path, 'x.json');
  await mkdir(directory);
  await expect(readFeedFile(directory)).rejects.toThrow(`The feed file ${directory} is a directory.`);
  await expect(readFeedFile('/no/x.json')).rejects.toThrow('The feed file /no/x.json does not exist.');
});
