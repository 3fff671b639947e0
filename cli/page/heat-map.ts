import { scaleBand } from 'd3-scale';
import { type Html, html } from './html.ts';
import type { ShownType } from './region.ts';
import { NO_ACTION } from './state.ts';
import { bySize, FAMILY_KINDS, kindOf, naturally, shortSize } from './types.ts';

/** Pixels of a cell with its gap. */
const CELL = 15;
const GAP = 1.5;
/** Pixels for the names of the families, and of the sizes above. */
const LEFT = 64;
const TOP = 50;

/** Families by size, a map for every kind of family: shaded by band, marked by action. */
export function heatMaps(types: readonly ShownType[], shades: ReadonlyMap<string, number>): Html {
  const kinds = Map.groupBy(types, kindOf);
  const drawn = FAMILY_KINDS.flatMap((kind) => {
    const ofKind = kinds.get(kind);
    return ofKind === undefined ? [] : [heatMap(kind, ofKind, shades)];
  });
  return html`<div class="maps">${drawn}</div>`;
}

function heatMap(kind: string, types: readonly ShownType[], shades: ReadonlyMap<string, number>): Html {
  const families = [...new Map(types.map(({ family, architecture }) => [family, architecture]))]
    .sort(([a, of], [b, other]) => other.localeCompare(of) || naturally(a, b))
    .map(([family]) => family);
  const sizes = [...new Set(types.map(({ size }) => size))].sort(bySize);
  const right = LEFT + sizes.length * CELL;
  const bottom = TOP + families.length * CELL;
  const x = scaleBand(sizes, [LEFT, right]);
  const y = scaleBand(families, [TOP, bottom]);
  const isArm = new Set(
    types.filter(({ architecture }) => architecture === 'arm64').map(({ family }) => family),
  );
  const free = types.filter(({ isAvailable }) => isAvailable).length;
  // Room for the last size's name, which leans to the right.
  const width = right + 34;
  return html`<figure class="map"><figcaption>${kind} <span>${free} of ${types.length} types available</span></figcaption>
<svg viewBox="0 0 ${width} ${bottom}" width="${width}" height="${bottom}" role="img" aria-label="${kind}: ${families.length} families by size; ${free} of ${types.length} types stay available. The table below tells each type.">
${sizes.map((size) => html`<text class="size" transform="translate(${(x(size) ?? 0) + 10},${TOP - 5}) rotate(-50)">${shortSize(size)}</text>`)}
${families.map((family) => html`<text class="family" x="${LEFT - 6}" y="${(y(family) ?? 0) + 11}">${family}${isArm.has(family) && html`<tspan class="arm"> ᴀ</tspan>`}</text>`)}
${types.map((type) => cell(type, x(type.size) ?? 0, y(type.family) ?? 0, shades))}</svg></figure>`;
}

/** Its title is what the page's script finds the type by. */
function cell(type: ShownType, left: number, top: number, shades: ReadonlyMap<string, number>): Html {
  const shade = shades.get(type.band ?? '');
  const side = CELL - GAP;
  const place = html`x="${left}" y="${top}" width="${side}" height="${side}" rx="2"`;
  const classes = `cell ${shade === undefined ? 'unknown' : `b${shade}`}`;
  const middle = { x: left + side / 2, y: top + side / 2 };
  const isMarked = type.mark !== '' || type.inClusters.length > 1;
  const mark =
    isMarked &&
    html`<use class="on b${shade ?? 0}" href="#mark-${type.mark}" x="${middle.x}" y="${middle.y}"/>`;
  return html`<g class="type"><title>${tooltip(type)}</title><rect class="${classes}" ${place}/>${mark}</g>`;
}

function tooltip({ instanceType, band, savings, action, isAvailable }: ShownType): string {
  const facts = [instanceType, band ?? 'no band', savings === null ? [] : `saves ${savings}%`].flat();
  const what = action !== NO_ACTION || isAvailable ? action : 'blacklisted by another owner';
  return [...facts, what].join(' · ');
}

/** The same as a table, for those who cannot see the map, or want the words. */
export function heatMapTable(types: readonly ShownType[]): Html {
  const families = [...Map.groupBy(types, ({ family }) => family)].sort(([a], [b]) => naturally(a, b));
  const rows = families.map(([family, ofFamily]) => {
    const sorted = ofFamily.toSorted((a, b) => bySize(a.size, b.size));
    const free = sorted.filter(({ isAvailable }) => isAvailable);
    const gone = sorted.filter(({ isAvailable }) => !isAvailable);
    return html`<tr><th scope="row">${family}</th><td>${ofFamily[0]?.architecture}</td><td>${listed(free)}</td><td>${listed(gone)}</td></tr>`;
  });
  return html`<details class="words"><summary>The map in words: every family as a table</summary><div class="scroll" tabindex="0" role="region" aria-label="The map as a table"><table><thead><tr><th scope="col">Family</th><th scope="col">Architecture</th><th scope="col">Available</th><th scope="col">Not available</th></tr></thead><tbody>${rows}</tbody></table></div></details>`;
}

function listed(types: readonly ShownType[]): string {
  const shown = types.map(({ size, band, action }) => {
    const facts = [band, action === NO_ACTION ? null : action].filter(Boolean).join(', ');
    return facts === '' ? size : `${size} (${facts})`;
  });
  return shown.join(', ') || 'none';
}
