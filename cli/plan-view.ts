// What the command line says about plans and results. Pure: facts in, text out.
import { ACTION_NAMES, type Action } from '../lambda/domain/action.ts';
import { isWrite } from '../lambda/domain/decision.ts';
import { MACHINE_CLASSES } from '../lambda/domain/machine-class.ts';
import type { Plan } from '../lambda/domain/plan.ts';
import type { ClusterResult, RunResult } from '../lambda/report/result.ts';
import type { ApplySettings, Settings } from '../lambda/settings/settings.ts';
import { drawTable } from './table.ts';
import type { Terminal } from './terminal.ts';

/** What is shown of a plan; a cluster's result tells it too. */
export interface PlanFacts {
  readonly name: string;
  readonly region: string | null;
  readonly decisions: readonly {
    readonly instanceType: string;
    readonly band: string | null;
    readonly savings: number | null;
    readonly action: Action;
    readonly reason: string;
  }[];
  readonly available: Plan['available'];
  readonly warnings: readonly string[];
}

/** How many of the riskiest types are shown by name. */
const SHOWN_TYPES = 10;

export type Look = Pick<Terminal, 'isRich' | 'style'>;

/** @returns what a cluster's result says of its plan */
export function factsOf({ available, ...cluster }: ClusterResult): PlanFacts {
  return {
    ...cluster,
    name: cluster.clusterName ?? cluster.clusterId,
    available: new Map(
      MACHINE_CLASSES.flatMap((name) => {
        const of = available[name];
        return of === undefined ? [] : [[name, of]];
      }),
    ),
  };
}

/** @returns how many requests a plan needs */
export function writesIn({ decisions }: Pick<PlanFacts, 'decisions'>): number {
  return decisions.filter(isWrite).length;
}

/** One cluster's plan. */
export function viewPlan(facts: PlanFacts, settings: Settings, look: Look): string {
  const { name, region, decisions, available, warnings } = facts;
  const counts = Object.fromEntries(
    ACTION_NAMES.map((action) => [action, decisions.filter((one) => one.action === action).length]),
  );
  const free = MACHINE_CLASSES.flatMap((name) => {
    const { types, families } = available.get(name) ?? {};
    return types === undefined ? [] : [`${types} ${name} types of ${families} families`];
  });
  return [
    look.style('bold', region === null ? name : `${name} (${region})`),
    `  decided: ${viewActions(counts)}`,
    ...(settings.operation === 'apply' ? [`  ${viewPolicy(settings)}`] : []),
    ...(free.length > 0 ? [`  stays available: ${free.join(', ')}`] : []),
    ...warnings.map((warning) => `  ${look.style('yellow', 'Warning:')} ${warning}`),
    ...(look.isRich && decisions.length > 0 ? [riskiestTable(decisions)] : []),
  ].join('\n');
}

/** @returns for how many types each action was decided: `add 449, keep 3` */
export function viewActions(counts: Readonly<Record<string, number>>): string {
  const decided = Object.entries(counts).filter(([, types]) => types > 0);
  return decided.map(([action, types]) => `${action} ${types}`).join(', ') || 'nothing to do';
}

function viewPolicy({ os, policy }: ApplySettings): string {
  return `${os}, tolerating ${policy.interruptionThreshold}%, for ${policy.blacklistHours} h`;
}

function riskiestTable(decisions: PlanFacts['decisions']): string {
  const rows = decisions.slice(0, SHOWN_TYPES).map(({ instanceType, band, savings, action, reason }) => {
    const why = reason.length > 60 ? `${reason.slice(0, 59)}…` : reason;
    return [instanceType, band ?? '', savings === null ? '' : `${savings}%`, action, why];
  });
  const table = drawTable(
    [
      ['Type', 'left'],
      ['Band', 'left'],
      ['Saving', 'right'],
      ['Action', 'left'],
      ['Why', 'left'],
    ],
    rows,
  );
  const more = decisions.length - SHOWN_TYPES;
  return more > 0 ? `${table}\n… and ${more} more; --report shows them all` : table;
}

/** What came of a run: the bands that it blacklists, in words, then cluster by cluster. */
export function viewResult(result: RunResult, look: Look): string {
  const { policy } = result;
  const bands = policy?.blacklistedBands.join(', ') || 'no band';
  return [
    ...(policy === null ? [] : [`Risky at ${policy.interruptionThreshold}%: ${bands}.`]),
    ...result.clusters.map((cluster) => viewCluster(cluster, result, look)),
  ].join('\n');
}

function viewCluster(cluster: ClusterResult, { dryRun }: RunResult, look: Look): string {
  const { succeeded, failed, deferred, verified } = cluster.outcome;
  const name = cluster.clusterName ?? cluster.clusterId;
  const left = cluster.decisions.filter(({ outcome }) => outcome === 'deferred');
  const leftNames = left.slice(0, 5).map(({ instanceType }) => instanceType);
  const mark = cluster.status === 'completed' ? look.style('green', 'Done') : look.style('red', 'Not done');
  if (cluster.status !== 'completed' && succeeded + failed + deferred === 0) {
    return `${cluster.status === 'skipped' ? 'Skipped' : mark}: ${name}: ${cluster.problem}`;
  }
  if (dryRun) return `${mark}: ${name}: a dry run; nothing was written.`;
  if (succeeded + failed + deferred === 0)
    return `${mark}: ${name}: everything was as it should be; nothing was written.`;
  const counts = `${succeeded} written, ${verified ?? 0} of them confirmed by CAST AI's list, ${failed} failed, ${deferred} left`;
  const names = left.length === 0 ? '' : ` (${leftNames.join(', ')}${left.length > 5 ? ', …' : ''})`;
  return `${mark}: ${name}: ${counts}${names}.`;
}
