// The composition root of the command line, as handler.ts is of the function. main.ts starts it in a clone, packed.ts in the
// package.

import { parseArgs } from 'node:util';
import { SettingsError, toSafeError } from '../lambda/domain/errors.ts';
import manifest from '../package.json' with { type: 'json' };
import { CommandLineEnd, readCommandLine } from './command-line.ts';
import { demonstrate } from './demo/demo.ts';
import type { Case } from './demo/stand-in.ts';
import type { NextSteps } from './demo/view.ts';
import { probeHere } from './probe/probe-here.ts';
import type {
  CommandRow,
  DemoInvocation,
  DiffInvocation,
  Invocation,
  ReportInvocation,
} from './run/invocation.ts';
import { makePage, readResultFile, refuseUnfit, warnOfOlderPage } from './run/report-file.ts';
import { runHere } from './run/run-here.ts';
import { statusHere } from './run/status.ts';
import { wrap } from './terminal/table.ts';
import {
  ignoreStreamErrors,
  openTerminal,
  printable,
  problemOfWriting,
  type Terminal,
} from './terminal/terminal.ts';
import { diffOf } from './views/diff.ts';
import { viewDiff } from './views/diff-view.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** What the command line has where it is started: the package lacks what takes a clone of the project. */
export interface Edition {
  readonly commands: readonly CommandRow[];
  readonly next: NextSteps;
  readonly serve?: (
    demo: Case,
    port: number | null,
    terminal: Terminal,
    environment: Environment,
  ) => Promise<void>;
}

/** Windows sets OS in every environment, which says nothing about the machines of a cluster. */
function settingsIn(environment: Environment): Environment {
  const { OS, ...others } = environment;
  return OS === 'Windows_NT' ? others : environment;
}

/**
 * @returns the exit code: 0 done, 1 failed or incomplete, 2 wrong usage; with --detailed-exitcode 2 means that changes are
 *   pending, and any error 1
 */
export async function runProgram(
  args: readonly string[],
  given: Environment,
  edition: Edition,
): Promise<number> {
  ignoreStreamErrors();
  const environment = settingsIn(given);
  let page = typedPage(args);
  const wrongUsage = args.includes('--detailed-exitcode') ? 1 : 2;
  try {
    const writers = {
      out: (text: string) => process.stdout.write(text),
      err: (text: string) => process.stderr.write(printable(text)),
    };
    const invocation = readCommandLine(args, environment, manifest.version, writers, edition.commands);
    page = pageOf(invocation);
    return await carryOut(invocation, environment, edition);
  } catch (thrown) {
    const isUsage = thrown instanceof CommandLineEnd;
    if (isUsage && thrown.exitCode === 0) return 0;
    const error = isUsage ? null : toSafeError(thrown);
    if (error !== null) complain(error);
    if (page !== null) await warnOfOlderPage(page);
    return error === null || error instanceof SettingsError ? wrongUsage : 1;
  }
}

/** @returns the report page's file on a command line that may be wrong; null for none */
function typedPage(args: readonly string[]): string | null {
  const { values } = parseArgs({ args: [...args], strict: false, options: { report: { type: 'string' } } });
  return typeof values['report'] === 'string' ? values['report'] : null;
}

/** @returns the report page's file; null for none */
function pageOf(invocation: Invocation): string | null {
  if (invocation.command === 'report') return invocation.page;
  return 'report' in invocation ? invocation.report : null;
}

async function carryOut(invocation: Invocation, environment: Environment, edition: Edition): Promise<number> {
  switch (invocation.command) {
    case 'run':
      return runHere(invocation, environment, complain);
    case 'status':
      return statusHere(invocation, environment, complain);
    case 'report':
      return report(invocation);
    case 'diff':
      return diff(invocation, environment);
    case 'probe':
      return probeHere(invocation, environment, manifest.version, complain);
    case 'demo':
      return demo(invocation, environment, edition);
  }
}

async function report({ result, page }: ReportInvocation): Promise<number> {
  const shown = await readResultFile(result);
  await refuseUnfit(page, result);
  const say = (text: string) => process.stdout.write(`${printable(text)}\n`);
  return (await makePage(shown, page, say)) ? 0 : 1;
}

async function diff({ before, after, format }: DiffInvocation, environment: Environment): Promise<number> {
  const look = openTerminal({ input: process.stdin, output: process.stdout, environment });
  const changes = diffOf(await readResultFile(before), await readResultFile(after));
  const problem = await problemOfWriting(process.stdout, printable(viewDiff(changes, format, look)));
  if (problem === null) return 0;
  process.stderr.write(`The changes could not be written to stdout (${problem}).\n`);
  return 1;
}

async function demo(
  invocation: DemoInvocation,
  environment: Environment,
  { serve, next }: Edition,
): Promise<number> {
  const { report: page, port } = invocation;
  const terminal = openTerminal({ input: process.stdin, output: process.stdout, environment });
  if (invocation.serve && serve !== undefined) {
    await serve(invocation, port, terminal, environment);
    return 0;
  }
  if (page !== null) await refuseUnfit(page);
  const result = await demonstrate(invocation, terminal, next);
  return page === null || (await makePage(result, page, terminal.say)) ? 0 : 1;
}

function complain({ name, message }: Error): void {
  const width = process.stderr.isTTY ? process.stderr.columns : Number.POSITIVE_INFINITY;
  process.stderr.write(wrap(printable(`${name}: ${message}\n`), width || Number.POSITIVE_INFINITY));
}
