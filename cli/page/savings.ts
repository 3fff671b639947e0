import { bin, max, median, min } from 'd3-array';
import { scaleLinear } from 'd3-scale';
import { actionsThat } from '../../lambda/domain/decision.ts';
import { type Html, html } from './html.ts';
import type { ShownType } from './region.ts';

/** Pixels: a row, the names in the middle, and a side's longest bar. */
const ROW = 22;
const MIDDLE = 74;
const SIDE = 92;
/** Room for a count beside its bar. */
const COUNT = 34;
const WIDTH = 2 * (SIDE + COUNT) + MIDDLE;

/** How much Spot saves: the types that are kept available against those that are not, in steps of ten percent. */
export function savingsChart(types: readonly ShownType[]): Html | null {
  const known = types.flatMap(({ savings, isAvailable }) =>
    savings === null ? [] : [{ savings, isAvailable }],
  );
  const kept = known.filter(({ isAvailable }) => isAvailable).map(({ savings }) => savings);
  const excluded = known.filter(({ isAvailable }) => !isAvailable).map(({ savings }) => savings);
  if (known.length === 0) return null;
  const steps = bins(known.map(({ savings }) => savings));
  const rows = steps.map(([from, to]) => {
    const within = (savings: readonly number[]) => savings.filter((one) => one >= from && one < to).length;
    return { name: `${from} to ${to - 1}%`, kept: within(kept), excluded: within(excluded) };
  });
  const length = scaleLinear([0, max(rows, (row) => Math.max(row.kept, row.excluded)) ?? 1], [0, SIDE]);
  const left = COUNT + SIDE;
  const right = left + MIDDLE;
  const height = rows.length * ROW;
  const bars = rows.map(({ name, ...row }, index) => {
    const top = index * ROW + 3;
    return html`<rect x="${left - length(row.excluded)}" y="${top}" width="${length(row.excluded)}" height="16" rx="2" fill="url(#hatch)" class="outline"/>
<text class="value end" x="${left - length(row.excluded) - 6}" y="${top + 12}">${row.excluded}</text>
<text class="label middle" x="${left + MIDDLE / 2}" y="${top + 12}">${name}</text>
<rect x="${right}" y="${top}" width="${length(row.kept)}" height="16" rx="2" class="free"/>
<text class="value" x="${right + length(row.kept) + 6}" y="${top + 12}">${row.kept}</text>`;
  });
  const words = rows
    .map(({ name, ...row }) => `${name}: ${row.excluded} excluded, ${row.kept} kept`)
    .join('; ');
  return html`<figure class="chart savings"><figcaption>Savings over on-demand <span>Types by their savings: those that stay available against those that do not.</span></figcaption>
<div class="sides" aria-hidden="true"><span>excluded</span><span>kept</span></div>
<svg viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="Types by their savings: ${words}">${bars}</svg></figure>`;
}

/** Steps of ten percent that hold every value, highest first; savings below 0 occur. */
function bins(savings: readonly number[]): [number, number][] {
  const lowest = Math.floor((min(savings) ?? 0) / 10) * 10;
  const highest = Math.floor((max(savings) ?? 0) / 10) * 10 + 10;
  const edges = Array.from({ length: (highest - lowest) / 10 }, (_, index) => lowest + index * 10);
  const step = bin().domain([lowest, highest]).thresholds(edges);
  return step([...savings])
    .map(({ x0 = 0, x1 = 0 }): [number, number] => [x0, x1])
    .reverse();
}

/** @returns what avoiding risky types costs: the median savings of what stays available, against theirs; null if none is avoided */
export function priceCard(types: readonly ShownType[]): Html | null {
  const avoiding: readonly string[] = actionsThat(({ isRisky, keepsOff }) => isRisky && keepsOff);
  const medianOf = (some: readonly ShownType[]) => median(some.flatMap(({ savings }) => savings ?? []));
  const kept = medianOf(types.filter(({ isAvailable }) => isAvailable));
  const excluded = medianOf(
    types.filter(({ action, isAvailable }) => !isAvailable && avoiding.includes(action)),
  );
  if (kept === undefined || excluded === undefined) return null;
  const points = Math.round(excluded) - Math.round(kept);
  const price = points > 0 ? `${points} ${points === 1 ? 'point' : 'points'}` : 'nothing';
  return html`<section class="card"><h3>Price of avoiding risky types</h3><p class="big">${price} <small>of savings: half of the types that stay available save ${Math.round(kept)}% or more over on-demand, half of those avoided ${Math.round(excluded)}%</small></p></section>`;
}
