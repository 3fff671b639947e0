import type { ShownCluster, ShownResult } from '../views/read-result.ts';
import { type Html, html } from './html.ts';
import { shadesOf } from './legend.ts';
import { bandedTypes } from './region.ts';

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
