import { randomUUID } from 'node:crypto';
import { fstatSync, type Stats } from 'node:fs';
import {
  access,
  chmod,
  constants,
  lstat,
  open,
  realpath,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { InternalError, SettingsError, type SpotBlacklistError } from '../../lambda/domain/errors.ts';
import { parsedJson } from '../../lambda/input/json.ts';
import { plainText, withoutKeys } from '../../lambda/input/plain-text.ts';
import type { RunResult } from '../../lambda/report/result.ts';
import { type Host, printable } from '../terminal/host.ts';
import { readResult, type ShownResult } from '../views/read-result.ts';
import { flagOf } from './flags.ts';
import { readTextFile, type TextFileError } from './text-file.ts';

/** The start of any HTML page. */
const PAGE_START = /^\uFEFF?\s*<(!doctype\s+)?html\b/i;

/**
 * Verifies, before anything else, that a page can be written and overwrites only another page.
 *
 * @param host whose output the page must not be
 * @param input the file with the result, if any
 * @throws {SettingsError} if not
 */
export async function refuseUnfit(file: string, host: Host, input: string | null = null): Promise<void> {
  const problem = await problemWith(file, host, input);
  if (problem === null) return;
  throw new SettingsError(
    `The report page cannot be ${plainText(file)}, which ${problem}, so nothing was done. Name another file.`,
  );
}

/** @returns why a file cannot be a page; null if it can */
async function problemWith(
  file: string,
  { stdout, stderr }: Host,
  input: string | null,
): Promise<string | null> {
  const target = await stat(file).catch(() => null);
  if (target === null) {
    if (await lstat(file).catch(() => null)) return 'is a broken link';
    return problemOfCreating(file);
  }
  if (target.isDirectory()) return 'is a directory';
  if ([stdout, stderr].some(({ fd }) => fd !== undefined && isSame(fstatSync(fd), target)))
    return 'is where this command prints its output';
  if (input !== null && isSame(await stat(input), target)) return 'is the result itself';
  if (target.isFIFO() || target.isCharacterDevice())
    return (await isWritable(file)) ? null : 'cannot be written';
  if (!target.isFile()) return 'is not a file';
  if (!(await isWritable(file)) || (await problemOfCreating(draftBeside(await realpath(file)))) !== null)
    return 'cannot be written';
  return (await isPage(file)) ? null : 'already exists and is not an HTML page';
}

/** @returns why a file cannot be created, by trying, because permissions alone do not show it; null if it can */
async function problemOfCreating(file: string): Promise<string | null> {
  try {
    await writeFile(file, '', { flag: 'wx' });
    await rm(file);
    return null;
  } catch (error) {
    return `cannot be created (${(error as NodeJS.ErrnoException).code})`;
  }
}

/** @returns a new name in the same folder */
function draftBeside(path: string): string {
  return join(dirname(path), `.spot-blacklist-${randomUUID()}.html`);
}

/** Whether both are the same file, whatever their names or links. */
function isSame(a: Stats, b: Stats): boolean {
  return a.dev === b.dev && a.ino === b.ino;
}

async function isWritable(path: string): Promise<boolean> {
  return access(path, constants.W_OK).then(
    () => true,
    () => false,
  );
}

/** @returns whether a file is an HTML page, and not empty */
async function holdsPage(file: string): Promise<boolean> {
  const target = await stat(file).catch(() => null);
  return target?.isFile() === true && target.size > 0 && (await isPage(file));
}

/** Whether a file is an HTML page or empty. */
async function isPage(file: string): Promise<boolean> {
  const handle = await open(file).catch(() => null);
  if (handle === null) return false;
  try {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(512), 0, 512, 0);
    return bytesRead === 0 || PAGE_START.test(buffer.toString('utf8', 0, bytesRead));
  } finally {
    await handle.close();
  }
}

/**
 * Reads the output of `aws lambda invoke` or `--json`.
 *
 * @throws {SettingsError} if the file has no result
 */
export async function readResultFile(file: string): Promise<ShownResult> {
  const text = await readTextFile(file).catch(({ message }: TextFileError) => {
    throw new SettingsError(`${plainText(file)} ${message}. Name a file with a result.`);
  });
  const { result, problem } = readResult(parsedJson(text));
  if (result === null) throw new SettingsError(`${plainText(file)} ${problem}.`);
  return result;
}

/** @returns why the page was not written, completely or not at all; null if it was */
async function problemOfWriting(page: string, file: string, host: Host): Promise<string | null> {
  try {
    // The file may have changed since `refuseUnfit`.
    const problem = await problemWith(file, host, null);
    if (problem !== null) return `it ${problem}`;
    const target = await stat(file).catch(() => null);
    if (target === null || target.isFile()) await replaceFile(file, page, target);
    else await writeThrough(file, page);
    return null;
  } catch (thrown) {
    const { code, name } = thrown as NodeJS.ErrnoException;
    return code ?? name;
  }
}

/** Writes a page to a temporary file in the same folder and renames it, so that no partial page is ever visible. */
async function replaceFile(file: string, page: string, target: Stats | null): Promise<void> {
  const path = target === null ? file : await realpath(file);
  const draft = draftBeside(path);
  try {
    await writeFile(draft, page, { flag: 'wx' });
    if (target !== null) await chmod(draft, target.mode & 0o777);
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

/** Writes a page into a pipe or a device, which cannot be replaced. */
async function writeThrough(file: string, page: string): Promise<void> {
  // Fails if the pipe has no reader; a normal open would wait for one.
  const probe = await open(file, constants.O_WRONLY | constants.O_NONBLOCK);
  try {
    await writeFile(file, page);
  } finally {
    await probe.close();
  }
}

/**
 * Writes the page of a result. Only that can fail here: the run is over and reported.
 *
 * @param say shows the user where the page is
 * @returns whether the page was written; if not, stderr says why
 */
export async function makePage(
  made: RunResult | ShownResult,
  file: string,
  host: Host,
  say: (text: string) => void,
): Promise<boolean> {
  // Most commands make no page.
  const { renderPage } = await import('../page/page.ts');
  const problem = await problemOfWriting(renderPage(readable(made), new Date()), file, host);
  if (problem === null) {
    say(`The report page is ${plainText(file)}.`);
    return true;
  }
  const failure = `The report page ${plainText(file)} could not be written (${problem}); nothing else is affected.`;
  const advice = '`spot-blacklist report` creates it from the output of --json.';
  host.stderr.write(printable(`${failure} ${advice}\n`));
  await warnOfOlderPage(file, host);
  return false;
}

/**
 * Writes the page of a run that failed before there was a result, so that no older page passes for it.
 *
 * @param args what was typed
 */
export async function makeFailurePage(
  error: SpotBlacklistError,
  args: readonly string[],
  file: string,
  host: Host,
): Promise<void> {
  const { renderFailure } = await import('../page/page.ts');
  const flag = flagOf('API_KEY');
  const shown = args.map((word, index) =>
    args[index - 1] === flag ? '…' : withoutKeys(word.startsWith(`${flag}=`) ? `${flag}=…` : word),
  );
  const page = renderFailure(error, ['spot-blacklist', ...shown], new Date());
  if ((await problemOfWriting(page, file, host)) !== null) return warnOfOlderPage(file, host);
  host.stderr.write(printable(`The report page ${plainText(file)} says so, too.\n`));
}

/** Says on stderr that a page is of an earlier run, if there is one although this run has written none. */
export async function warnOfOlderPage(file: string, { stderr }: Host): Promise<void> {
  if (!(await holdsPage(file))) return;
  stderr.write(printable(`The report page ${plainText(file)} is of an earlier run.\n`));
}

/** The page reads every result as if it came from a file, so that there is a single path. */
function readable(made: RunResult | ShownResult): ShownResult {
  const { result, problem } = readResult(JSON.parse(JSON.stringify(made)));
  if (result === null) throw new InternalError(`The run's own result ${problem}.`);
  return result;
}
