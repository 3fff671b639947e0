import { ratioInWords } from '../views/evidence-view.ts';
import { type Html, html } from './html.ts';
import { inlineMark } from './legend.ts';
import type { ShownType } from './region.ts';
import { isGood, NO_ACTION } from './state.ts';
import type { OwnFacts } from './types.ts';

/** The columns that not every result has. */
interface Columns {
  readonly hasSizes: boolean;
  readonly hasOwn: boolean;
  readonly hasNodes: boolean;
  readonly hasOutcomes: boolean;
}

/**
 * Every type with its decision and reason. Without a script it is just long; with one it folds, filters and sorts.
 *
 * @param clusters a choice of cluster, if there are several
 */
export function decisionTable(
  types: readonly ShownType[],
  shades: ReadonlyMap<string, number>,
  clusters: Html | null,
): Html {
  const actions = [...new Set(types.flatMap(actionsOf))];
  const columns = {
    hasSizes: types.some(({ cores, memory }) => cores !== null || memory !== null),
    hasOwn: types.some(({ own }) => own !== null),
    hasNodes: types.some(({ nodes }) => nodes > 0),
    // That all writes were done is said above.
    hasOutcomes: types.some(({ outcome }) => !['', 'succeeded'].includes(outcome)),
  };
  const names = [
    'Type',
    ...(columns.hasSizes ? ['vCPUs', 'GiB'] : []),
    'Band',
    'Saving',
    ...(columns.hasOwn ? ['Own ratio'] : []),
    ...(columns.hasNodes ? ['Spot nodes'] : []),
    'Action',
    ...(columns.hasOutcomes ? ['Outcome'] : []),
    'Until (UTC)',
    'Reason',
  ];
  return html`<div class="decisions">
<form class="filters" hidden>${clusters}<label class="search">Search <input type="search" name="text" placeholder="m5.*, arm64, spare …" title="Words that must all fit; commas between alternatives. A word is a glob, a family, an architecture, a class, a band, an action, or a part of a name or reason." autocomplete="off"></label>
${select('action', 'Action', actions)}${select('band', 'Band', [...shades.keys()])}<output aria-live="polite"></output></form>
<table><thead><tr>${names.map((name) => html`<th scope="col" aria-sort="none">${name}</th>`)}</tr></thead>
<tbody>${types.map((type) => row(type, shades, columns))}</tbody></table>
<p class="none" hidden></p><p><button class="all" type="button" hidden>Show all</button></p></div>`;
}

function actionsOf({ action, inClusters }: ShownType): string[] {
  return inClusters.length > 1 ? inClusters.map(({ state }) => state.action) : [action];
}

function select(name: string, label: string, values: readonly string[]): Html {
  const options = values.map((value) => html`<option value="${value}">${value}</option>`);
  return html`<label>${label} <select name="${name}"><option value="">all</option>${options}</select></label>`;
}

function row(type: ShownType, shades: ReadonlyMap<string, number>, columns: Columns): Html {
  const { instanceType, machineClass, cores, memory, band, savings, own, nodes } = type;
  const { action, mark, outcome, until, reason, problem, isChange } = type;
  const shade = shades.get(band ?? '') ?? -1;
  const state = isChange ? 'change' : action === NO_ACTION ? 'calm' : '';
  // What a printed page lists.
  const kind = nodes > 0 || action.includes('spare') ? `${state} notable` : state;
  return html`<tr class="${kind}" data-class="${machineClass}"><th scope="row">${instanceType}</th>
${columns.hasSizes && [amount('cores', cores), amount('memory', memory)]}
<td data-v="${shade}"><span class="band ${shade >= 0 && `b${shade}`}">${band ?? '–'}</span></td>
<td class="number saving" data-v="${savings ?? -999}">${savings === null ? '–' : `${savings}%`}</td>
${columns.hasOwn && html`<td class="number own" data-v="${own?.ratio ?? -1}">${own === null ? '–' : ownFigures(own)}</td>`}
${columns.hasNodes && html`<td class="number nodes" data-v="${nodes}">${nodes || '–'}</td>`}
<td class="action">${inlineMark(mark)}${action}</td>
${columns.hasOutcomes && html`<td class="outcome ${isGood(outcome) ? '' : 'bad'}">${outcome || '–'}</td>`}
<td class="until" data-v="${until}">${until || '–'}</td>
<td class="reason">${reason}${problem && html` <strong>${problem}</strong>`}</td></tr>`;
}

function ownFigures({ hours, interruptions, ratio }: OwnFacts): Html {
  const count = (value: number) => value.toLocaleString('en');
  return html`${ratioInWords(ratio)} <small>${count(interruptions)} in ${count(hours)} h</small>`;
}

function amount(name: string, value: number | null): Html {
  return value === null
    ? html`<td class="number ${name}" data-v="-1">–</td>`
    : html`<td class="number ${name}">${value}</td>`;
}

/** @returns the reason that all types with a change share; null if there is none */
export function commonReason(types: readonly ShownType[]): string | null {
  const [first, ...others] = new Set(types.filter(({ isChange }) => isChange).map(({ reason }) => reason));
  return first !== undefined && others.length === 0 ? first : null;
}

/** @returns the types without this reason, in all of the clusters: it is said above them */
export function withoutReason(types: readonly ShownType[], said: string | null): ShownType[] {
  const without = <T extends { readonly reason: string }>(state: T): T =>
    state.reason === said ? { ...state, reason: '' } : state;
  return types.map((type) => {
    const inClusters = type.inClusters.map((one) => ({ ...one, state: without(one.state) }));
    return { ...without(type), inClusters };
  });
}

/** How many types change, and how many do not; for a single cluster by action. */
export function composition(types: readonly ShownType[]): string {
  const part = (name: string, isChange: boolean) => {
    const of = types.filter((type) => type.isChange === isChange);
    const counts = [...Map.groupBy(of, ({ action }) => action)].map(
      ([action, same]) => `${action} ${same.length}`,
    );
    const isFleet = of.some(({ inClusters }) => inClusters.length > 1);
    const detail = of.length === 0 || isFleet ? '' : ` (${counts.join(', ')})`;
    return `${name}: ${of.length.toLocaleString('en')}${detail}.`;
  };
  return `${part('Types with a change', true)} ${part('Without', false)}`;
}
