import { type Html, html } from './html.ts';
import { inlineMark, markOf } from './legend.ts';
import type { ShownType } from './types.ts';

const ACTION_OF_CALM = 'none';

/** No action, and those that need no attention. */
const GOOD_OUTCOMES = ['', 'succeeded', 'postponed'];

/** Every type with its decision and reason. Without a script it is just long; with one it filters and sorts. */
export function decisionTable(
  types: readonly ShownType[],
  shades: ReadonlyMap<string, number>,
  threshold: number | null,
): Html {
  const actions = [...new Set(types.map(actionOf))];
  const bands = [...shades.keys()];
  const written = types.some(({ decision }) => decision?.outcome);
  const inUse = types.some(({ decision }) => decision?.nodes);
  const nodesOf = ({ decision }: ShownType) => decision?.nodes ?? 0;
  const inUseFirst = types.toSorted((a, b) => nodesOf(b) - nodesOf(a));
  const columns = [
    'Type',
    'Band',
    'Saving',
    ...(inUse ? ['Spot nodes'] : []),
    'Action',
    ...(written ? ['Outcome'] : []),
    'Until (UTC)',
    'Reason',
  ];
  return html`<div class="decisions">
<form class="filters" hidden><label>Search <input type="search" name="text" placeholder="m5, metal, floor …" autocomplete="off"></label>
${select('action', 'Action', actions)}${select('band', 'Band', bands)}<output aria-live="polite"></output></form>
<table><thead><tr>${columns.map((column) => html`<th scope="col" aria-sort="none">${column}</th>`)}</tr></thead>
<tbody>${inUseFirst.map((type) => row(type, shades, threshold, { written, inUse }))}</tbody></table>
<p class="none" hidden>No type fits.</p><p><button class="all" type="button" hidden>Show all</button></p></div>`;
}

function select(name: string, label: string, values: readonly string[]): Html {
  const options = values.map((value) => html`<option value="${value}">${value}</option>`);
  return html`<label>${label} <select name="${name}"><option value="">all</option>${options}</select></label>`;
}

function actionOf({ decision }: ShownType): string {
  return decision?.action ?? ACTION_OF_CALM;
}

function row(
  type: ShownType,
  shades: ReadonlyMap<string, number>,
  threshold: number | null,
  { written, inUse }: { readonly written: boolean; readonly inUse: boolean },
): Html {
  const { instanceType, band, savings, decision } = type;
  const mark = markOf(type);
  const shade = shades.get(band ?? '') ?? -1;
  const until = decision?.expiresAt ?? null;
  const outcome = decision?.outcome ?? '';
  return html`<tr class="${decision === null ? 'calm' : ''}"><th scope="row">${instanceType}</th>
<td data-v="${shade}"><span class="band b${Math.max(shade, 0)}">${band ?? '–'}</span></td>
<td class="number" data-v="${savings ?? -999}">${savings === null ? '–' : `${savings}%`}</td>
${inUse && html`<td class="number nodes" data-v="${decision?.nodes ?? 0}">${decision?.nodes || '–'}</td>`}
<td class="action">${mark && inlineMark(mark)}${actionOf(type)}</td>
${written && html`<td class="outcome ${GOOD_OUTCOMES.includes(outcome) ? '' : 'bad'}">${outcome || '–'}</td>`}
<td class="until" data-v="${until ?? ''}">${until === null ? '–' : until.slice(0, 16).replace('T', ' ')}</td>
<td class="reason">${reasonOf(type, threshold)}${decision?.problem && html` <strong>${decision.problem}</strong>`}</td></tr>`;
}

function reasonOf({ decision, isAvailable, band, savings }: ShownType, threshold: number | null): string {
  if (decision !== null) return decision.reason;
  if (!isAvailable) return 'calm, but another owner blacklists it';
  if (band?.startsWith('<') && savings === 0)
    return 'no evidence: never interrupted and no saving is what the feed says of types it knows nothing about';
  return threshold === null ? 'calm' : `calm: ${band} is within the tolerated ${threshold}%`;
}
