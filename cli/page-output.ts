import { InternalError } from '../lambda/domain/errors.ts';
import { plainText } from '../lambda/input/plain-text.ts';
import type { RunResult } from '../lambda/report/result.ts';
import { readResult, type ShownResult } from './read-result.ts';
import { holdsPage, writePage } from './report-file.ts';
import { printable } from './terminal.ts';

/**
 * Writes the page of a result. Only that can fail here: the run is over and reported.
 *
 * @param say tells the user where the page is
 * @returns whether the page was written; if not, stderr says why
 */
export async function makePage(
  made: RunResult | ShownResult,
  file: string,
  say: (text: string) => void,
): Promise<boolean> {
  const problem = await problemOfPage(made, file);
  if (problem === null) {
    say(`The report page is ${plainText(file)}.`);
    return true;
  }
  const failure = `The report page ${plainText(file)} could not be written (${problem}); nothing else is affected.`;
  const advice = '`spot-blacklist report` creates it from the output of --json.';
  process.stderr.write(printable(`${failure} ${advice}\n`));
  await warnOfOlderPage(file);
  return false;
}

/** Says on stderr that a page is of an earlier run, if there is one although this run has written none. */
export async function warnOfOlderPage(file: string): Promise<void> {
  if (!(await holdsPage(file))) return;
  process.stderr.write(printable(`The report page ${plainText(file)} is of an earlier run.\n`));
}

/** @returns why the page was not written; null if it was */
async function problemOfPage(made: RunResult | ShownResult, file: string): Promise<string | null> {
  try {
    return await writePage(readable(made), file);
  } catch (thrown) {
    const { code, name } = thrown as NodeJS.ErrnoException;
    return code ?? name;
  }
}

/** The page reads every result as if it came from a file, so that there is a single path. */
function readable(made: RunResult | ShownResult): ShownResult {
  const { result, problem } = readResult(JSON.parse(JSON.stringify(made)));
  if (result === null) throw new InternalError(`The run's own result ${problem}.`);
  return result;
}
