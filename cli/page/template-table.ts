import { allowedCount, isBelowFloor } from '../template-counts.ts';
import type { ShownCluster, ShownResult, ShownTemplate } from '../views/read-result.ts';
import { type Html, html } from './html.ts';

/** The node templates that may buy Spot, and which of their types stay available: if there are too few, pods wait. */
export function templateTable(
  { templates, templatesOmitted, status }: ShownCluster,
  { dryRun }: Pick<ShownResult, 'dryRun'>,
): Html | null {
  if (templates === null || templates.length + templatesOmitted === 0) return null;
  const omitted =
    templatesOmitted > 0 &&
    html`<p class="lead">${templatesOmitted} more are left out: nothing was spared for them.</p>`;
  const isPlan = dryRun || status !== 'completed';
  return html`<section><h3>Node templates</h3><p class="lead">Of the types that each Spot template surely allows, or may allow if none is sure, so many ${isPlan ? 'could still be bought as Spot once the plan is carried out' : 'can still be bought as Spot'}; the least risky are kept available where it would be too few.</p>
<div class="scroll" tabindex="0" role="region" aria-label="Node templates"><table class="templates"><thead><tr><th scope="col">Template</th><th scope="col" class="number">Allowed</th><th scope="col" class="number">Available</th><th scope="col" class="number">Spared</th><th scope="col" class="number">Floor</th><th scope="col">Without Spot</th><th scope="col">Not judged</th></tr></thead><tbody>${templates.map(row)}</tbody></table></div>${omitted}</section>`;
}

function row(template: ShownTemplate): Html {
  const { name, available, spared, floor, fallback, fallsBackToOnDemand, unjudged } = template;
  const onDemand =
    fallback !== null &&
    fallback.fallback > 0 &&
    ` (now ${fallback.fallback} of ${fallback.spot + fallback.fallback} nodes)`;
  const isLow = isBelowFloor(template);
  return html`<tr class="${isLow && 'low'}"><th scope="row">${name}</th><td class="number">${allowedCount(template)}</td><td class="number">${available}${isLow && html` <strong>below the floor</strong>`}</td><td class="number">${spared || '–'}</td><td class="number">${floor}</td><td>${fallsBackToOnDemand ? 'buys on-demand' : 'pods wait'}${onDemand}</td><td>${unjudged.join(', ') || '–'}</td></tr>`;
}
