import type { ShownCluster } from '../views/read-result.ts';
import { type Html, html } from './html.ts';
import type { ShownRegion, ShownType } from './region.ts';

/** How many replacements of a type are named. */
const NAMED = 3;

const count = (value: number) => value.toLocaleString('en');
const nodesOf = (types: readonly ShownType[]) => types.reduce((sum, { nodes }) => sum + nodes, 0);

/**
 * What a run means for the cluster's own Spot nodes: how many are of types that are kept off, by band, and what is bought in
 * their place.
 *
 * @param shades how often each band is interrupted, as a rank
 * @returns null if it is unknown which nodes are running, or if there are none
 */
export function ownNodes(
  { nodes }: ShownCluster,
  { types, isComplete }: ShownRegion,
  shades: ReadonlyMap<string, number>,
): Html | null {
  if (nodes === null || nodes.spot === 0 || !isComplete) return null;
  const inUse = types.filter((type) => type.nodes > 0);
  const keptOff = inUse.filter(({ isAvailable }) => !isAvailable);
  const byBand = [...Map.groupBy(inUse, ({ band, isAvailable }) => `${band ?? '–'} ${isAvailable}`).values()];
  const parts = byBand
    .flatMap((same) => {
      const [first] = same;
      if (first === undefined) return [];
      const { band, isAvailable } = first;
      const what = isAvailable ? 'kept available' : 'not bought again';
      const shade = shades.get(band ?? '') ?? 0;
      return [{ nodes: nodesOf(same), shade, isAvailable, label: `${band ?? 'no band'}, ${what}` }];
    })
    .sort((a, b) => Number(a.isAvailable) - Number(b.isAvailable) || b.shade - a.shade);
  const others = nodes.spot - nodesOf(inUse);
  if (others > 0)
    parts.push({ nodes: others, shade: 0, isAvailable: true, label: 'of types that are not risky' });
  const words = parts.map((part) => `${count(part.nodes)}: ${part.label}`);
  return html`<section class="own-nodes"><h3 id="own-nodes">Your ${count(nodes.spot)} Spot nodes</h3>
${bar(parts, nodes.spot, words.join('; '))}
<ul class="actions">${parts.map((part) => html`<li>${swatch(part)}<b>${count(part.nodes)}</b> ${part.label}</li>`)}</ul>
${keptOff.length > 0 && replacements(keptOff, types, shades)}</section>`;
}

interface Part {
  readonly nodes: number;
  readonly shade: number;
  readonly isAvailable: boolean;
  readonly label: string;
}

const WIDTH = 600;
const HEIGHT = 22;

function bar(parts: readonly Part[], all: number, words: string): Html {
  let left = 0;
  const drawn = parts.map((part) => {
    const width = (part.nodes / all) * WIDTH;
    left += width;
    return rectangle(part, left - width, width, HEIGHT);
  });
  return html`<svg class="nodes-bar" viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" height="${HEIGHT}" role="img" aria-label="${words}">${drawn}</svg>`;
}

function swatch(part: Part): Html {
  return html`<svg class="inline-mark" viewBox="0 0 16 16" aria-hidden="true">${rectangle(part, 0, 16, 16)}</svg>`;
}

/** In the band's shade; what is kept off is hatched, as on the whole page. */
function rectangle({ shade, isAvailable }: Part, x: number, width: number, height: number): Html {
  const of = (y: number, high: number) => html`x="${x}" y="${y}" width="${width}" height="${high}"`;
  const hatched = html`<rect ${of(height * 0.45, height * 0.55)} fill="url(#hatch)"/>`;
  return html`<rect ${of(0, height)} class="cell b${shade}"/>${!isAvailable && hatched}`;
}

/** The best types of the same size in place of each that is not bought again, and what the change costs. */
function replacements(
  keptOff: readonly ShownType[],
  types: readonly ShownType[],
  shades: ReadonlyMap<string, number>,
): Html {
  const rows = keptOff.map((type) => ({ type, best: replacing(type, types, shades) }));
  const known = rows.filter(({ type, best }) => best.length > 0 && type.savings !== null);
  const weighted = (savingsOf: (row: (typeof rows)[number]) => number) =>
    known.reduce((sum, row) => sum + savingsOf(row) * row.type.nodes, 0) /
    nodesOf(known.map(({ type }) => type));
  const before = Math.round(weighted(({ type }) => type.savings ?? 0));
  const after = Math.round(weighted(({ best }) => best[0]?.savings ?? 0));
  const change = Math.abs(after - before);
  const points = `${change} ${change === 1 ? 'point' : 'points'} ${after < before ? 'less' : 'more'}`;
  return html`${known.length > 0 && html`<p class="lead">Bought again as the best of the same size, these nodes save ${after}% over on-demand instead of ${before}%: ${change === 0 ? 'no change' : html`<strong>${points}</strong>`}.</p>`}
<div class="scroll" tabindex="0" role="region" aria-label="Replacements"><table class="glance"><thead><tr><th scope="col">Not bought again</th><th scope="col" class="number">Spot nodes</th><th scope="col" class="number">Saving</th><th scope="col">Best of the same size</th></tr></thead><tbody>${rows.map(
    ({ type, best }) =>
      html`<tr><th scope="row">${type.instanceType} <small>${type.band ?? '–'}</small></th><td class="number">${count(type.nodes)}</td><td class="number">${type.savings === null ? '–' : `${type.savings}%`}</td><td class="${best.length === 0 && 'bad'}">${best.length === 0 ? 'none is left' : best.map(({ instanceType, band, savings }) => `${instanceType} (${band ?? '–'}, saves ${savings ?? 0}%)`).join(', ')}</td></tr>`,
  )}</tbody></table></div>`;
}

/** @returns available types with the same vCPUs and about the same memory, of the same class: the calmest, then those that save most */
function replacing(
  { machineClass, cores, memory }: ShownType,
  types: readonly ShownType[],
  shades: ReadonlyMap<string, number>,
): readonly ShownType[] {
  if (cores === null || memory === null) return [];
  const rank = ({ band }: ShownType) => shades.get(band ?? '') ?? 99;
  return types
    .filter(
      (type) =>
        type.isAvailable &&
        type.machineClass === machineClass &&
        type.cores === cores &&
        type.memory !== null &&
        type.memory >= memory * 0.95 &&
        type.memory <= memory * 1.1,
    )
    .sort((a, b) => rank(a) - rank(b) || (b.savings ?? 0) - (a.savings ?? 0))
    .slice(0, NAMED);
}
