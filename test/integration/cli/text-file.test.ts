// What the command line reads from files, whatever program wrote them.
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEFAULT_FEED_FILE } from '../../../cli/demo/sandbox/aws/feed.ts';
import { readTextFile } from '../../../cli/run/text-file.ts';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { cli, cliProcess, LINUX_20, NO_KEYS } from '../../support/cli.ts';
import { PROJECT } from '../../support/project.ts';

const folder = mkdtempSync(join(tmpdir(), 'text-file-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** @returns a file with these bytes */
function written(bytes: Buffer): string {
  const file = join(folder, 'written');
  writeFileSync(file, bytes);
  return file;
}

/** @returns an empty file that seems to have a few bytes more than what is read */
function tooLarge(): string {
  const file = written(Buffer.alloc(0));
  truncateSync(file, 400_000_001);
  return file;
}

/** As PowerShell's `>` writes it on Windows. */
const utf16 = (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le');
const latin1 = (text: string) => Buffer.from(`${text}é`, 'latin1');

function utf32(text: string): Buffer {
  return Buffer.concat(
    [...text].map((character) => {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32LE(character.codePointAt(0) ?? 0);
      return bytes;
    }),
  );
}

describe('text is read', () => {
  const TEXT = '{"name":"Zürich"}';

  test.each([
    ['in UTF-8', Buffer.from(TEXT)],
    ['in UTF-8 with a byte-order mark', Buffer.from(`\ufeff${TEXT}`)],
    ['in UTF-16, as PowerShell writes it', utf16(TEXT)],
    ['in big-endian UTF-16', utf16(TEXT).swap16()],
    ['in UTF-16 without a byte-order mark', utf16(TEXT).subarray(2)],
    ['in big-endian UTF-16 without a byte-order mark', utf16(TEXT).swap16().subarray(2)],
    ['packed', gzipSync(TEXT)],
    ['packed, in UTF-16', gzipSync(utf16(TEXT))],
  ])('%s', async (_, bytes) => {
    expect(await readTextFile(written(bytes))).toBe(TEXT);
  });

  test('with characters that are divided between two chunks', async () => {
    const text = `"${'€'.repeat(100_000)}"`;
    for (const bytes of [Buffer.from(text), utf16(text), gzipSync(text)])
      expect(await readTextFile(written(bytes))).toBe(text);
  });
});

test.each([
  ['is empty', Buffer.alloc(0)],
  ['is UTF-32 text; save it as UTF-8', utf32('{}')],
  ['is UTF-32 text; save it as UTF-8', utf32('\ufeff{}')],
  ['is UTF-32 text; save it as UTF-8', utf32('\ufeff{}').swap32()],
  ['is not UTF-8 text; save it as UTF-8', latin1('{}')],
  ['is not UTF-8 text; save it as UTF-8', Buffer.from([0x7b, 0xc3])],
  ['is not UTF-16 text; save it as UTF-8', utf16('{}').subarray(0, -1)],
  ['is compressed with gzip and cannot be decompressed (Z_BUF_ERROR)', gzipSync('{"n":1}').subarray(0, 15)],
  ['is larger than 2 MB, the limit', Buffer.alloc(2_000_001, ' ')],
  ['is larger than 2 MB, the limit', gzipSync(Buffer.alloc(2_000_001, ' '))],
])('a file that %s is refused', async (problem, bytes) => {
  await expect(readTextFile(written(bytes), 2)).rejects.toThrow(problem);
});

const PLAN = ['plan', ...LINUX_20, '--region', 'us-east-1', '--feed'];
let sandbox: Sandbox;
let result = '';
beforeAll(async () => {
  sandbox = await startSandbox();
  result = (await cli(null, [...PLAN, DEFAULT_FEED_FILE, '--json'])).stdout;
}, 60_000);
afterAll(() => sandbox.close());
const feed = () => gunzipSync(readFileSync(DEFAULT_FEED_FILE)).toString();

/** Every argument that names a file to read, and what is in it. */
const READERS: [string, () => string, (file: string) => string[]][] = [
  ['plan --feed', feed, (file) => [...PLAN, file]],
  ['demo --feed', feed, (file) => ['demo', '--feed', file]],
  [
    'plan --own-evidence-file',
    () => '{"MetricDataResults":[]}',
    (file) => [...PLAN, DEFAULT_FEED_FILE, '--own-evidence-file', file],
  ],
  [
    'plan --config',
    () => readFileSync(join(PROJECT, 'cdk.json'), 'utf8'),
    (file) => ['plan', '--config', file],
  ],
  ['report', () => result, (file) => ['report', file, join(folder, 'page.html')]],
  ['diff', () => result, (file) => ['diff', file, file]],
];

describe.each(READERS)('%s', (name, content, args) => {
  // One asks AWS for its secret, the other changes its environment.
  const start = ['plan --config', 'demo --feed'].includes(name) ? cliProcess : cli;
  const run = (file: string) => start(sandbox, args(file), NO_KEYS);

  test.each([
    ['UTF-8 with a byte-order mark', (text: string) => Buffer.from(`\ufeff${text}`)],
    ['UTF-16', utf16],
  ])('reads %s', async (_name, encoded) => {
    expect(await run(written(encoded(content())))).toMatchObject({ code: 0, stderr: '' });
  });

  test('names the encoding of a file that it cannot read', async () => {
    const { code, stderr } = await run(written(latin1(content())));
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('is not UTF-8 text') });
  });

  test('names the limit of a file that is too large', async () => {
    const problem = `is larger than ${name.includes('--feed') ? 8 : 400} MB, the limit`;
    const { code, stderr } = await run(tooLarge());
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(problem) });
  });
});
