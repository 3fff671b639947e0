// `npm run pictures`: makes the pictures of the documents from the real thing, so that they can be made again.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { environmentOf, MAIN } from '../support/cli.ts';
import { startBrowser } from './browser.ts';
import { SCENE_FLAGS, startScene } from './scene.ts';

const FOLDER = join(import.meta.dirname, '..', '..', 'docs', 'pictures');
const SIZE = { columns: 112, rows: 27 };

await mkdir(FOLDER, { recursive: true });
const folder = await mkdtemp(join(tmpdir(), 'pictures-'));
const page = join(folder, 'page.html');
const screen = await runAtTerminal(page);
const browser = await startBrowser();
for (const scheme of ['light', 'dark'] as const) await takePage(browser, page, scheme);
await takeTerminal(browser, screen);
await browser.close();
await rm(folder, { recursive: true });

/** Everything that a live run, asked and approved, sends to its terminal. */
async function runAtTerminal(report: string): Promise<string> {
  await using sandbox = await startScene();
  const flags = [...SCENE_FLAGS, '--batch-size', '100', '--report', report]
    .map((word) => `'${word}'`)
    .join(' ');
  const command = `stty cols ${SIZE.columns} rows ${SIZE.rows}; exec '${process.execPath}' '${MAIN}' ${flags}`;
  const env = environmentOf(sandbox, { TERM: 'xterm-256color', BATCH_PAUSE: '1' });
  const child = spawn('script', ['-qefc', command, '/dev/null'], { env });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk;
  });
  while (!output.includes('in production?')) await wait(50);
  await wait(500);
  child.stdin.write('y');
  await once(child, 'close');
  // Where the page was written is nobody's business.
  return output.replace(report, 'page.html');
}

async function takePage(browser: Browser, file: string, colorScheme: 'light' | 'dark'): Promise<void> {
  const page = await browser.newPage({ viewport: { width: 1240, height: 900 }, colorScheme });
  await page.goto(pathToFileURL(file).href);
  await page.screenshot({
    path: join(FOLDER, `report-${colorScheme}.png`),
    clip: { x: 0, y: 0, width: 1240, height: 840 },
  });
  if (colorScheme === 'dark') return page.close();
  const map = page.locator('section:has(> .maps)');
  const box = await map.boundingBox();
  if (box === null) throw new Error('The page has no map.');
  const around = { x: 0, y: box.y - 20, width: 1240, height: 800 };
  await page.screenshot({ path: join(FOLDER, 'map.png'), clip: around, fullPage: true });
  await page.close();
}

/** Shows the bytes in a terminal emulator, as a terminal would. */
async function takeTerminal(browser: Browser, bytes: string): Promise<void> {
  const { resolve } = createRequire(import.meta.url);
  const script = await readFile(resolve('@xterm/xterm/lib/xterm.js'), 'utf8');
  const style = await readFile(resolve('@xterm/xterm/css/xterm.css'), 'utf8');
  const page = await browser.newPage({ viewport: { width: 1100, height: 900 } });
  await page.setContent(
    '<body style="margin:0"><div id="terminal" style="display:inline-block;padding:14px;background:#14191f"></div>',
  );
  await page.addStyleTag({ content: style });
  await page.addScriptTag({ content: script });
  const options = {
    cols: SIZE.columns,
    rows: SIZE.rows,
    fontSize: 15,
    fontFamily: 'DejaVu Sans Mono, monospace',
    theme: { background: '#14191f' },
    cursorInactiveStyle: 'none',
  };
  await page.evaluate(`new Promise((done) => {
    const terminal = new Terminal(${JSON.stringify(options)});
    terminal.open(document.getElementById('terminal'));
    terminal.write(${JSON.stringify(bytes)}, done);
  })`);
  await wait(300);
  await page.locator('#terminal').screenshot({ path: join(FOLDER, 'terminal.png') });
  await page.close();
}
