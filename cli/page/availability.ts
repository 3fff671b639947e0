import { scaleLinear } from 'd3-scale';
import { sizesOf } from '../../lambda/domain/guard-rails/sizes.ts';
import { MACHINE_CLASSES, type MachineClass } from '../../lambda/domain/instance-types/instance-type.ts';
import type { ShownResult } from '../views/read-result.ts';
import { sizeInWords } from '../views/short-of.ts';
import { type Html, html } from './html.ts';
import type { ShownType } from './region.ts';

/** Types that can replace one another, and how many of them stay available. */
interface Count {
  readonly label: string;
  readonly total: number;
  /** In every cluster. */
  readonly free: number;
  /** In the cluster that has the fewest. */
  readonly least: number;
  /** How many should be, in each cluster. */
  readonly floor: number;
}

/** Counts that belong together. */
interface Group {
  readonly title: string;
  /** How many types of all stay available. */
  readonly free: number;
  readonly counts: readonly Count[];
}

const ROW = 19;
const LEFT = 188;
const BAR = 108;
const WIDTH = 364;

/** Beside a chart of more lines than this, two others have room. */
const TALL = 10;

/**
 * What stays available per architecture and common machine size, and of accelerated machines: where a bar is empty, pods that
 * need that size wait.
 *
 * @param types every type of the region
 */
export function availabilityCharts(types: readonly ShownType[], policy: ShownResult['policy']): Html {
  const groups = groupsOf(types, policy?.minTypesPerSize ?? 0);
  const most = Math.max(...groups.flatMap(({ counts }) => counts.map(({ total }) => total)));
  return html`<div class="charts">${groups.map((group) => chart(group, most))}</div>`;
}

function groupsOf(types: readonly ShownType[], minTypesPerSize: number): Group[] {
  // The result says GiB.
  const { sizes } = sizesOf(types.map((type) => ({ ...type, memory: type.memory && type.memory * 1024 })));
  const ofClass = Map.groupBy(types, ({ machineClass }) => machineClass);
  const groups = MACHINE_CLASSES.flatMap((machineClass): Group[] => {
    const some = ofClass.get(machineClass);
    if (some === undefined || isAccelerated(machineClass)) return [];
    const counts = sizes
      .filter(({ architecture }) => architecture === machineClass)
      .map((size) => {
        const members = some.filter(({ instanceType }) => size.members.has(instanceType));
        return countOf(sizeInWords(size), members, minTypesPerSize);
      });
    // So few types make no common size.
    const shown = counts.length > 0 ? counts : [countOf('all sizes', some, minTypesPerSize)];
    return [{ title: machineClass, free: freeOf(some), counts: shown }];
  });
  const accelerated = MACHINE_CLASSES.filter(isAccelerated).flatMap((machineClass) => {
    const some = ofClass.get(machineClass);
    return some === undefined ? [] : [countOf(machineClass.replace(' accelerated', ''), some, 0)];
  });
  if (accelerated.length === 0) return groups;
  const free = accelerated.reduce((sum, one) => sum + one.free, 0);
  return [...groups, { title: 'Accelerated', free, counts: accelerated }];
}

function isAccelerated(machineClass: MachineClass): boolean {
  return machineClass.endsWith(' accelerated');
}

function countOf(label: string, types: readonly ShownType[], floor: number): Count {
  const clusters = types[0]?.inClusters.length ?? 0;
  const inEach = Array.from(
    { length: clusters },
    (_, place) => types.filter(({ inClusters }) => inClusters[place]?.state.isAvailable).length,
  );
  return {
    label,
    total: types.length,
    free: freeOf(types),
    least: Math.min(...inEach),
    // Without a floor, none left is worth a word.
    floor: Math.max(1, Math.min(floor, types.length)),
  };
}

function freeOf(types: readonly ShownType[]): number {
  return types.filter(({ isAvailable }) => isAvailable).length;
}

function chart({ title, free, counts }: Group, most: number): Html {
  const width = scaleLinear([0, most], [0, BAR]);
  const height = counts.length * ROW;
  const rows = counts.map((count, index) => {
    const { label, total } = count;
    const top = index * ROW + 3;
    const number = count.free === 0 ? 'none' : String(count.free);
    const value =
      isShort(count) || count.free === 0 ? html`<tspan class="starved">${number}</tspan>` : number;
    return html`<text class="label" x="${LEFT - 8}" y="${top + 10}">${label}</text>
<rect x="${LEFT}" y="${top}" width="${width(total)}" height="13" rx="2" fill="url(#hatch)" class="outline"/>
${count.free > 0 && html`<rect x="${LEFT}" y="${top}" width="${width(count.free)}" height="13" rx="2" class="free"/>`}
<text class="value" x="${LEFT + width(total) + 7}" y="${top + 10}">${value} of ${total}</text>`;
  });
  return html`<figure class="chart${counts.length > TALL && ' tall'}"><figcaption>${title} <span>${free} types available. ${summary(counts)}</span></figcaption>
<svg viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${title}, available by size: ${counts.map(({ label, total, free: some }) => `${label}: ${some} of ${total}`).join('; ')}">${rows}</svg></figure>`;
}

function isShort({ least, floor }: Count): boolean {
  return least < floor;
}

/** What is short, or that nothing is. */
function summary(counts: readonly Count[]): string {
  const floor = Math.max(...counts.map((count) => count.floor));
  const short = counts
    .filter(isShort)
    .map(
      (count) =>
        `${count.label} (${count.least || 'none'}${count.floor > 1 ? ` of at least ${count.floor}` : ''})`,
    );
  if (short.length > 0) return `Short: ${short.join('; ')}.`;
  if (counts.length === 1) return '';
  return floor > 1 ? `Every size has at least ${floor}.` : 'Every line has some left.';
}
