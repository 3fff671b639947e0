// The composition root of the command line, as handler.ts is of the function. main.ts starts it in a clone, packed.ts in
// the package. A command's own code is loaded when it is called: the version and the help need none of it.

import { parseArgs } from 'node:util';
import { SettingsError, toSafeError } from '../lambda/domain/errors.ts';
import manifest from '../package.json' with { type: 'json' };
import { CommandLineEnd, readCommandLine } from './command-line.ts';
import type { NextSteps } from './demo/view.ts';
import type {
  CommandRow,
  DemoInvocation,
  DiffInvocation,
  Invocation,
  ReportInvocation,
} from './run/invocation.ts';
import { complain, type Host, ignoreStreamErrors, printable, problemOfWriting } from './terminal/host.ts';

/** The differences between the clone's command line and the package's, which lacks what needs a clone of the project. */
export interface Edition {
  readonly commands: readonly CommandRow[];
  readonly next: NextSteps;
  /** Replaces the package's `demo`. */
  readonly demonstrate?: (demo: DemoInvocation, host: Host, next: NextSteps) => Promise<number>;
}

/** Windows sets OS in every environment, which says nothing about the machines of a cluster. */
function settingsIn(environment: Host['env']): Host['env'] {
  const { OS, ...others } = environment;
  return OS === 'Windows_NT' ? others : environment;
}

/**
 * @returns the exit code: 0 done, 1 failed or incomplete, 2 wrong usage; with --detailed-exitcode 2 means that changes are
 *   pending, and any error 1
 */
export async function runProgram(args: readonly string[], given: Host, edition: Edition): Promise<number> {
  const { stdin, stdout, stderr } = given;
  const host: Host = {
    ...{ stdin, stdout, stderr, env: settingsIn(given.env) },
    on: (signal, listener) => given.on(signal, listener),
  };
  ignoreStreamErrors(host);
  let page = typedPage(args);
  const wrongUsage = args.includes('--detailed-exitcode') ? 1 : 2;
  try {
    const writers = {
      out: (text: string) => stdout.write(text),
      err: (text: string) => stderr.write(printable(text)),
    };
    const invocation = readCommandLine(args, host.env, manifest.version, writers, edition.commands);
    page = pageOf(invocation);
    return await carryOut(invocation, host, edition);
  } catch (thrown) {
    const isUsage = thrown instanceof CommandLineEnd;
    if (isUsage && thrown.exitCode === 0) return 0;
    const error = isUsage ? null : toSafeError(thrown);
    if (error !== null) complain(host, error);
    if (page !== null) {
      const { makeFailurePage, warnOfOlderPage } = await import('./run/report-file.ts');
      if (error === null || error instanceof SettingsError) await warnOfOlderPage(page, host);
      else await makeFailurePage(error, args, page, host);
    }
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

async function carryOut(invocation: Invocation, host: Host, edition: Edition): Promise<number> {
  switch (invocation.command) {
    case 'run': {
      const { runHere } = await import('./run/run-here.ts');
      return runHere(invocation, host);
    }
    case 'status': {
      const { statusHere } = await import('./run/status.ts');
      return statusHere(invocation, host);
    }
    case 'report':
      return report(invocation, host);
    case 'diff':
      return diff(invocation, host);
    case 'probe': {
      const { probeHere } = await import('./probe/probe-here.ts');
      return probeHere(invocation, host, manifest.version);
    }
    case 'demo': {
      const demonstrate = edition.demonstrate ?? (await import('./demo/demo.ts')).demonstrate;
      return demonstrate(invocation, host, edition.next);
    }
  }
}

async function report({ result, page }: ReportInvocation, host: Host): Promise<number> {
  const { makePage, readResultFile, refuseUnfit } = await import('./run/report-file.ts');
  const shown = await readResultFile(result);
  await refuseUnfit(page, host, result);
  const say = (text: string) => host.stdout.write(`${printable(text)}\n`);
  return (await makePage(shown, page, host, say)) ? 0 : 1;
}

async function diff({ before, after, format }: DiffInvocation, host: Host): Promise<number> {
  const [{ readResultFile }, { diffOf }, { viewDiff }, { openTerminal }] = await Promise.all([
    import('./run/report-file.ts'),
    import('./views/diff.ts'),
    import('./views/diff-view.ts'),
    import('./terminal/terminal.ts'),
  ]);
  const changes = diffOf(await readResultFile(before), await readResultFile(after));
  const text = printable(viewDiff(changes, format, openTerminal(host)));
  const problem = await problemOfWriting(host.stdout, text);
  if (problem === null) return 0;
  host.stderr.write(`The changes could not be written to stdout (${problem}).\n`);
  return 1;
}
