import {
  type Symbol as Shape,
  type SymbolType,
  symbol,
  symbolCircle,
  symbolDiamond2,
  symbolPlus,
  symbolSquare,
  symbolSquare2,
  symbolStar,
  symbolTimes,
  symbolTriangle2,
  symbolWye,
} from 'd3-shape';
import { ACTIONS } from '../../lambda/domain/decision.ts';
import { type Html, html } from './html.ts';
import type { ShownType } from './region.ts';
import { MIXED, OTHERS } from './state.ts';
import { calmestFirst, lowerEdge } from './types.ts';

/*
 * How a band and an action look. Bands are shades whose lightness alone tells them apart; actions are marks whose form
 * does: neither needs colour vision.
 */

/** How many shades the style sheet has. */
const SHADES = 5;

/** The forms of the marks; a line is drawn without filling. */
const SHAPES = {
  plus: { form: symbolPlus, isLine: true },
  triangle: { form: symbolTriangle2, isLine: true },
  circle: { form: symbolCircle, isLine: false },
  square: { form: symbolSquare, isLine: false },
  diamond: { form: symbolDiamond2, isLine: true },
  wye: { form: symbolWye, isLine: false },
  cross: { form: symbolTimes, isLine: true },
} as const;

interface Mark {
  readonly form: SymbolType;
  readonly isLine: boolean;
  readonly meaning: string;
}

/** What marks a type on the map, and what it means in the plan, carried out or not; in the order of the legend. */
const MARKS: Readonly<Record<string, Mark>> = {
  ...Object.fromEntries(
    Object.entries(ACTIONS).map(([action, { mark, words }]) => [
      action,
      { ...SHAPES[mark], meaning: `${action}: ${words}` },
    ]),
  ),
  [OTHERS]: {
    form: symbolSquare2,
    isLine: true,
    meaning: 'not decided here, but blacklisted by another owner',
  },
  [MIXED]: { form: symbolStar, isLine: true, meaning: 'differs between the clusters' },
};

/** Square pixels of a mark. */
const MARK_AREA = 22;

/** How many percent a shade stands for; the last one for everything above. */
const PERCENT_PER_SHADE = 5;

/** @returns the shade of each band, from 0 to 4, lowest first; a band has the same one on every page */
export function shadesOf(bands: readonly string[]): Map<string, number> {
  const sorted = calmestFirst([...new Set(bands)]);
  return new Map(
    sorted.map((band) => {
      const shade = Math.round(Math.max(lowerEdge(band), 0) / PERCENT_PER_SHADE);
      return [band, Math.min(shade, SHADES - 1)];
    }),
  );
}

/** The marks and patterns that every drawing of the page refers to. */
export function definitions(): Html {
  const shapes = Object.entries(MARKS).map(([name, { form, isLine }]) => {
    const drawn: Shape<unknown, unknown> = symbol(form, MARK_AREA).digits(1);
    return html`<path id="mark-${name}" class="${isLine ? 'mark line' : 'mark'}" d="${drawn()}"/>`;
  });
  return html`<svg class="definitions" width="0" height="0" aria-hidden="true"><defs>${shapes}<pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="hatch-ground" width="5" height="5"/><rect class="hatch-line" width="2" height="5"/></pattern></defs></svg>`;
}

/** A mark within a line of text. */
export function inlineMark(name: string): Html | null {
  if (!Object.hasOwn(MARKS, name)) return null;
  return html`<svg class="inline-mark" viewBox="-7 -7 14 14" aria-hidden="true"><use href="#mark-${name}"/></svg>`;
}

/** The legend of the map: every band, and those marks that occur. */
export function legend(
  shades: ReadonlyMap<string, number>,
  risky: readonly string[],
  types: readonly ShownType[],
): Html {
  const marks = new Set(
    types.flatMap(({ mark, inClusters }) => [mark, ...inClusters.map(({ state }) => state.mark)]),
  );
  const bands = [...shades].map(([band, shade]) => {
    const note = risky.includes(band) ? ' risky' : '';
    return html`<li><svg class="swatch" viewBox="0 0 14 14" aria-hidden="true"><rect class="cell b${shade}" width="14" height="14" rx="2"/></svg>${band}${note}</li>`;
  });
  const actions = Object.entries(MARKS)
    .filter(([name]) => marks.has(name))
    .map(([name, { meaning }]) => html`<li>${inlineMark(name)}${meaning}</li>`);
  return html`<div class="legend"><ul aria-label="AWS's bands: how often Spot took machines back">${bands}</ul><ul aria-label="Marks">${actions}<li><svg class="swatch" viewBox="0 0 14 14" aria-hidden="true"><rect class="cell b0" width="14" height="14" rx="2"/></svg>no mark: calm, and available</li></ul></div>`;
}
