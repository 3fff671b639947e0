import { scaleLinear } from 'd3-scale';
import { MACHINE_CLASSES, type MachineClass } from '../../lambda/domain/instance-types/instance-type.ts';
import { type Html, html } from './html.ts';
import type { ShownType } from './region.ts';
import { bySize, shortSize } from './types.ts';

/** How many types of one size there are, and how many of them stay available. */
interface SizeCount {
  readonly size: string;
  readonly total: number;
  readonly free: number;
}

const ROW = 19;
const LEFT = 72;
const BAR = 170;
const WIDTH = 330;

/** What stays available per machine class and size: where a bar is empty, pods that need that size wait. */
export function availabilityCharts(types: readonly ShownType[]): Html {
  const charts = MACHINE_CLASSES.flatMap((machineClass) => {
    const counts = countsOf(types.filter((type) => type.machineClass === machineClass));
    return counts.length === 0 ? [] : [{ machineClass, counts }];
  });
  const most = Math.max(...charts.flatMap(({ counts }) => counts.map(({ total }) => total)));
  return html`<div class="charts">${charts.map(({ machineClass, counts }) => chart(machineClass, counts, most))}</div>`;
}

function countsOf(types: readonly ShownType[]): SizeCount[] {
  return [...Map.groupBy(types, ({ size }) => size)]
    .map(([size, ofSize]) => ({
      size,
      total: ofSize.length,
      free: ofSize.filter(({ isAvailable }) => isAvailable).length,
    }))
    .sort((a, b) => bySize(a.size, b.size));
}

function chart(machineClass: MachineClass, counts: readonly SizeCount[], most: number): Html {
  const width = scaleLinear([0, most], [0, BAR]);
  const height = counts.length * ROW;
  const free = counts.reduce((sum, one) => sum + one.free, 0);
  const starved = counts.filter((one) => one.free === 0).map(({ size }) => size);
  const summary = starved.length === 0 ? 'Every size has some left.' : `None left of ${starved.join(', ')}.`;
  const rows = counts.map(({ size, total, free }, index) => {
    const top = index * ROW + 3;
    const label = free === 0 ? html`<tspan class="starved">none</tspan> of ${total}` : `${free} of ${total}`;
    return html`<text class="label" x="${LEFT - 8}" y="${top + 10}">${shortSize(size)}</text>
<rect x="${LEFT}" y="${top}" width="${width(total)}" height="13" rx="2" fill="url(#hatch)" class="outline"/>
${free > 0 && html`<rect x="${LEFT}" y="${top}" width="${width(free)}" height="13" rx="2" class="free"/>`}
<text class="value" x="${LEFT + width(total) + 7}" y="${top + 10}">${label}</text>`;
  });
  return html`<figure class="chart"><figcaption>${machineClass} <span>${free} types available. ${summary}</span></figcaption>
<svg viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${machineClass}, available by size: ${counts.map(({ size, total, free }) => `${size} ${free} of ${total}`).join('; ')}">${rows}</svg></figure>`;
}
