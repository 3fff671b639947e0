// What the command line says about plans. Pure: facts in, text out.
import { isWrite } from '../../lambda/domain/decision.ts';
import { MACHINE_CLASSES } from '../../lambda/domain/instance-types/instance-type.ts';
import type { TemplateOutcome } from '../../lambda/domain/instance-types/template.ts';
import { countActions } from '../../lambda/report/cluster-result.ts';
import type { ClusterResult, RunResult } from '../../lambda/report/result.ts';
import type { ApplySettings, Settings } from '../../lambda/settings/settings.ts';
import { estimate } from '../terminal/progress.ts';
import { nodesSentence } from './evidence-view.ts';
import { viewNodes } from './nodes-view.ts';
import { ownNodesOf } from './own-nodes.ts';
import { isBelowFloor } from './short-of.ts';
import { familiesNamedIn, type Look, listTypes } from './types-list.ts';

/** The plans of a run, as its result has them. */
export type Plans = Pick<RunResult, 'clusters' | 'regions' | 'machines' | 'policy' | 'feed'>;

type ShownTemplate = NonNullable<ClusterResult['templates']>[number];

/** How many templates are shown by name. */
const SHOWN_TEMPLATES = 10;

/** @returns the clusters that have a plan */
export function plannedIn({ clusters }: Plans): ClusterResult[] {
  return clusters.filter(({ status, decisions }) => status === 'completed' || decisions.length > 0);
}

/** @returns how many requests the plans of these clusters need */
export function writesIn(clusters: readonly Pick<ClusterResult, 'decisions'>[]): number {
  return clusters.reduce((sum, { decisions }) => sum + decisions.filter(isWrite).length, 0);
}

/** What a run would do: each cluster's plan, the sum if there are several, and the time that the writes take. */
export function viewPlans(result: Plans, settings: Settings, look: Look): string {
  const plans = plannedIn(result);
  const isFleet = plans.length > 1;
  const time = estimate(writesIn(plans), settings);
  const { batchSize, batchPause } = settings;
  const sum = viewActions(countActions(plans.flatMap(({ decisions }) => decisions)));
  // On a screen, the types of many clusters would hide the sum.
  const isTooMuch = isFleet && Number.isFinite(look.listedTypes);
  const inEach = isTooMuch ? { ...look, listedTypes: 0 } : look;
  const date = result.feed?.lastModified
    ? `, by AWS's figures of ${result.feed.lastModified.slice(0, 10)}`
    : '';
  return [
    ...plans.map((plan) => viewPlan(plan, result, settings, inEach, isFleet ? '' : date)),
    ...(isFleet ? [look.style('bold', `In all ${plans.length} clusters${date}`), `  decided: ${sum}`] : []),
    ...(time === null ? [] : [`  writing takes about ${time} at ${batchSize} requests per ${batchPause} s`]),
  ].join('\n');
}

/** First the cluster's own nodes, then what changes, then what that leaves. */
function viewPlan(
  cluster: ClusterResult,
  result: Plans,
  settings: Settings,
  look: Look,
  date: string,
): string {
  const { clusterName, clusterId, region, decisions, available, templates, warnings } = cluster;
  const free = MACHINE_CLASSES.flatMap((name) => {
    const { types, families } = available[name] ?? {};
    return types === undefined
      ? []
      : [`${types} ${name} types of ${families} ${families === 1 ? 'family' : 'families'}`];
  });
  const name = clusterName ?? clusterId;
  const nodes = nodesSentence([cluster], result.policy);
  const own = look.isBrief ? null : ownNodesOf(cluster, result);
  return [
    look.style('bold', `${region === null ? name : `${name} (${region})`}${date}`),
    ...(nodes === null ? [] : [`  ${look.style('bold', `${nodes}.`)}`]),
    ...(own === null ? [] : viewNodes(own, look)),
    ...listTypes(decisions, look, familiesNamedIn([cluster])),
    `  decided: ${viewActions(countActions(decisions))}`,
    ...(settings.operation === 'apply' ? [`  ${viewPolicy(settings)}`] : []),
    ...(look.isBrief
      ? []
      : [
          ...(free.length > 0 ? [`  stays available: ${free.join(', ')}`] : []),
          ...viewTemplates(templates ?? []).map((line) => `  ${line}`),
          ...warnings.map((warning) => `  ${look.style('yellow', 'Warning:')} ${warning}`),
        ]),
  ].join('\n');
}

/** @returns for how many types each action was decided: `add 449, keep 3` */
export function viewActions(counts: Readonly<Record<string, number>>): string {
  const decided = Object.entries(counts).filter(([, types]) => types > 0);
  return decided.map(([action, types]) => `${action} ${types}`).join(', ') || 'nothing to do';
}

function viewPolicy({ os, policy }: ApplySettings): string {
  const share = policy.rollout < 100 ? `, ${policy.rollout}% of the risky types` : '';
  return `${os}, tolerating ${policy.interruptionThreshold}%, for ${policy.blacklistHours} h${share}`;
}

/** The types of each template that stay available; templates at risk first. */
export function viewTemplates(templates: readonly ShownTemplate[]): string[] {
  const risk = (template: ShownTemplate) =>
    isBelowFloor(template) ? 3 : (template.fallback?.fallback ?? 0) > 0 ? 2 : Number(template.spared > 0);
  const shown = templates.toSorted((a, b) => risk(b) - risk(a));
  const lines = shown.slice(0, SHOWN_TEMPLATES).map((template) => {
    const { name, available, spared, floor } = template;
    const kept = spared > 0 ? `, ${spared} of them spared` : '';
    const low = isBelowFloor(template) ? `, below the floor${floor > 0 ? ` of ${floor}` : ''}` : '';
    return `template ${name}: ${available} of ${allowedCount(template)} types available${kept}${low}${fallbackOf(template)}`;
  });
  const more = templates.length - SHOWN_TEMPLATES;
  return more > 0 ? [...lines, `… and ${more} more templates`] : lines;
}

/** The nodes that a template had to buy on-demand; empty if there are none, or if it is unknown. */
function fallbackOf({ fallback: nodes }: Pick<ShownTemplate, 'fallback'>): string {
  if (nodes === null || nodes.fallback === 0) return '';
  return `; ${nodes.fallback} of ${nodes.spot + nodes.fallback} nodes are on-demand, because Spot was short`;
}

/** @returns how many types a template allows, as far as that is known: `26`, `21 to 26`, `at most 26` */
export function allowedCount({
  allowed,
  sure,
  unjudged,
}: Pick<TemplateOutcome, 'allowed' | 'sure' | 'unjudged'>): string {
  if (sure > 0 && sure < allowed) return `${sure} to ${allowed}`;
  return unjudged.length > 0 ? `at most ${allowed}` : String(allowed);
}
