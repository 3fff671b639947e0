import { allowedCount } from '../views/plan-view.ts';
import type { ShownCluster, ShownResult, ShownTemplate } from '../views/read-result.ts';
import { isBelowFloor } from '../views/short-of.ts';
import { type Html, html } from './html.ts';
import { shadesOf } from './legend.ts';
import { bandedTypes } from './region.ts';

/** The node templates that may buy Spot, and which of their types stay available: if there are too few, pods wait. */
export function templateTable(
  { templates, templatesOmitted, status }: ShownCluster,
  { dryRun }: Pick<ShownResult, 'dryRun'>,
): Html | null {
  if (templates === null || templates.length + templatesOmitted === 0) return null;
  const omitted =
    templatesOmitted > 0 &&
    html`<p class="lead">${templatesOmitted} more are left out: others have more at stake.</p>`;
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

/** How a region's types are spread over the bands, for the choice of another threshold; null if unknown. */
export function bandTable({ region }: ShownCluster, result: ShownResult): Html | null {
  const types = bandedTypes(region, result);
  if (types.length === 0) return null;
  const bands = types.flatMap(([, { band }]) => band ?? []);
  const shades = shadesOf(bands);
  let left = types.length;
  const rows = [...shades].map(([band, shade]) => {
    const inBand = bands.filter((one) => one === band).length;
    left -= inBand;
    return html`<tr><th scope="row"><span class="band b${shade}">${band}</span></th><td class="number">${inBand}</td><td class="number">${left}</td><td class="number">${Math.round((left / types.length) * 100)}%</td></tr>`;
  });
  return html`<section><h3>The region's ${types.length.toLocaleString('en')} types by band</h3><p class="lead">A threshold at the upper edge of a band makes the types above it risky.</p><div class="scroll" tabindex="0" role="region" aria-label="Types by band"><table class="narrow"><thead><tr><th scope="col">Band</th><th scope="col" class="number">Types</th><th scope="col" class="number">Types above it</th><th scope="col" class="number">Share above it</th></tr></thead><tbody>${rows}</tbody></table></div></section>`;
}
