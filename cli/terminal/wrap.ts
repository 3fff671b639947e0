import { wrapAnsi } from 'fast-wrap-ansi';

/** What tables are drawn with: their lines are left alone. */
const FRAME = /^[┌│├└]/;

/**
 * Breaks lines that are too long between words, and indents what follows. A word that is too long by itself, such as a
 * path, is left to the terminal, so that it can be copied.
 *
 * @param width in columns; wide characters count as two, styles as none
 */
export function wrap(text: string, width: number): string {
  if (width === Number.POSITIVE_INFINITY) return text;
  return text
    .split('\n')
    .map((line) => (FRAME.test(line) ? line : wrapLine(line, width)))
    .join('\n');
}

function wrapLine(line: string, width: number): string {
  const [indent = ''] = /^ */.exec(line) ?? [];
  const [first = '', ...rest] = wrapAnsi(line.slice(indent.length), width - indent.length).split('\n');
  if (rest.length === 0) return line;
  const hanging = `${indent}  `;
  // What does not fit on the first line has less space.
  const others = wrapAnsi(rest.join(' '), width - hanging.length).split('\n');
  return [indent + first, ...others.map((other) => hanging + other)].join('\n');
}
