// An animated SVG of a terminal's output: each distinct row is drawn once, and each screen shows its rows for its time.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Browser } from 'playwright-core';

/** What a terminal received, and when. */
export interface Chunk {
  /** Milliseconds since the start. */
  readonly at: number;
  readonly bytes: string;
}

/** Characters of one look. */
interface Run {
  readonly text: string;
  readonly column: number;
  /** A colour of the palette, or null for the usual one. */
  readonly colour: number | null;
  readonly isBold: boolean;
  readonly isInverse: boolean;
}
type Screen = readonly (readonly Run[])[];

interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** Pixels of a character. */
const WIDTH = 8.4;
const HEIGHT = 18;
const MARGIN = 14;
/** Milliseconds: shorter screens cannot be read, and the last one stays. */
const SHORTEST = 80;
const LAST = 4_000;

const BACKGROUND = '#14191f';
const TEXT = '#e6e6e6';
/** The terminal's first sixteen colours. */
const PALETTE = [
  ...['#5c6370', '#f47067', '#8ddb8c', '#e3b341', '#6cb6ff', '#dcbdfb', '#76e3ea', '#e6e6e6'],
  ...['#768390', '#ff938a', '#b4f1b4', '#f2cc60', '#96d0ff', '#eedcff', '#a5f3f7', '#ffffff'],
];

/** @returns the animation, which stands still at its end where a reader prefers reduced motion */
export async function animation(
  browser: Browser,
  chunks: readonly Chunk[],
  size: Size,
  title: string,
): Promise<string> {
  const frames = merged(await screensOf(browser, chunks, size));
  const total = (frames.at(-1)?.at ?? 0) + LAST;
  const rows = new Map<string, string>();
  const drawn = frames.map(({ screen }, frame) => {
    const uses = screen.map((row, line) => {
      const content = row.map(spanOf).join('');
      if (content === '') return '';
      const id = rows.get(content) ?? `r${rows.size}`;
      rows.set(content, id);
      return `<use href="#${id}" y="${line * HEIGHT}"/>`;
    });
    return `<g class="s s${frame}">${uses.join('')}</g>`;
  });
  const percent = (time: number) => `${((time / total) * 100).toFixed(3)}%`;
  const keyframes = frames.map(({ at }, frame) => {
    const end = frames[frame + 1]?.at ?? total;
    const before = at === 0 ? '' : '0%{opacity:0}';
    const after = end === total ? '' : `${percent(end)}{opacity:0}`;
    return `@keyframes s${frame}{${before}${percent(at)}{opacity:1}${after}}.s${frame}{animation-name:s${frame}}`;
  });
  const [width, height] = [size.columns * WIDTH + 2 * MARGIN, size.rows * HEIGHT + 2 * MARGIN];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(title)}">
<style>text{font:14px/1 'DejaVu Sans Mono',Menlo,Consolas,monospace;fill:${TEXT};white-space:pre}.b{font-weight:bold}.s{opacity:0;animation:${total}ms steps(1) infinite}
${PALETTE.map((colour, index) => `.c${index}{fill:${colour}}`).join('')}
${keyframes.join('\n')}
@media (prefers-reduced-motion:reduce){.s{animation:none}.s${frames.length - 1}{opacity:1}}</style>
<defs>${[...rows].map(([content, id]) => `<text id="${id}" y="14">${content}</text>`).join('\n')}</defs>
<rect width="100%" height="100%" rx="8" fill="${BACKGROUND}"/><g transform="translate(${MARGIN},${MARGIN})">
${drawn.join('\n')}
</g></svg>
`;
}

function spanOf({ text, column, colour, isBold, isInverse }: Run): string {
  const classes = [isBold && 'b', colour !== null && `c${colour}`].filter(Boolean).join(' ');
  const shown = isInverse ? text.replaceAll(' ', '█') : text;
  const looks = classes === '' ? '' : ` class="${classes}"`;
  return `<tspan x="${(column * WIDTH).toFixed(1)}"${looks}>${escaped(shown)}</tspan>`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}

/** Screens that change faster than a reader sees become one. */
function merged(screens: readonly { at: number; screen: Screen }[]) {
  const kept: { at: number; screen: Screen; text: string }[] = [];
  for (const { at, screen } of screens) {
    const text = JSON.stringify(screen);
    const last = kept.at(-1);
    if (last?.text === text) continue;
    if (last !== undefined && at - last.at < SHORTEST) kept[kept.length - 1] = { at: last.at, screen, text };
    else kept.push({ at, screen, text });
  }
  return kept;
}

/** What a terminal emulator shows after each chunk. */
async function screensOf(browser: Browser, chunks: readonly Chunk[], { columns, rows }: Size) {
  const { resolve } = createRequire(import.meta.url);
  const page = await browser.newPage();
  await page.addScriptTag({ content: await readFile(resolve('@xterm/xterm/lib/xterm.js'), 'utf8') });
  const screens: { at: number; screen: Screen }[] = await page.evaluate(`(async () => {
    const terminal = new Terminal(${JSON.stringify({ cols: columns, rows, allowProposedApi: true })});
    const screens = [];
    for (const { at, bytes } of ${JSON.stringify(chunks)}) {
      await new Promise((done) => terminal.write(bytes, done));
      const { active } = terminal.buffer;
      const screen = [];
      for (let line = 0; line < ${rows}; line += 1) {
        const row = active.getLine(active.viewportY + line);
        const runs = [];
        for (let column = 0; row && column < ${columns}; column += 1) {
          const cell = row.getCell(column);
          const look = {
            colour: cell.isFgPalette() && cell.getFgColor() < 16 ? cell.getFgColor() : null,
            isBold: cell.isBold() !== 0,
            isInverse: cell.isInverse() !== 0,
          };
          const text = cell.getChars() || (cell.getWidth() === 0 ? '' : ' ');
          const last = runs.at(-1);
          if (last && last.colour === look.colour && last.isBold === look.isBold && last.isInverse === look.isInverse)
            last.text += text;
          else runs.push({ text, column, ...look });
        }
        screen.push(runs.map((run) => run.isInverse ? run : { ...run, text: run.text.trimEnd() }).filter(({ text }) => text !== ''));
      }
      screens.push({ at, screen });
    }
    return screens;
  })()`);
  await page.close();
  return screens;
}
