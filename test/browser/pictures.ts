// `npm run pictures`: makes the pictures of the documents from the real thing, so that they can be made again.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { equip } from '../../cli/demo/cluster.ts';
import { environmentOf, MAIN } from '../support/cli.ts';
import { startBrowser } from './browser.ts';
import { animation, type Chunk } from './recording.ts';
import { SCENE_FLAGS, startScene } from './scene.ts';

const FOLDER = join(import.meta.dirname, '..', '..', 'docs', 'pictures');
/** Milliseconds that a reader gets for the plan. */
const READING = 3_000;
const SIZE = { columns: 100, rows: 44 };

await mkdir(FOLDER, { recursive: true });
const folder = await mkdtemp(join(tmpdir(), 'pictures-'));
const page = join(folder, 'page.html');
const recorded = await runAtTerminal(page);
const browser = await startBrowser();
for (const scheme of ['light', 'dark'] as const) await takePage(browser, page, scheme);
const title = 'A live run at a terminal: the plan, the prompt, the progress bar, the confirmation';
await writeFile(join(FOLDER, 'terminal.svg'), await animation(browser, recorded, SIZE, title));
await browser.close();
await rm(folder, { recursive: true });

/** What a live run, asked and approved, sends to its terminal. */
async function runAtTerminal(report: string): Promise<Chunk[]> {
  await using sandbox = await startScene();
  equip(sandbox);
  const flags = [...SCENE_FLAGS, '--batch-size', '100', '--report', report]
    .map((word) => `'${word}'`)
    .join(' ');
  const command = `stty cols ${SIZE.columns} rows ${SIZE.rows}; exec '${process.execPath}' '${MAIN}' ${flags}`;
  const env = environmentOf(sandbox, { TERM: 'xterm-256color', BATCH_PAUSE: '1' });
  const child = spawn('script', ['-qefc', command, '/dev/null'], { env });
  const started = performance.now();
  const chunks: Chunk[] = [];
  child.stdout.setEncoding('utf8').on('data', (bytes: string) => {
    chunks.push({ at: Math.round(performance.now() - started), bytes });
  });
  const output = () => chunks.map(({ bytes }) => bytes).join('');
  while (!output().includes('in production?')) await wait(50);
  await wait(READING);
  child.stdin.write('y');
  await once(child, 'close');
  const [first] = chunks;
  return chunks.map(({ at, bytes }) => {
    // Where the page was written is of no interest, nor how long Node.js took to start.
    return { at: at - (first?.at ?? 0), bytes: bytes.replace(report, 'page.html') };
  });
}

async function takePage(browser: Browser, file: string, colorScheme: 'light' | 'dark'): Promise<void> {
  const page = await browser.newPage({ viewport: { width: 1240, height: 900 }, colorScheme });
  await page.goto(pathToFileURL(file).href);
  await page.screenshot({
    path: join(FOLDER, `report-${colorScheme}.png`),
    clip: { x: 0, y: 0, width: 1240, height: 840 },
  });
  await page.close();
}
