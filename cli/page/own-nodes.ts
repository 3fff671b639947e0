import { grouped } from '../../lambda/domain/words.ts';
import { replacementInWords } from '../views/nodes-view.ts';
import type { NodesPart, OwnNodes } from '../views/own-nodes.ts';
import { type Html, html } from './html.ts';

const WIDTH = 600;
const HEIGHT = 22;

/** @param shades how often each band is interrupted, as a rank */
export function ownNodes(own: OwnNodes, shades: ReadonlyMap<string, number>): Html {
  const { spot, parts, replacements, sentences } = own;
  return html`<section class="own-nodes"><h3 id="own-nodes">Your ${grouped(spot)} Spot nodes</h3>
${bar(own, shades)}
<ul class="actions">${parts.map((part) => html`<li>${swatch(part, shades)}<b>${grouped(part.nodes)}</b> ${part.label}</li>`)}</ul>
${sentences.map((sentence) => html`<p class="rule">${sentence}</p>`)}
${replacements.length > 0 && html`<p class="rule">In place of the types that are not bought again:</p><ul class="replacements">${replacements.map((one) => html`<li class="${one.best.length === 0 && 'bad'}">${replacementInWords(one, Number.POSITIVE_INFINITY)}</li>`)}</ul>`}</section>`;
}

function bar({ parts, spot }: OwnNodes, shades: ReadonlyMap<string, number>): Html {
  let left = 0;
  const drawn = parts.map((part) => {
    const width = (part.nodes / spot) * WIDTH;
    left += width;
    return rectangle(part, shades, left - width, width, HEIGHT);
  });
  const words = parts.map(({ nodes, label }) => `${grouped(nodes)}: ${label}`).join('; ');
  return html`<svg class="nodes-bar" viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" height="${HEIGHT}" role="img" aria-label="${words}">${drawn}</svg>`;
}

function swatch(part: NodesPart, shades: ReadonlyMap<string, number>): Html {
  return html`<svg class="inline-mark" viewBox="0 0 16 16" aria-hidden="true">${rectangle(part, shades, 0, 16, 16)}</svg>`;
}

/** In the band's shade; what is kept off is hatched, as on the whole page. */
function rectangle(
  { band, isKeptOff }: NodesPart,
  shades: ReadonlyMap<string, number>,
  x: number,
  width: number,
  height: number,
): Html {
  const of = (y: number, high: number) => html`x="${x}" y="${y}" width="${width}" height="${high}"`;
  const shade = shades.get(band ?? '');
  const hatched = html`<rect ${of(height * 0.45, height * 0.55)} fill="url(#hatch)"/>`;
  return html`<rect ${of(0, height)} class="cell ${shade === undefined ? 'unknown' : `b${shade}`}"/>${isKeptOff && hatched}`;
}
