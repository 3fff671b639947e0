import { FeedError, type SpotBlacklistError, toSafeError } from '../../lambda/domain/errors.ts';
import { credentialsSource } from '../run/credentials-source.ts';
import { flagOf } from '../run/flags.ts';
import { reworded, wordingFor } from '../run/given.ts';
import { Interrupt } from '../run/interrupt.ts';
import type { DemoInvocation } from '../run/invocation.ts';
import { operate } from '../run/operate.ts';
import { makePage, refuseUnfit } from '../run/report-file.ts';
import { namingFile } from '../run/text-file.ts';
import type { Host } from '../terminal/host.ts';
import { openTerminal } from '../terminal/terminal.ts';
import { viewResult } from '../views/result-view.ts';
import { startPlainSandbox } from './sandbox/sandbox.ts';
import { type Case, countCastAiRequests, pointSdkAt, startStandIn } from './stand-in.ts';
import { type DemoRun, type NextSteps, viewBands, viewNext, viewRuns } from './view.ts';

/** How many types of each action the dry run lists. */
const LISTED_TYPES = 10;

/**
 * Shows the command line's own run three times on a stand-in for AWS and CAST AI: dry, live, and live again, when there
 * is nothing left to do.
 *
 * @returns the exit code: 0 done; 1 if the page of the first live run could not be written
 * @throws {SpotBlacklistError} if a run fails or is stopped
 */
export async function demonstrate(demo: DemoInvocation, host: Host, next: NextSteps): Promise<number> {
  const terminal = openTerminal(host);
  if (demo.report !== null) await refuseUnfit(demo.report, host);
  const interrupt = new Interrupt(host, terminal.say);
  const standIn = await startStandIn(demo, startPlainSandbox);
  await using sandbox = standIn.sandbox;
  pointSdkAt(standIn);
  const { settings, environment, feedName } = standIn;
  const credentials = credentialsSource({}, environment);

  // The only flags to name are those that were typed.
  const nameOf = (variable: string) => (Object.hasOwn(demo.flags, variable) ? flagOf(variable) : variable);
  const wording = wordingFor({ nameOf, nameOfKey: () => null });

  const perform = async (name: string, purpose: string, dryRun: boolean): Promise<DemoRun> => {
    const seenBefore = sandbox.requests.length;
    terminal.say(terminal.style('bold', `The ${name}: ${purpose}`));
    const { result, error } = await operate({
      // The default pace protects the real CAST AI.
      settings: { ...settings, dryRun, batchPause: 0 },
      ...{ credentials, autoApprove: true, interrupt, wording },
      // The types are listed once, and only the riskiest.
      terminal: { ...terminal, listedTypes: dryRun ? LISTED_TYPES : 0, isBrief: !dryRun },
    }).catch((thrown): never => {
      throw reworded(withHint(demo, toSafeError(thrown)), wording);
    });
    terminal.say(`${viewResult(result, terminal, error)}\n`);
    if (error !== null) throw error;
    return { name, result, ...countCastAiRequests(sandbox.requests.slice(seenBefore)) };
  };

  terminal.say(`Three runs against a stand-in for AWS and CAST AI on this machine. ${feedName}.\n`);
  if (demo.live) terminal.say("Fetching AWS's own feed ...\n");
  const dryRun = await perform('dry run', 'what would it do?', true);
  terminal.say(`${viewBands(dryRun.result, feedName, terminal)}\n`);
  const firstRun = await perform('first run', 'writes, and reads the list again to confirm', false);
  const secondRun = await perform('second run', 'nothing is left to do', false);
  terminal.say(`${viewRuns([dryRun, firstRun, secondRun], settings, terminal)}\n`);
  terminal.say(viewNext(next));
  return demo.report === null || (await makePage(firstRun.result, demo.report, host, terminal.say)) ? 0 : 1;
}

/** A run's errors name the variable with the feed's address; here a flag chose the feed. */
function withHint({ feed, live }: Case, error: SpotBlacklistError): SpotBlacklistError {
  if (feed !== null) return namingFile(error);
  if (live && error.code === 'FEED_UNREACHABLE')
    return new FeedError('FEED_UNREACHABLE', `${error.message} Leave out --live to use the stored feed.`);
  return error;
}
