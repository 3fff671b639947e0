import { access, constants, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { SettingsError } from '../errors.ts';
import { parsedJson } from '../json.ts';
import { renderPage } from './page/page.ts';
import { readResult, type ShownResult } from './read-result.ts';

/**
 * Makes sure, before anything else is done, that a page can be written.
 *
 * @throws {SettingsError} if it cannot
 */
export async function refuseUnwritable(file: string): Promise<void> {
  const target = await stat(file).catch(() => null);
  try {
    if (target?.isDirectory()) throw new Error('a directory');
    await access(target === null ? dirname(file) : file, constants.W_OK);
  } catch {
    throw new SettingsError(
      `The report page ${file} cannot be written, so nothing was done. Name another file.`,
    );
  }
}

/**
 * Reads what `aws lambda invoke`, or `--json`, wrote.
 *
 * @throws {SettingsError} if there is no result in the file
 */
export async function readResultFile(file: string): Promise<ShownResult> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new SettingsError(`${file} cannot be read (${error.code}). Name the file that holds a result.`);
  });
  const { result, problem } = readResult(parsedJson(text));
  if (result === null) throw new SettingsError(`${file} ${problem}.`);
  return result;
}

/** Writes the report page of a result. */
export async function writePage(result: ShownResult, file: string): Promise<void> {
  await writeFile(file, renderPage(result, new Date()));
}
