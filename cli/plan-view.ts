// What the command line says about plans and results. Pure: facts in, text out.
import { ACTION_NAMES, type Action } from '../lambda/domain/action.ts';
import { isWrite } from '../lambda/domain/decision.ts';
import { MACHINE_CLASSES } from '../lambda/domain/machine-class.ts';
import type { Plan } from '../lambda/domain/plan.ts';
import type { ClusterResult, RunResult } from '../lambda/report/result.ts';
import type { ApplySettings, Settings } from '../lambda/settings/settings.ts';
import { nodesSentence } from './nodes-sentence.ts';
import { estimate } from './progress.ts';
import { drawTable } from './table.ts';
import type { Terminal } from './terminal.ts';

/** What is shown of a plan; a cluster's result contains it too. */
export interface PlanFacts {
  readonly name: string;
  readonly region: string | null;
  readonly decisions: readonly {
    readonly instanceType: string;
    readonly band: string | null;
    readonly savings: number | null;
    readonly action: Action;
    readonly reason: string;
    readonly nodes?: number;
  }[];
  readonly available: Plan['available'];
  readonly templates: Plan['templates'];
  readonly nodes: Plan['nodes'];
  readonly warnings: readonly string[];
}

/** How many types (those in use, and the riskiest) and how many templates are shown by name. */
const SHOWN_TYPES = 10;
const SHOWN_TEMPLATES = 10;

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

/** What a run would do: each cluster's plan, the sum if there are several, and the time that the writes take. */
export function viewPlans(plans: readonly PlanFacts[], settings: Settings, look: Look): string {
  const isFleet = plans.length > 1;
  const writes = plans.reduce((sum, plan) => sum + writesIn(plan), 0);
  const time = estimate(writes, settings);
  const { batchSize, batchPause } = settings;
  const pace = time === null ? '' : `about ${time} at ${batchSize} requests per ${batchPause} s`;
  const sum = viewActions(countsOf(plans.flatMap(({ decisions }) => decisions)));
  return [
    // The types of many clusters would hide the sum.
    ...plans.map((plan) => viewPlan(plan, settings, isFleet ? { ...look, isRich: false } : look)),
    ...(isFleet ? [look.style('bold', `In all ${plans.length} clusters`), `  decided: ${sum}`] : []),
    ...(pace === '' ? [] : [`  writing takes ${pace}`]),
  ].join('\n');
}

function viewPlan(facts: PlanFacts, settings: Settings, look: Look): string {
  const { name, region, decisions, available, warnings } = facts;
  const free = MACHINE_CLASSES.flatMap((name) => {
    const { types, families } = available.get(name) ?? {};
    return types === undefined
      ? []
      : [`${types} ${name} types of ${families} ${families === 1 ? 'family' : 'families'}`];
  });
  const policy = settings.operation === 'apply' ? settings.policy : null;
  const nodes = nodesSentence([facts], policy);
  return [
    look.style('bold', region === null ? name : `${name} (${region})`),
    ...(nodes === null ? [] : [`  ${look.style('bold', `${nodes}.`)}`]),
    `  decided: ${viewActions(countsOf(decisions))}`,
    ...(settings.operation === 'apply' ? [`  ${viewPolicy(settings)}`] : []),
    ...(free.length > 0 ? [`  stays available: ${free.join(', ')}`] : []),
    ...viewTemplates(facts.templates ?? []),
    ...warnings.map((warning) => `  ${look.style('yellow', 'Warning:')} ${warning}`),
    ...(look.isRich && decisions.length > 0 ? [typesTable(decisions)] : []),
  ].join('\n');
}

function countsOf(decisions: PlanFacts['decisions']): Record<string, number> {
  return Object.fromEntries(
    ACTION_NAMES.map((action) => [action, decisions.filter((one) => one.action === action).length]),
  );
}

/** @returns for how many types each action was decided: `add 449, keep 3` */
export function viewActions(counts: Readonly<Record<string, number>>): string {
  const decided = Object.entries(counts).filter(([, types]) => types > 0);
  return decided.map(([action, types]) => `${action} ${types}`).join(', ') || 'nothing to do';
}

function viewPolicy({ os, policy }: ApplySettings): string {
  return `${os}, tolerating ${policy.interruptionThreshold}%, for ${policy.blacklistHours} h`;
}

/** The types of each template that stay available; templates at risk first. */
function viewTemplates(templates: NonNullable<PlanFacts['templates']>): string[] {
  const isAtStake = ({ spared, available, floor }: (typeof templates)[number]) =>
    spared > 0 || available < floor;
  const shown = templates.toSorted((a, b) => Number(isAtStake(b)) - Number(isAtStake(a)));
  const lines = shown.slice(0, SHOWN_TEMPLATES).map(({ name, allowed, available, spared, unjudged }) => {
    const kept = spared > 0 ? `, ${spared} of them kept for it` : '';
    const most = unjudged.length > 0 ? 'at most ' : '';
    return `  template ${name}: ${available} of ${most}${allowed} types available${kept}`;
  });
  const more = templates.length - SHOWN_TEMPLATES;
  return more > 0 ? [...lines, `  … and ${more} more templates`] : lines;
}

/** The types in use, those with most nodes first, and then the riskiest. */
function typesTable(decisions: PlanFacts['decisions']): string {
  const shown = decisions.toSorted((a, b) => (b.nodes ?? 0) - (a.nodes ?? 0)).slice(0, SHOWN_TYPES);
  const inUse = shown.some(({ nodes }) => nodes);
  const rows = shown.map(({ instanceType, band, savings, action, reason, nodes }) => {
    const why = reason.length > 60 ? `${reason.slice(0, 59)}…` : reason;
    const facts = [instanceType, band ?? '', savings === null ? '' : `${savings}%`];
    return [...facts, ...(inUse ? [String(nodes ?? '')] : []), action, why];
  });
  const table = drawTable(
    [
      ['Type', 'left'],
      ['Band', 'left'],
      ['Saving', 'right'],
      ...(inUse ? [['Nodes', 'right'] as const] : []),
      ['Action', 'left'],
      ['Why', 'left'],
    ],
    rows,
  );
  const more = decisions.length - SHOWN_TYPES;
  return more > 0 ? `${table}\n… and ${more} more; --report shows them all` : table;
}

/** The outcome of a run: the bands that it blacklists, in words, then cluster by cluster. */
export function viewResult(result: RunResult, look: Look): string {
  const { policy } = result;
  const bands = policy?.blacklistedBands.join(', ') || 'no band';
  return [
    ...(policy === null ? [] : [`Risky at ${policy.interruptionThreshold}%: ${bands}.`]),
    ...result.clusters.map((cluster) => viewCluster(cluster, result, look)),
  ].join('\n');
}

function viewCluster(cluster: ClusterResult, { dryRun }: RunResult, look: Look): string {
  const { succeeded, failed, deferred, postponed, verified } = cluster.outcome;
  const writes = succeeded + failed + deferred + postponed;
  const name = cluster.clusterName ?? cluster.clusterId;
  const left = cluster.decisions.filter(({ outcome }) => outcome === 'deferred');
  const leftNames = left.slice(0, 5).map(({ instanceType }) => instanceType);
  const mark = cluster.status === 'completed' ? look.style('green', 'Done') : look.style('red', 'Not done');
  if (cluster.status !== 'completed' && writes === 0) {
    return `${cluster.status === 'skipped' ? 'Skipped' : mark}: ${name}: ${cluster.problem}`;
  }
  if (dryRun) return `${mark}: ${name}: a dry run; nothing was written.`;
  if (writes === 0) return `${mark}: ${name}: everything was as it should be; nothing was written.`;
  const counts = `${succeeded} written, ${verified ?? 0} of them confirmed by CAST AI's list, ${failed} failed, ${deferred} left${postponed > 0 ? `, ${postponed} postponed to the next run` : ''}`;
  const names = left.length === 0 ? '' : ` (${leftNames.join(', ')}${left.length > 5 ? ', …' : ''})`;
  return `${mark}: ${name}: ${counts}${names}.`;
}
