import { execFileSync, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import {
  copyFile,
  link,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startSandbox } from '../../sandbox/sandbox.ts';
import {
  APPROVED,
  BIN,
  cli,
  environmentOf,
  LINUX_20,
  outcomeOf,
  startSmall,
  writesOf,
} from '../../support/cli.ts';
import { runHere } from '../../support/run-here.ts';

/** Holds `result.json`, and the folder `work`, which contains only `r.json` when a test starts. */
const folder = await mkdtemp(join(tmpdir(), 'report-'));
const work = join(folder, 'reports');
const RESULT = join(work, 'r.json');

beforeAll(async () => {
  await using sandbox = await startSandbox();
  const { result } = await runHere(sandbox, { payload: { dryRun: true } });
  await writeFile(join(folder, 'result.json'), JSON.stringify(result));
});

beforeEach(async () => {
  await rm(work, { recursive: true, force: true });
  await mkdir(work);
  await copyFile(join(folder, 'result.json'), RESULT);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** Makes the page of the result in the folder. */
const report = (page: string) => cli(null, ['report', RESULT, `${work}/${page}`]);

/** The same in the folder itself, as a process with this output. */
function reportTo(page: string, stdout: 'pipe' | number = 'pipe') {
  return outcomeOf(
    spawn(process.execPath, [BIN, 'report', 'r.json', page], {
      cwd: work,
      env: environmentOf(null),
      stdio: ['ignore', stdout, 'pipe'],
    }),
  );
}

const isWhole = expect.stringMatching(/^<!doctype html>[\s\S]*<\/html>\s*$/);

describe('a page is never written over its own result', () => {
  test.for<[string, string, (() => Promise<void>)?]>([
    ['by its name', 'r.json'],
    ['by another spelling', './../reports/r.json'],
    ['by a symbolic link', 'link.html', () => symlink('r.json', join(work, 'link.html'))],
    ['by a hard link', 'same.html', () => link(RESULT, join(work, 'same.html'))],
  ])('%s', async ([, page, arrange]) => {
    await arrange?.();
    const before = await readdir(work);
    const { code, stdout, stderr } = await report(page);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(`The report page cannot be ${work}/${page}, which is the result itself`);
    expect(await readFile(RESULT)).toEqual(await readFile(join(folder, 'result.json')));
    expect(await readdir(work)).toEqual(before);
  });
});

describe('a page is written over pages only', () => {
  test.for([
    ['another result', '{"status":"completed"}'],
    ['text', 'remember the milk'],
    ['bytes', '\u0000\u0001<html>'],
  ] as const)('not over %s', async ([, content]) => {
    await writeFile(join(work, 'page.html'), content);
    const { code, stderr } = await report('page.html');
    expect(code).toBe(2);
    expect(stderr).toContain('page.html, which already exists and is not an HTML page, so nothing was done.');
    expect(await readFile(join(work, 'page.html'), 'utf8')).toBe(content);
  });

  test.for([
    ['a page of ours', '<!doctype html>\n<html lang="en">'],
    ['another page', '\uFEFF\n <!DOCTYPE html SYSTEM "about:legacy-compat">'],
    ['an empty file', ''],
  ] as const)('over %s', async ([, content]) => {
    await writeFile(join(work, 'page.html'), content, { mode: 0o640 });
    expect(await report('page.html')).toMatchObject({ code: 0, stderr: '' });
    expect(await readFile(join(work, 'page.html'), 'utf8')).toEqual(isWhole);
    expect((await stat(join(work, 'page.html'))).mode & 0o777).toBe(0o640);
    expect((await readdir(work)).sort()).toEqual(['page.html', 'r.json']);
  });

  test('a live run whose page would overwrite other data does not start', async () => {
    await using sandbox = await startSandbox();
    const { code, stderr } = await cli(sandbox, [...LINUX_20, '--auto-approve', '--report', RESULT]);
    expect(code).toBe(2);
    expect(stderr).toContain('already exists and is not an HTML page, so nothing was done.');
    expect(sandbox.requests).toEqual([]);
  });

  test('a page is not written over a file that was created during the run', async () => {
    await using sandbox = await startSmall();
    const page = join(work, 'page.html');
    sandbox.faults.push({ when: { route: 'feed' }, fault: { kind: 'latency', ms: 500 } });
    const running = cli(sandbox, [...LINUX_20, '--auto-approve', '--report', page]);
    while (sandbox.requests.length === 0) await wait(20);
    await writeFile(page, '{}');
    const { code, stderr } = await running;
    expect(code).toBe(1);
    expect(stderr).toContain('could not be written (it already exists and is not an HTML page)');
    expect(await readFile(page, 'utf8')).toBe('{}');
    expect(writesOf(sandbox)).toHaveLength(8);
  });
});

describe('a live run whose page cannot be written does not start', () => {
  test.for<[string, string, (() => Promise<void>)?]>([
    ['in a folder that does not exist', 'none/page.html'],
    ['in a file', 'r.json/page.html'],
    ['as a folder that does not exist', 'none/'],
    ['as a folder', 'folder.html', () => mkdir(join(work, 'folder.html')).then(() => {})],
    ['with a name that is too long', `${'x'.repeat(300)}.html`],
    ['behind a link into nowhere', 'link/page.html', () => symlink('nowhere', join(work, 'link'))],
    ['behind a link to itself', 'loop.html', () => symlink('loop.html', join(work, 'loop.html'))],
    ['in a file system that takes no files', '../../../proc/page.html'],
  ])('%s', async ([, page, arrange]) => {
    await arrange?.();
    const before = await readdir(work);
    await using sandbox = await startSandbox();
    const args = ['apply', ...APPROVED, '--report', `${work}/${page}`];
    const { code, stdout, stderr } = await cli(sandbox, args);
    expect({ code, stdout, stderr }).toEqual({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/^SettingsError: The report page cannot be .*, so nothing was done\./),
    });
    expect(sandbox.requests).toEqual([]);
    expect(await readdir(work)).toEqual(before);
  });
});

describe('an older page that remains because no new one was written', () => {
  const OLD = '<!doctype html>\n<title>yesterday</title>';
  const page = join(work, 'page.html');
  const told = expect.stringMatching(/^The report page .*page\.html is of an earlier run\.$/m);

  test.for<[string, string[]]>([
    ['a wrong setting', ['apply', ...LINUX_20, '--blacklist-hours', '500', '--report', page]],
    ['a flag that does not exist', ['plan', '--treshold', '20', '--report', page]],
    ['a flag without its command', ['--treshold', '20', `--report=${page}`]],
    ['a result that cannot be read', ['report', join(work, 'none.json'), page]],
    ['a result that cannot be read, by its name', ['report', join(work, 'page.json')]],
    ['a demonstration without its feed', ['demo', '--feed', join(work, 'none.json'), '--report', page]],
  ])('is named: %s', async ([, args]) => {
    await writeFile(page, OLD);
    await using sandbox = await startSandbox();
    const { code, stderr } = await cli(sandbox, args);
    expect(code).not.toBe(0);
    expect(stderr).toEqual(told);
    expect(await readFile(page, 'utf8')).toBe(OLD);
  });

  test('is not named if it is no page, or there is none', async () => {
    const failing = () => cli(null, ['report', join(work, 'none.json'), page]);
    expect((await failing()).stderr).not.toContain('earlier run');
    await writeFile(page, '');
    expect((await failing()).stderr).not.toContain('earlier run');
    await writeFile(page, 'remember the milk');
    expect((await failing()).stderr).not.toContain('earlier run');
  });
});

describe('a run that fails before there is a result', () => {
  const page = join(work, 'page.html');
  const at = (code: string) => expect.stringContaining(`(${code}):</strong>`);

  test.for<[string, string, string[], Record<string, string | undefined>]>([
    ['a feed that cannot be read', 'FEED_MALFORMED', ['plan'], {}],
    [
      'a feed that cannot be reached',
      'FEED_UNREACHABLE',
      ['plan'],
      { SPOT_ADVISOR_URL: 'http://127.0.0.1:9' },
    ],
    [
      'a key that is refused',
      'KEY_REJECTED',
      ['apply', '--auto-approve'],
      { API_KEY: 'wrong', CLUSTER_ID: '*' },
    ],
    [
      'a CAST AI that cannot be reached',
      'CASTAI_UNREACHABLE',
      ['plan'],
      { CASTAI_API_URL: 'http://127.0.0.1:9', CLUSTER_ID: '*' },
    ],
  ])('replaces an older page by one that says so: %s', async ([, code, words, changes]) => {
    await writeFile(page, '<!doctype html>\n<title>yesterday</title>');
    await using sandbox = await startSandbox();
    if (code === 'FEED_MALFORMED') sandbox.feed.replace('<html>');
    const outcome = await cli(sandbox, [...words, ...LINUX_20, '--report', page], changes);
    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toMatch(/^The report page .*page\.html says so, too\.$/m);
    const written = await readFile(page, 'utf8');
    expect(written).toEqual(at(code));
    expect(written).toMatch(/run of \d{4}-\d\d-\d\d \d\d:\d\d UTC/);
    expect(written).toContain(
      `<code>spot-blacklist ${words.join(' ')} --os Linux --interruption-threshold 20`,
    );
    expect(written).not.toContain('yesterday');
  });

  test('replaces an older page, too, if a rollback has no credentials', async () => {
    await writeFile(page, '<!doctype html>\n<title>yesterday</title>');
    await using sandbox = await startSandbox();
    await cli(sandbox, ['clear', '--secret-id', 'none', '--auto-approve', '--report', page]);
    expect(await readFile(page, 'utf8')).toEqual(at('AWS_CREDENTIALS_MISSING'));
  });

  test('shows no API key that was typed, and overwrites nothing but a page', async () => {
    await using sandbox = await startSandbox();
    sandbox.feed.replace('<html>');
    const secret = ['--api-key', 'hush', '--org-id', sandbox.castai.organizationId, '--cluster-id', '*'];
    await cli(sandbox, ['plan', ...LINUX_20, '--report', page, ...secret]);
    expect(await readFile(page, 'utf8')).toContain('--api-key');
    expect(await readFile(page, 'utf8')).not.toContain('hush');
    await writeFile(page, 'remember the milk');
    await cli(sandbox, ['plan', ...LINUX_20, '--report', page]);
    expect(await readFile(page, 'utf8')).toBe('remember the milk');
  });
});

describe('a page to a link or a device', () => {
  test('replaces the target of the link, and keeps the link', async () => {
    await mkdir(join(work, 'pages'));
    await writeFile(join(work, 'pages', 'real.html'), '');
    await symlink('pages/real.html', join(work, 'link.html'));
    expect(await report('link.html')).toMatchObject({ code: 0 });
    expect((await lstat(join(work, 'link.html'))).isSymbolicLink()).toBe(true);
    expect(await readFile(join(work, 'pages', 'real.html'), 'utf8')).toEqual(isWhole);
  });

  test('is refused if the link has no target', async () => {
    await symlink('nowhere.html', join(work, 'link.html'));
    const { code, stderr } = await report('link.html');
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining('which is a broken link'),
    });
  });

  test('is written to a pipe that has a reader', async () => {
    execFileSync('mkfifo', [join(work, 'pipe')]);
    const reader = spawn('cat', [join(work, 'pipe')]);
    const read = text(reader.stdout);
    // The pipe has no reader until `cat` has opened it.
    let outcome = await report('pipe');
    while (outcome.code === 1 && outcome.stderr.includes('ENXIO')) outcome = await report('pipe');
    expect(outcome).toMatchObject({ code: 0 });
    expect(await read).toEqual(isWhole);
  });

  test('does not wait for a pipe without a reader', async () => {
    execFileSync('mkfifo', [join(work, 'pipe')]);
    const { code, stderr } = await report('pipe');
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('(ENXIO)') });
  });

  test('is refused if the file is the command’s own output', async () => {
    const refused = expect.stringContaining(
      'which is where this command prints its output, so nothing was done.',
    );
    expect(await reportTo('/dev/stdout')).toMatchObject({ code: 2, stdout: '', stderr: refused });
    const file = openSync(join(work, 'both.html'), 'w');
    expect(await reportTo('both.html', file)).toMatchObject({
      code: 2,
      stderr: refused,
    });
    closeSync(file);
  });
});

test('a page that cannot be written completely leaves the previous one intact, and no temporary file', async () => {
  await writeFile(join(work, 'page.html'), '<html>old');
  // Limits the size of files to a few KB.
  const command = `ulimit -f 20; exec '${process.execPath}' '${BIN}' report r.json page.html`;
  const child = spawn('sh', ['-c', command], { cwd: work, env: environmentOf(null) });
  const { code, stderr } = await outcomeOf(child);
  expect(code).toBe(1);
  expect(stderr).toContain(
    'The report page page.html could not be written (EFBIG); nothing else is affected.',
  );
  expect(stderr).toContain('The report page page.html is of an earlier run.');
  expect(await readFile(join(work, 'page.html'), 'utf8')).toBe('<html>old');
  expect((await readdir(work)).sort()).toEqual(['page.html', 'r.json']);
});
