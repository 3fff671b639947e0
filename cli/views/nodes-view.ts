// The cluster's own Spot nodes as text. Pure: facts in, text out.
import { grouped } from '../../lambda/domain/words.ts';
import type { TypeFacts } from '../page/types.ts';
import type { OwnNodes, Replacement } from './own-nodes.ts';
import type { Look } from './types-list.ts';

/** The length of a bar that stands for all nodes, in characters; less where the terminal is narrow. */
const BAR_LENGTH = 40;

/** @returns lines: a bar by band, what changes for the nodes, and the best types in place of those that are not bought again */
export function viewNodes({ spot, parts, replacements, sentences }: OwnNodes, look: Look): string[] {
  const widthOf = (texts: readonly string[]) => Math.max(...texts.map(({ length }) => length));
  const numbers = widthOf(parts.map(({ nodes }) => grouped(nodes)));
  const labels = widthOf(parts.map(({ label }) => label));
  const length = Math.max(8, Math.min(BAR_LENGTH, look.width - numbers - labels - 9));
  const shown = replacements.slice(0, look.listedTypes);
  const omitted = replacements.length - shown.length;
  return [
    ...parts.map(({ nodes, label, isKeptOff }) => {
      const bar = '█'.repeat(Math.max(1, Math.round((nodes / spot) * length)));
      const start = `    ${grouped(nodes).padStart(numbers)}  ${label.padEnd(labels)}`;
      return `${start}  ${look.style(isKeptOff ? 'red' : 'green', bar)}`;
    }),
    ...sentences.map((sentence) => `  ${sentence}`),
    ...(shown.length > 0 ? ['  In place of the types that are not bought again:'] : []),
    ...shown.map((one) => `    ${replacementInWords(one, look.width - 4)}`),
    ...(shown.length > 0 && omitted > 0 ? [`    … and ${omitted} more types`] : []),
  ];
}

/** @returns a type in use, and as many of the best in its place as fit into so many columns, but one at least */
export function replacementInWords({ type, best }: Replacement, width: number): string {
  const start = `${grouped(type.nodes)} of ${type.instanceType}${inBrackets([type.savings])}: `;
  const [first, ...others] = best.map(inShort);
  if (first === undefined) return `${start}none of the same size is left`;
  return others.reduce((line, next) => {
    const longer = `${line}, ${next}`;
    return longer.length <= width ? longer : line;
  }, start + first);
}

/** @returns `m6a.xlarge (<5%, saves 62%)` */
function inShort({ instanceType, band, savings }: TypeFacts): string {
  return `${instanceType}${inBrackets([savings, band])}`;
}

function inBrackets([savings, band]: readonly (string | number | null | undefined)[]): string {
  const facts = [band, savings === null ? null : `saves ${savings}%`].filter(Boolean);
  return facts.length === 0 ? '' : ` (${facts.join(', ')})`;
}
