import { bin, max, median, min } from 'd3-array';
import { scaleLinear } from 'd3-scale';
import { type Html, html } from './html.ts';
import type { ShownType } from './types.ts';

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
  return html`<figure class="chart"><figcaption>Savings over on-demand <span>Half of what is excluded saves ${percent(median(excluded))} or more, half of what is kept ${percent(median(kept))} or more.</span></figcaption>
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

function percent(value: number | undefined): string {
  return value === undefined ? '(nothing)' : `${Math.round(value)}%`;
}
