import { Html, visible } from './html.ts';
import type { ShownRegion, ShownType } from './region.ts';
import { isGood, type State } from './state.ts';

/*
 * The decisions of each cluster, from which the page's script shows a chosen one: JSON in an element that no browser runs.
 * Its texts and states are tables, since most clusters agree about most types.
 */

/** Indices of the texts of action, mark, outcome, time, reason and problem; then 1 or 0 for a change, and for a bad outcome. */
type StateRow = readonly number[];

interface Facts {
  readonly texts: string[];
  readonly states: StateRow[];
  /** All clusters together, then one after another: the state of each type, and the Spot nodes by the type's index. */
  readonly clusters: { readonly states: number[]; readonly nodes: Record<number, number> }[];
}

/** How many problems are told apart: each write can fail for a reason of its own, with the number of its request. */
const MOST_PROBLEMS = 300;

/** @returns the types' states in all clusters, and in each, in the order of the table's rows */
export function factsBlock({ types, known }: ShownRegion): Html {
  const texts = new Table<string>((text) => text);
  const states = new Table<StateRow>((row) => row.join());
  const problems = new Table<string>((text) => text);
  const shown = (problem: string) =>
    problem === '' || problems.indexOf(problem) < MOST_PROBLEMS ? problem : 'the result says why';
  const stateOf = ({ action, mark, outcome, until, reason, problem, isChange }: State) => {
    const words = [action, mark, outcome, until, reason, shown(problem)].map((text) =>
      texts.indexOf(visible(text)),
    );
    return states.indexOf([...words, Number(isChange), Number(!isGood(outcome))]);
  };
  const factsOf = (of: (type: ShownType) => { state: State; nodes: number } | undefined) => {
    const each = types.map((type) => of(type) ?? { state: type, nodes: 0 });
    return {
      states: each.map(({ state }) => stateOf(state)),
      nodes: Object.fromEntries(each.flatMap(({ nodes }, index) => (nodes > 0 ? [[index, nodes]] : []))),
    };
  };
  const clusters = [
    factsOf((type) => ({ state: type, nodes: type.nodes })),
    ...known.map((_, cluster) => factsOf(({ inClusters }) => inClusters[cluster])),
  ];
  return jsonElement({ texts: texts.rows, states: states.rows, clusters } satisfies Facts);
}

/** Rows without duplicates. */
class Table<Row> {
  readonly rows: Row[] = [];
  readonly #places = new Map<string, number>();
  readonly #keyOf: (row: Row) => string;

  constructor(keyOf: (row: Row) => string) {
    this.#keyOf = keyOf;
  }

  indexOf(row: Row): number {
    const key = this.#keyOf(row);
    const place = this.#places.get(key) ?? this.rows.push(row) - 1;
    this.#places.set(key, place);
    return place;
  }
}

/** No text in it can end the element, start a comment or another one, or be a line end to a script. */
function jsonElement(value: unknown): Html {
  const text = JSON.stringify(value).replaceAll(
    /[<>&'\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return new Html(`<script type="application/json" class="facts">${text}</script>`);
}
