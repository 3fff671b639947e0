import { connectCastAi } from '../../lambda/castai/client.ts';
import { isWrite } from '../../lambda/domain/decision.ts';
import { FeedError, RunIncompleteError, SettingsError } from '../../lambda/domain/errors.ts';
import { compileTypeGlobs } from '../../lambda/domain/instance-types/globs.ts';
import type { Feed } from '../../lambda/domain/instance-types/spot-type.ts';
import { shortList } from '../../lambda/domain/words.ts';
import type { ClusterResult, RunResult } from '../../lambda/report/result.ts';
import type { RunOutcome } from '../../lambda/run/conclude.ts';
import { wait } from '../../lambda/run/deadline.ts';
import type { RunPorts } from '../../lambda/run/ports.ts';
import { run } from '../../lambda/run/run.ts';
import type { Settings } from '../../lambda/settings/settings.ts';
import { fetchFeed } from '../../lambda/spot-advisor/feed.ts';
import { estimate, WriteProgress } from '../terminal/progress.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { plannedIn, viewPlans, writesIn } from '../views/plan-view.ts';
import type { CredentialsSource } from './credentials-source.ts';
import { withFlags } from './flags.ts';
import { outcomeIn, type Wording } from './given.ts';
import type { Interrupt } from './interrupt.ts';
import { ASSUMED, ASSUMED_WARNING, assumedCastAi } from './no-castai.ts';

/** How long EC2 Capacity Manager may take, in milliseconds. */
const LONGEST_READING = 60_000;

export interface Operation {
  readonly settings: Settings;
  readonly credentials: CredentialsSource | null;
  readonly autoApprove: boolean;
  readonly terminal: Terminal;
  readonly interrupt: Interrupt;
  /** For the function's sentences; by default they stay as they are. */
  readonly wording?: Wording;
  /** Where the feed comes from; from `SPOT_ADVISOR_URL` by default. */
  readonly fetchFeed?: RunPorts['fetchFeed'];
  /** Where own evidence comes from; from AWS by default. */
  readonly readOwnFigures?: RunPorts['readOwnFigures'];
}

export interface Operated extends RunOutcome {
  /** Whether the user declined. Nothing was written, and that alone is no error. */
  readonly isDeclined: boolean;
}

/**
 * The function's run, interactive: shows each plan, asks before the first write, shows progress, stops on Ctrl-C.
 *
 * @throws {SettingsError} if the settings do not allow this run; no request was sent
 * @throws {SpotBlacklistError} if the run cannot start; nothing was written
 */
export async function operate(operation: Operation): Promise<Operated> {
  refuseImpossible(operation);
  const { settings, interrupt } = operation;
  const ports = portsFor(operation);
  try {
    await refuseToClearUnderJobs(settings, interrupt.deadline.reads);
    if (!settings.dryRun) return await act(operation, ports);
    return { ...(await preview(operation, ports)), isDeclined: false };
  } catch (error) {
    if (!interrupt.isStopped) throw error;
    throw stopped();
  }
}

/** @throws {QueueError} if the settings name a fan-out queue whose jobs would add again what is removed */
async function refuseToClearUnderJobs(
  { operation, dryRun, fanOutQueueUrl }: Settings,
  signal: AbortSignal,
): Promise<void> {
  if (operation !== 'clear' || dryRun || fanOutQueueUrl === null) return;
  const { refuseUnfinishedJobs } = await import('../../lambda/fleet/unfinished.ts');
  await refuseUnfinishedJobs(fanOutQueueUrl, signal);
}

function refuseImpossible({ settings, credentials, autoApprove, terminal }: Operation): void {
  if (credentials === null && settings.operation === 'clear')
    throw new SettingsError(
      'Clearing needs credentials, so nothing was done. Set API_KEY and ORG_ID, or SECRET_ID.',
    );
  if (settings.dryRun) {
    if (credentials === null && settings.region === null)
      throw new SettingsError('Without credentials, no cluster provides the region. Add --region.');
    return;
  }
  if (credentials === null)
    throw new SettingsError(
      'There are no credentials, so nothing was done. Set API_KEY and ORG_ID, or SECRET_ID, or use --dry-run.',
    );
  if (!autoApprove && !terminal.canAsk)
    throw new SettingsError(
      'There is no terminal to ask on, so nothing was done. Add --auto-approve, or use --dry-run.',
    );
}

function portsFor({ settings, credentials, interrupt: { deadline }, ...given }: Operation): RunPorts {
  const isAssumed = credentials === null;
  return {
    fetchCredentials: credentials ?? (async () => ASSUMED),
    fetchFeed: given.fetchFeed ?? fetchFeed,
    readOwnFigures: given.readOwnFigures ?? queryAws,
    connectCastAi: isAssumed ? () => assumedCastAi(settings.region ?? '') : connectCastAi,
    now: Date.now,
    ...{ wait, deadline, asGiven: withFlags },
  };
}

const unchanged: Wording = (sentence) => sentence;

/** With a time limit here, because a terminal has no deadline. */
const queryAws: RunPorts['readOwnFigures'] = async (query, signal) => {
  const { readOwnFigures } = await import('../../lambda/aws/capacity-manager.ts');
  return readOwnFigures(query, AbortSignal.any([signal, AbortSignal.timeout(LONGEST_READING)]));
};

function show(result: RunResult, settings: Settings, terminal: Terminal): void {
  if (plannedIn(result).length > 0) terminal.say(viewPlans(result, settings, terminal));
}

/** A dry run, shown. */
async function preview(
  { settings, credentials, terminal, wording = unchanged }: Operation,
  ports: RunPorts,
): Promise<RunOutcome> {
  const { result, error } = outcomeIn(wording, await run({ ...settings, dryRun: true }, ports));
  const warnings = credentials === null ? [ASSUMED_WARNING, ...result.warnings] : result.warnings;
  for (const warning of warnings) terminal.warn(warning);
  show(result, settings, terminal);
  return { result: { ...result, warnings }, error };
}

/**
 * The live run starts from a fresh list, so its plan can differ from the approved one. Writes that were not approved are
 * asked about again; a plan with fewer writes is not. A never glob that matches no type is asked about once.
 *
 * @throws {FeedError} if there is such a glob, and no terminal to ask on
 */
async function act(operation: Operation, reading: RunPorts): Promise<Operated> {
  const { settings, autoApprove, terminal, interrupt, wording = unchanged } = operation;
  let approved: ReadonlySet<string> = new Set();
  let mistake = '';
  let agreedMistake = '';
  const ports: RunPorts = {
    ...reading,
    async fetchFeed(url, signal) {
      const feed = await reading.fetchFeed(url, signal);
      mistake = mistakeIn(settings, feed);
      if (mistake === '' || terminal.canAsk) return feed;
      throw new FeedError('UNKNOWN_TYPE', `${mistake}, so nothing was changed. Correct NEVER_BLACKLIST.`);
    },
  };
  const isApproved = async (plans: readonly ClusterResult[]) => {
    const doubt = mistake === '' ? '' : `${mistake}, so check ${wording('NEVER_BLACKLIST')}. `;
    if (await terminal.ask(doubt + question(plans, settings), interrupt)) return true;
    if (interrupt.isStopped) throw stopped();
    return false;
  };
  if (!autoApprove) {
    const seen = await preview(operation, ports);
    if (interrupt.isStopped) throw stopped();
    const { clusters } = seen.result;
    approved = new Set(clusters.flatMap(keysOf));
    if (writesIn(clusters) > 0 && !(await isApproved(clusters))) return { ...seen, isDeclined: true };
    agreedMistake = mistake;
  }
  const progress = new WriteProgress(terminal, settings);
  let isDeclined = false;
  const outcome = await run(settings, {
    ...ports,
    onWritten: (decision) => progress.advance(decision),
    async approve(planned) {
      const { result } = outcomeIn(wording, { result: planned, error: null });
      const keys = result.clusters.flatMap(keysOf);
      const isNew = keys.some((key) => !approved.has(key));
      if (isNew && !autoApprove)
        terminal.warn("CAST AI's list or the feed has changed in the meantime. The plan is now:");
      if (isNew || autoApprove) show(result, settings, terminal);
      const isDoubtful = keys.length > 0 && mistake !== agreedMistake;
      isDeclined = ((isNew && !autoApprove) || isDoubtful) && !(await isApproved(result.clusters));
      if (isDeclined) return false;
      interrupt.startWriting();
      progress.start(writesIn(result.clusters));
      return true;
    },
  }).finally(() => progress.stop());
  const { result, error } = outcomeIn(wording, outcome);
  for (const warning of result.warnings) if (autoApprove) terminal.warn(warning);
  const isOnlyDeclined = isDeclined && result.clusters.every(({ status }) => status !== 'failed');
  return { result, error: isOnlyDeclined ? null : error, isDeclined };
}

/**
 * @returns the never globs that match no type, in words: the types that they were meant to protect would be blacklisted.
 * Empty if none
 */
function mistakeIn(settings: Settings, feed: Feed): string {
  if (settings.operation === 'clear') return '';
  const idle = compileTypeGlobs(settings.policy.neverBlacklist).idle(feed.names());
  if (idle.length === 0) return '';
  const verb = idle.length === 1 ? 'matches' : 'match';
  return `${shortList(idle)} on the never list ${verb} no type of the feed in any region`;
}

/** What an approval covers: cluster, action and type. The expiry moves with the clock. */
function keysOf({ clusterId, decisions }: ClusterResult): string[] {
  return decisions
    .filter(isWrite)
    .map(({ action, instanceType }) => JSON.stringify([clusterId, action, instanceType]));
}

/** How many names of clusters a question contains. */
const NAMED = 3;

/** Says what is written, where, and how long it takes. */
function question(plans: readonly ClusterResult[], settings: Settings): string {
  const changing = plans.filter((plan) => writesIn([plan]) > 0);
  const writes = writesIn(changing);
  const names = changing.slice(0, NAMED).map(({ clusterName, clusterId }) => clusterName ?? clusterId);
  const more = changing.length > NAMED ? ` and ${changing.length - NAMED} more` : '';
  const where =
    changing.length === 1 ? names.join('') : `${changing.length} clusters (${names.join(', ')}${more})`;
  const these = writes === 1 ? 'this' : `these ${writes.toLocaleString('en')}`;
  const what =
    settings.operation === 'clear'
      ? `Remove ${these} ${writes === 1 ? 'entry' : 'entries'} from`
      : `Write ${these} ${writes === 1 ? 'change' : 'changes'} to`;
  const time = estimate(writes, settings);
  const duration = time === null ? 'It takes about 5 s.' : `It takes about ${time}.`;
  return `${what} CAST AI's blacklist in ${where}? ${duration}`;
}

function stopped(): RunIncompleteError {
  return new RunIncompleteError('Stopped before anything was written.');
}
