// The composition root of the command line, as handler.ts is of the function.
import * as v from 'valibot';
import { InternalError, SettingsError, toSafeError } from '../lambda/domain/errors.ts';
import { proxyWarning } from '../lambda/http/proxy.ts';
import { escapeInvisible, plainText } from '../lambda/input/plain-text.ts';
import type { RunResult } from '../lambda/report/result.ts';
import type { Caller } from '../lambda/settings/problems.ts';
import { yesOrNo } from '../lambda/settings/rules.ts';
import { readSettings } from '../lambda/settings/settings.ts';
import { variableOf } from '../lambda/settings/table.ts';
import manifest from '../package.json' with { type: 'json' };
import { CommandLineEnd, type Invocation, readCommandLine } from './command-line.ts';
import { credentialsSource, exposureWarning } from './credentials-source.ts';
import { demonstrate } from './demo/demo.ts';
import { serve } from './demo/serve.ts';
import { diffOf } from './diff.ts';
import { viewDiff } from './diff-view.ts';
import { flagOf } from './flags.ts';
import { Interrupt } from './interrupt.ts';
import { operate } from './operate.ts';
import { ignoreStreamErrors, problemOfWriting } from './output.ts';
import { viewResult } from './plan-view.ts';
import { readResult, type ShownResult } from './read-result.ts';
import { readResultFile, refuseUnfit, writePage } from './report-file.ts';
import { openTerminal, printable } from './terminal.ts';

ignoreStreamErrors();
process.exitCode = await main(process.argv.slice(2), process.env);

type Environment = Readonly<Record<string, string | undefined>>;

/** @returns the exit code: 0 done, 1 failed or incomplete, 2 wrong usage */
async function main(args: readonly string[], environment: Environment): Promise<number> {
  try {
    const invocation = readCommandLine(args, environment, manifest.version, {
      out: (text) => process.stdout.write(text),
      err: (text) => process.stderr.write(printable(text)),
    });
    switch (invocation.command) {
      case 'run':
        return await runHere(invocation, environment);
      case 'report':
        return await report(invocation);
      case 'diff':
        return await diff(invocation);
      case 'demo':
        return await demo(invocation, environment);
    }
  } catch (thrown) {
    if (thrown instanceof CommandLineEnd) return thrown.exitCode;
    const error = toSafeError(thrown);
    complain(error);
    return error instanceof SettingsError ? 2 : 1;
  }
}

async function runHere(
  invocation: Invocation & { command: 'run' },
  environment: Environment,
): Promise<number> {
  const { flags, json, report: page } = invocation;
  const terminal = openTerminal({
    input: process.stdin,
    output: json ? process.stderr : process.stdout,
    environment,
  });
  const credentials = credentialsSource(flags, environment);
  const settings = readSettings(
    { ...environment, ...flags },
    { operation: invocation.operation },
    callerWith(flags, environment),
  );
  const autoApprove = invocation.autoApprove || isApproved(environment);
  if (page !== null) await refuseUnfit(page);
  for (const warning of [exposureWarning(flags), proxyWarning(environment)])
    if (warning !== null) terminal.warn(warning);

  const { result, error } = await operate({
    ...{ settings, credentials, autoApprove, terminal },
    interrupt: new Interrupt(terminal.say),
  });
  // A plan that was not approved has already been shown.
  if (result.dryRun === settings.dryRun) terminal.say(viewResult(result, terminal));
  const isPrinted = !json || (await printJson(result));
  if (error !== null) complain(error);
  const isPageMade = page === null || (await makePage(result, page, terminal.say));
  return error === null && isPrinted && isPageMade ? 0 : 1;
}

async function report({ result, page }: Invocation & { command: 'report' }): Promise<number> {
  const file = page ?? result.replace(/(\.json)?$/, '.html');
  const shown = await readResultFile(result);
  await refuseUnfit(file, result);
  const say = (text: string) => process.stdout.write(`${printable(text)}\n`);
  return (await makePage(shown, file, say)) ? 0 : 1;
}

async function diff({ before, after, format }: Invocation & { command: 'diff' }): Promise<number> {
  const changes = diffOf(await readResultFile(before), await readResultFile(after));
  const problem = await problemOfWriting(process.stdout, printable(viewDiff(changes, format)));
  if (problem === null) return 0;
  process.stderr.write(`The changes could not be written to stdout (${problem}).\n`);
  return 1;
}

async function demo(invocation: Invocation & { command: 'demo' }, environment: Environment): Promise<number> {
  const { report: page, port } = invocation;
  const terminal = openTerminal({ input: process.stdin, output: process.stdout, environment });
  if (invocation.serve) {
    await serve(invocation, port, terminal, environment);
    return 0;
  }
  if (page !== null) await refuseUnfit(page);
  const result = await demonstrate(invocation, terminal);
  return page === null || (await makePage(result, page, terminal.say)) ? 0 : 1;
}

/** @returns whether the result could be written to stdout */
async function printJson(result: RunResult): Promise<boolean> {
  const problem = await problemOfWriting(
    process.stdout,
    `${escapeInvisible(JSON.stringify(result, null, 2))}\n`,
  );
  if (problem === null) return true;
  process.stderr.write(`The result could not be written to stdout (${problem}); nothing else is affected.\n`);
  return false;
}

/**
 * Writes the page of a result. Only that can fail here: the run is over and reported.
 *
 * @returns whether the page was written
 */
async function makePage(
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
  return false;
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

/** @throws {SettingsError} for a text that is neither clearly yes nor clearly no */
function isApproved({ AUTO_APPROVE: text = 'no' }: Environment): boolean {
  const { success, output } = v.safeParse(yesOrNo().text, text);
  if (success) return output;
  throw new SettingsError('AUTO_APPROVE must be true, yes or 1, or false, no or 0; nothing was done.');
}

/** The page reads every result as if it came from a file, so that there is a single path. */
function readable(made: RunResult | ShownResult): ShownResult {
  const { result, problem } = readResult(JSON.parse(JSON.stringify(made)));
  if (result === null) throw new InternalError(`The run's own result ${problem}.`);
  return result;
}

/** Names settings as the user gave them: by flag or by variable. */
function callerWith(flags: Environment, environment: Environment): Caller {
  return {
    needsSecret: false,
    refused: [],
    nameOf: (variable) =>
      flags[variable] === undefined && environment[variable] !== undefined ? variable : flagOf(variable),
    alternative: (key) => ` (or ${variableOf(key)} in the environment)`,
    advice: 'Correct the flags or the environment; --help explains them.',
  };
}

function complain({ name, message }: Error): void {
  process.stderr.write(printable(`${name}: ${message}\n`));
}
