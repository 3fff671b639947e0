import { connectCastAi } from '../lambda/castai/client.ts';
import { isWrite } from '../lambda/domain/decision.ts';
import { RunIncompleteError, SettingsError, type SpotBlacklistError } from '../lambda/domain/errors.ts';
import type { RunResult } from '../lambda/report/result.ts';
import type { RunOutcome } from '../lambda/run/conclude.ts';
import { wait } from '../lambda/run/deadline.ts';
import type { PlannedCluster } from '../lambda/run/planned.ts';
import type { RunPorts } from '../lambda/run/ports.ts';
import { run } from '../lambda/run/run.ts';
import type { Settings } from '../lambda/settings/settings.ts';
import { fetchFeed } from '../lambda/spot-advisor/feed.ts';
import type { CredentialsSource } from './credentials-source.ts';
import type { Interrupt } from './interrupt.ts';
import { ASSUMED, ASSUMED_WARNING, assumedCastAi } from './no-castai.ts';
import { factsOf, type PlanFacts, viewPlans, writesIn } from './plan-view.ts';
import { WriteProgress } from './progress.ts';
import type { Terminal } from './terminal.ts';

export interface Operation {
  readonly settings: Settings;
  readonly credentials: CredentialsSource | null;
  readonly autoApprove: boolean;
  readonly terminal: Terminal;
  readonly interrupt: Interrupt;
}

/**
 * The function's run, interactive: shows each plan, asks before the first write, shows progress, stops on Ctrl-C.
 *
 * @throws {SettingsError} if the settings do not allow this run; no request was sent
 * @throws {SpotBlacklistError} if the run cannot start; nothing was written
 */
export async function operate(operation: Operation): Promise<RunOutcome> {
  refuseImpossible(operation);
  const { settings, interrupt } = operation;
  const ports = portsFor(operation);
  try {
    return settings.dryRun ? await preview(operation, ports) : await act(operation, ports);
  } catch (error) {
    if (!interrupt.isStopped) throw error;
    throw new RunIncompleteError('Stopped before anything was written.');
  }
}

function refuseImpossible({ settings, credentials, autoApprove, terminal }: Operation): void {
  if (settings.dryRun) {
    if (credentials === null && settings.operation === 'clear')
      throw new SettingsError('Clearing needs credentials. Set API_KEY and ORG_ID, or SECRET_ID.');
    if (credentials === null && settings.region === null)
      throw new SettingsError('Without credentials, no cluster provides the region. Add --region.');
    return;
  }
  if (credentials === null) {
    throw new SettingsError(
      'There are no credentials, so nothing was done. Set API_KEY and ORG_ID, or SECRET_ID, or use --dry-run.',
    );
  }
  if (!autoApprove && !terminal.canAsk) {
    throw new SettingsError(
      'There is no terminal to ask on, so nothing was done. Add --auto-approve, or use --dry-run.',
    );
  }
}

function portsFor({ settings, credentials, interrupt: { deadline } }: Operation): RunPorts {
  const isAssumed = credentials === null;
  return {
    fetchCredentials: credentials ?? (async () => ASSUMED),
    fetchFeed,
    connectCastAi: isAssumed ? () => assumedCastAi(settings.region ?? '') : connectCastAi,
    now: Date.now,
    wait,
    deadline,
  };
}

/** A dry run, shown. */
async function preview({ settings, credentials, terminal }: Operation, ports: RunPorts): Promise<RunOutcome> {
  const { result, error } = await run({ ...settings, dryRun: true }, ports);
  const warnings = credentials === null ? [ASSUMED_WARNING, ...result.warnings] : result.warnings;
  for (const warning of warnings) terminal.warn(warning);
  const plans = result.clusters.filter(({ status }) => status === 'completed').map(factsOf);
  if (plans.length > 0) terminal.say(viewPlans(plans, settings, terminal));
  return { result: { ...result, warnings }, error };
}

/**
 * The live run starts from a fresh list, so its plan can differ from the approved one. Writes that were not approved are
 * asked about again; a plan with fewer writes is not.
 */
async function act(operation: Operation, ports: RunPorts): Promise<RunOutcome> {
  const { settings, autoApprove, terminal, interrupt } = operation;
  let approved: ReadonlySet<string> = new Set();
  if (!autoApprove) {
    const seen = await preview(operation, ports);
    if (interrupt.isStopped) return { ...seen, error: notApproved() };
    const plans = seen.result.clusters.map(factsOf);
    approved = new Set(
      seen.result.clusters.flatMap((cluster) => keysOf(cluster.clusterId, cluster.decisions)),
    );
    const writes = plans.reduce((sum, plan) => sum + writesIn(plan), 0);
    if (writes > 0 && !(await terminal.ask(question(writes, seen.result), interrupt)))
      return { result: seen.result, error: seen.error ?? notApproved() };
  }
  const progress = new WriteProgress(terminal, settings);
  const live = run(settings, {
    ...ports,
    onWritten: (decision) => progress.advance(decision),
    async approve(planned) {
      const plans = planned.map(planFacts);
      const writes = plans.reduce((sum, plan) => sum + writesIn(plan), 0);
      const show = () => terminal.say(viewPlans(plans, settings, terminal));
      const keys = planned.flatMap(({ cluster, plan }) => keysOf(cluster.id, plan.decisions));
      if (autoApprove) show();
      else if (keys.some((key) => !approved.has(key))) {
        terminal.warn("CAST AI's list or the feed has changed in the meantime. The plan is now:");
        show();
        if (!(await terminal.ask(`Write these ${writes} changes?`, interrupt))) return false;
      }
      interrupt.startWriting();
      progress.start(writes);
      return true;
    },
  }).finally(() => progress.stop());
  const outcome = await live;
  for (const warning of outcome.result.warnings) if (autoApprove) terminal.warn(warning);
  return outcome;
}

function planFacts({ cluster, plan }: PlannedCluster): PlanFacts {
  return { ...plan, name: cluster.name ?? cluster.id, region: cluster.region };
}

/** What an approval covers: cluster, action and type. The expiry moves with the clock. */
function keysOf(clusterId: string, decisions: PlanFacts['decisions']): string[] {
  return decisions
    .filter(isWrite)
    .map(({ action, instanceType }) => JSON.stringify([clusterId, action, instanceType]));
}

function question(writes: number, { clusters }: RunResult): string {
  const working = clusters.filter(({ status }) => status === 'completed');
  const where =
    working.length === 1
      ? `in ${working[0]?.clusterName ?? working[0]?.clusterId}`
      : `in ${working.length} clusters`;
  return `Write these ${writes} changes to CAST AI's blacklist ${where}?`;
}

function notApproved(): SpotBlacklistError {
  return new RunIncompleteError('The plan was not approved, so nothing was written.');
}
