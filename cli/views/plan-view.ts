// What the command line says about plans. Pure: facts in, text out.
import { ACTION_NAMES, isWrite } from '../../lambda/domain/decision.ts';
import { MACHINE_CLASSES } from '../../lambda/domain/instance-types/instance-type.ts';
import type { Plan } from '../../lambda/domain/plan.ts';
import type { ClusterResult } from '../../lambda/report/result.ts';
import type { ApplySettings, Settings } from '../../lambda/settings/settings.ts';
import { estimate } from '../terminal/progress.ts';
import { nodesSentence } from './evidence-view.ts';
import { type ListedType, type Look, listTypes } from './types-list.ts';

/** What is shown of a plan; a cluster's result contains it too. */
export interface PlanFacts {
  readonly name: string;
  readonly region: string | null;
  readonly decisions: readonly ListedType[];
  readonly available: Plan['available'];
  readonly templates: Plan['templates'];
  readonly nodes: Plan['nodes'];
  readonly warnings: readonly string[];
}

/** How many templates are shown by name. */
const SHOWN_TEMPLATES = 10;

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
  const sum = viewActions(countsOf(plans.flatMap(({ decisions }) => decisions)));
  // On a screen, the types of many clusters would hide the sum.
  const isTooMuch = isFleet && Number.isFinite(look.listedTypes);
  const inEach = isTooMuch ? { ...look, listedTypes: 0 } : look;
  return [
    ...plans.map((plan) => viewPlan(plan, settings, inEach)),
    ...(isFleet ? [look.style('bold', `In all ${plans.length} clusters`), `  decided: ${sum}`] : []),
    ...(time === null ? [] : [`  writing takes about ${time} at ${batchSize} requests per ${batchPause} s`]),
  ].join('\n');
}

/** First what changes, then what that leaves. */
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
    ...listTypes(decisions, look),
    `  decided: ${viewActions(countsOf(decisions))}`,
    ...(settings.operation === 'apply' ? [`  ${viewPolicy(settings)}`] : []),
    ...(look.isBrief
      ? []
      : [
          ...(free.length > 0 ? [`  stays available: ${free.join(', ')}`] : []),
          ...viewTemplates(facts.templates ?? []).map((line) => `  ${line}`),
          ...warnings.map((warning) => `  ${look.style('yellow', 'Warning:')} ${warning}`),
        ]),
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
export function viewTemplates(templates: NonNullable<PlanFacts['templates']>): string[] {
  const risk = (template: (typeof templates)[number]) =>
    isBelowFloor(template) ? 2 : Number(template.spared > 0);
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
function fallbackOf({
  fallback: nodes,
}: Pick<NonNullable<PlanFacts['templates']>[number], 'fallback'>): string {
  if (nodes === null || nodes.fallback === 0) return '';
  return `; ${nodes.fallback} of ${nodes.spot + nodes.fallback} nodes are on-demand, because Spot was short`;
}

/** What is counted of a template. */
interface Template {
  readonly allowed: number;
  readonly sure: number;
  readonly available: number;
  readonly floor: number;
  readonly unjudged: readonly string[];
}

/** @returns how many types a template allows, as far as that is known: `26`, `21 to 26`, `at most 26` */
export function allowedCount({
  allowed,
  sure,
  unjudged,
}: Pick<Template, 'allowed' | 'sure' | 'unjudged'>): string {
  if (sure > 0 && sure < allowed) return `${sure} to ${allowed}`;
  return unjudged.length > 0 ? `at most ${allowed}` : String(allowed);
}

/** @returns whether a template is left with fewer types than its floor, or allows none at all */
export function isBelowFloor({
  available,
  floor,
  allowed,
}: Pick<Template, 'available' | 'floor' | 'allowed'>): boolean {
  return available < floor || allowed === 0;
}
