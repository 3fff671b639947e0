import * as v from 'valibot';
import { isWrite } from '../../lambda/domain/decision.ts';
import { SettingsError, toSafeError } from '../../lambda/domain/errors.ts';
import { proxyWarning } from '../../lambda/http/agents.ts';
import type { RunResult } from '../../lambda/report/result.ts';
import { yesOrNo } from '../../lambda/settings/rules.ts';
import type { Settings } from '../../lambda/settings/settings.ts';
import { complain, type Host, printable, problemOfWriting } from '../terminal/host.ts';
import { openTerminal } from '../terminal/terminal.ts';
import { documentOf } from '../views/plan-document.ts';
import { viewResult } from '../views/result-view.ts';
import { readGiven, reworded } from './given.ts';
import { Interrupt } from './interrupt.ts';
import type { DocumentFormat, RunInvocation } from './invocation.ts';
import { type Operated, operate } from './operate.ts';
import { makePage, refuseUnfit } from './report-file.ts';
import { evidenceFrom, namingOffline, savedFeed } from './text-file.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Carries out `plan`, `apply` or `clear`.
 *
 * @returns the exit code: 0 done, or not approved; 1 failed or incomplete; 2 changes are pending, if that is asked for
 * @throws {SettingsError} if the settings do not allow this run; no request was sent
 * @throws {SpotBlacklistError} if the run cannot start; nothing was written
 */
export async function runHere(invocation: RunInvocation, host: Host): Promise<number> {
  const { feed, ownEvidenceFile, format, report: page } = invocation;
  const { env: environment, stdout, stderr } = host;
  const terminal = openTerminal(host, format !== 'table');
  const defaults = ownEvidenceFile === null ? {} : { OWN_EVIDENCE: 'report' };
  const given = await readGiven(invocation, environment, invocation.operation, defaults);
  const { settings, credentials, wording } = given;
  const autoApprove = invocation.autoApprove || isApproved(environment);
  if (feed !== null && !settings.dryRun)
    throw new SettingsError(
      'A saved feed may be old, so --feed is for plans only, and nothing was done. Use plan, or leave out --feed.',
    );
  const figures = await figuresIn(ownEvidenceFile, settings);
  if (page !== null) await refuseUnfit(page, host);
  if (invocation.isBare === true)
    terminal.say('Without a command, this is apply, with the settings in the environment.');
  for (const warning of [...given.warnings, proxyWarning(environment)])
    if (warning !== null) terminal.warn(warning);

  // A document on the same screen would repeat everything.
  const isBeside = format !== 'table' && stdout.isTTY && stderr.isTTY;
  const quiet = { ...terminal, say: () => {} };
  const operated = await operate({
    ...{ settings, credentials, autoApprove, wording },
    terminal: isBeside && settings.dryRun ? quiet : terminal,
    interrupt: new Interrupt(host, terminal.say),
    ...figures,
    ...(feed !== null && { fetchFeed: savedFeed(feed) }),
  }).catch((thrown): never => {
    throw reworded(namingOffline(toSafeError(thrown)), wording);
  });
  const { result, error, isDeclined } = operated;
  if (isDeclined) terminal.say('Nothing was written.');
  else if (!isBeside) terminal.say(viewResult(result, terminal, error));
  const isPrinted = format === 'table' || (await print(result, format, host));
  if (error !== null) complain(host, error);
  const isPageMade = page === null || (await makePage(result, page, host, terminal.say));
  if (error !== null || !isPrinted || !isPageMade) return 1;
  return invocation.detailedExitCode && isPending(operated) ? 2 : 0;
}

/** @throws {SettingsError} if the file with own evidence cannot be used */
async function figuresIn(file: string | null, settings: Settings) {
  if (file === null) return {};
  if (settings.operation === 'apply' && settings.ownEvidence === 'off')
    throw new SettingsError(
      '--own-evidence-file has no use while own evidence is off, so nothing was done. Add --own-evidence report or decide.',
    );
  return { readOwnFigures: await evidenceFrom(file) };
}

/** Whether writes are left. */
function isPending({ result, isDeclined }: Operated): boolean {
  const { dryRun, clusters } = result;
  const isPlanned = clusters.some(({ decisions }) => decisions.some(isWrite));
  return isDeclined || (dryRun ? isPlanned : clusters.some(({ outcome }) => outcome.postponed > 0));
}

/** @returns whether the document could be written to stdout */
async function print(result: RunResult, format: DocumentFormat, { stdout, stderr }: Host): Promise<boolean> {
  const text = documentOf(result, format);
  // JSON.stringify has escaped what a terminal would interpret.
  const problem = await problemOfWriting(stdout, format === 'json' ? text : printable(text));
  if (problem === null) return true;
  stderr.write(`The result could not be written to stdout (${problem}); nothing else is affected.\n`);
  return false;
}

/** @throws {SettingsError} for a text that is neither clearly yes nor clearly no */
function isApproved({ AUTO_APPROVE: text = 'no' }: Environment): boolean {
  const { success, output } = v.safeParse(yesOrNo().text, text);
  if (success) return output;
  throw new SettingsError('AUTO_APPROVE must be true, yes or 1, or false, no or 0; nothing was done.');
}
