import { max } from 'd3-array';
import { scaleBand, scaleLinear } from 'd3-scale';
import type { ShownResult } from '../views/read-result.ts';
import { type Html, html } from './html.ts';

/** Pixels. */
const WIDTH = 640;
const HEIGHT = 130;
const LEFT = 40;
const BOTTOM = 18;

type Day = NonNullable<ShownResult['evidence']>['days'][number];

/** Whether it helps: own interruptions, day by day, of types that are kept off and of all others, as far as there are any. */
export function ownChart({ evidence }: ShownResult): Html | null {
  const days = evidence?.days ?? [];
  if (days.length === 0) return null;
  const highest = max(days, (day) => Math.max(rateOf(day.keptOff), rateOf(day.others))) || 1;
  const x = scaleBand(
    days.map(({ day }) => day),
    [LEFT, WIDTH],
  ).padding(0.2);
  const y = scaleLinear([0, highest], [HEIGHT, 8]).nice();
  const half = x.bandwidth() / 2;
  const bars = days.map(({ day, keptOff, others }) => {
    const left = x(day) ?? 0;
    const bar = (part: Day['others'], at: number, look: Html) =>
      html`<rect x="${at.toFixed(1)}" y="${y(rateOf(part)).toFixed(1)}" width="${half.toFixed(1)}" height="${(HEIGHT - y(rateOf(part))).toFixed(1)}" ${look}/>`;
    return [
      bar(keptOff, left, html`fill="url(#hatch)" class="outline"`),
      bar(others, left + half, html`class="free"`),
    ];
  });
  const [first, last] = [days[0]?.day ?? '', days.at(-1)?.day ?? ''];
  const ticks = y
    .ticks(3)
    .map((tick) => html`<text class="value end" x="${LEFT - 6}" y="${y(tick) + 4}">${String(tick)}</text>`);
  return html`<section><h2 id="own-interruptions">Own interruptions</h2><p class="lead">${inWords(days)}</p>
<figure class="chart"><figcaption>Interrupted machines per 1,000 of your own machine-hours <span>By day. Hatched: types that are kept off now, which ran until they were, or still do; full: all others.</span></figcaption>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT + BOTTOM}" width="${WIDTH}" height="${HEIGHT + BOTTOM}" role="img" aria-label="${inWords(days)}">${ticks}${bars}
<text class="value" x="${LEFT}" y="${HEIGHT + 14}">${first}</text><text class="value end" x="${WIDTH}" y="${HEIGHT + 14}">${last}</text></svg></figure></section>`;
}

function inWords(days: readonly Day[]): string {
  const sum = (part: 'keptOff' | 'others') => ({
    hours: days.reduce((total, day) => total + day[part].hours, 0),
    machines: days.reduce((total, day) => total + day[part].machines, 0),
  });
  const said = (part: 'keptOff' | 'others') => {
    const { hours, machines } = sum(part);
    return hours === 0
      ? 'no machine-hours'
      : `${rateOf({ hours, machines }).toFixed(2)} per 1,000 machine-hours (${machines.toLocaleString('en')} in ${hours.toLocaleString('en')})`;
  };
  return `In ${days.length} days, machines of types that are kept off now were interrupted ${said('keptOff')}; of all others, ${said('others')}.`;
}

function rateOf({ hours, machines }: Day['others']): number {
  return hours === 0 ? 0 : (machines / hours) * 1000;
}
