import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { renderPage } from '../../cli/page/page.ts';
import { readResult } from '../../cli/read-result.ts';
import { fleetOf, hostileResult } from '../support/hostile.ts';
import { runHere } from '../support/run-here.ts';
import { startBrowser } from './browser.ts';
import { startScene } from './scene.ts';

let browser: Browser;
let folder: string;
const urls: Record<'scene' | 'fleet' | 'hostile', string> = { scene: '', fleet: '', hostile: '' };

beforeAll(async () => {
  browser = await startBrowser();
  folder = await mkdtemp(join(tmpdir(), 'browser-'));
  await using sandbox = await startScene();
  const { result } = await runHere(sandbox, { settings: { neverBlacklist: ['m7g.*', 'r7g.*'] } });
  urls.scene = await save('scene', result);
  urls.fleet = await save('fleet', fleetOf(result, 4));
  urls.hostile = await save('hostile', hostileResult());
});

afterAll(async () => {
  await browser?.close();
  await rm(folder, { recursive: true, force: true });
});

async function save(name: string, value: unknown): Promise<string> {
  const { result, problem } = readResult(JSON.parse(JSON.stringify(value)));
  if (result === null) throw new Error(problem);
  const file = join(folder, `${name}.html`);
  await writeFile(file, renderPage(result, new Date()));
  return pathToFileURL(file).href;
}

/** Opens a page, and fails where it complains, or asks anybody for anything. */
async function open(url: string, options: BrowserContextOptions, look: (page: Page) => Promise<void>) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const troubles: string[] = [];
  page.on('console', (message) => troubles.push(`console: ${message.text()}`));
  page.on('pageerror', (error) => troubles.push(`error: ${error.message}`));
  page.on('dialog', (dialog) => troubles.push(`dialog: ${dialog.message()}`));
  page.on('request', (request) => {
    if (request.url() !== url) troubles.push(`request: ${request.url()}`);
  });
  try {
    await page.goto(url);
    await look(page);
    expect(troubles).toEqual([]);
  } finally {
    await context.close();
  }
}

const viewport = (width: number) => ({ viewport: { width, height: 900 } });

describe.for(['scene', 'fleet', 'hostile'] as const)('the page of %s', (name) => {
  test.for([
    [360, 'light'],
    [360, 'dark'],
    [768, 'light'],
    [920, 'light'],
    [1440, 'light'],
    [1440, 'dark'],
  ] as const)('fits into %s pixels, %s', async ([width, colorScheme]) => {
    await open(urls[name], { ...viewport(width), colorScheme }, async (page) => {
      await page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true");
      expect(await overflowing(page, name === 'hostile' ? '.decisions' : '.none-such')).toEqual([]);
      const [ground, text] = await page.evaluate<string[]>(
        '(({ backgroundColor, color }) => [backgroundColor, color])(getComputedStyle(document.body))',
      );
      expect([ground, text]).toEqual(
        colorScheme === 'dark'
          ? ['rgb(16, 21, 28)', 'rgb(232, 237, 243)']
          : ['rgb(246, 247, 249)', 'rgb(23, 32, 43)'],
      );
    });
  });
});

/** What reaches beyond the window, but for what scrolls by itself. As text: it runs in the browser. */
async function overflowing(page: Page, scrolls: string): Promise<string[]> {
  return page.evaluate<string[]>(`(() => {
    const { clientWidth, scrollWidth } = document.documentElement;
    const wide = [...document.querySelectorAll('body *')].filter((element) => {
      if (element.closest('.scroll, .definitions, svg *, ${scrolls}')) return false;
      return element.getBoundingClientRect().right > clientWidth + 1;
    });
    return [...(scrollWidth > clientWidth ? ['the page scrolls'] : []), ...wide.map((one) => one.outerHTML.slice(0, 120))];
  })()`);
}

test('nothing from outside is read as markup or run', async () => {
  await open(urls.hostile, viewport(1440), async (page) => {
    expect(await page.evaluate("'pwned' in window")).toBe(false);
    expect(await page.locator('img, script:not(:last-child), b b, a[href^="javascript"]').count()).toBe(0);
    expect(await page.locator('h2').first().textContent()).toContain('Clusters');
    expect(await page.locator('summary h2').first().textContent()).toContain('<script>window.pwned');
  });
});

test('the table filters, sorts, and shows all', async () => {
  await open(urls.scene, viewport(1440), async (page) => {
    const rows = page.locator('.decisions tbody tr:visible');
    const output = page.locator('.filters output');
    expect(await rows.count()).toBe(100);
    expect(await output.textContent()).toBe('1,088 of 1,088 types');
    await page.getByRole('button', { name: 'Show all 1,088' }).click();
    expect(await rows.count()).toBe(1088);

    await page.getByLabel('Search').fill('r5d.');
    const found = await rows.locator('th').allTextContents();
    expect(found.length).toBeGreaterThan(3);
    expect(found.every((type) => type.startsWith('r5d.'))).toBe(true);
    await page.getByRole('combobox', { name: 'Action' }).selectOption('renew');
    expect(await rows.locator('th').allTextContents()).toEqual(
      expect.arrayContaining(['r5d.xlarge', 'r5d.2xlarge']),
    );
    expect(await output.textContent()).toBe('2 of 1,088 types');
    await page.getByRole('combobox', { name: 'Band' }).selectOption('<5%');
    expect(await page.getByText('No type fits.').isVisible()).toBe(true);

    await page.getByLabel('Search').fill('');
    await page.getByRole('combobox', { name: 'Action' }).selectOption('');
    await page.getByRole('combobox', { name: 'Band' }).selectOption('');
    await page.getByRole('button', { name: 'Saving' }).click();
    const savings = (await page.locator('.decisions tbody td.number').allTextContents()).map(
      Number.parseFloat,
    );
    expect(savings).toEqual(savings.toSorted((a, b) => a - b));
    await page.getByRole('button', { name: 'Type' }).click();
    await page.getByRole('button', { name: 'Type' }).click();
    expect(await page.locator('th[aria-sort=descending]').textContent()).toBe('Type');
    const types = await page.locator('.decisions tbody th').allTextContents();
    expect(types.slice(0, 2)).toEqual(['z1d.xlarge', 'z1d.metal']);
  });
});

test('without scripts the page is complete, but longer', async () => {
  await open(urls.scene, { ...viewport(1440), javaScriptEnabled: false }, async (page) => {
    expect(await page.locator('.decisions tbody tr:visible').count()).toBe(1088);
    expect(await page.locator('.filters').isVisible()).toBe(false);
  });
});

test('the printed page is white, has every decision, and leaves calm types out', async () => {
  await open(urls.scene, { viewport: { width: 1000, height: 900 }, colorScheme: 'dark' }, async (page) => {
    await page.emulateMedia({ media: 'print' });
    expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(255, 255, 255)');
    expect(await page.locator('.decisions tbody tr:visible').count()).toBe(451);
    expect((await page.pdf({ format: 'A4' })).length).toBeGreaterThan(10_000);
  });
});

test.for(['light', 'dark'] as const)('axe finds no barrier in the %s scheme', async (colorScheme) => {
  const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  const context = await browser.newContext({ ...viewport(1440), colorScheme, bypassCSP: true });
  const page = await context.newPage();
  await page.goto(urls.scene);
  await page.evaluate(axe);
  const violations = await page.evaluate<unknown[]>('axe.run().then(({ violations }) => violations)');
  await context.close();
  expect(violations).toEqual([]);
});

test('the map has a text for screen readers', async () => {
  await open(urls.scene, viewport(1440), async (page) => {
    expect(await page.getByRole('img', { name: /^Compute optimized: 28 families by size/ }).count()).toBe(1);
    await page.getByText('The map in words').click();
    const row = page.locator('.words tr', { has: page.getByText('g5g', { exact: true }) });
    expect(await row.textContent()).toContain('covered');
    expect(await page.locator('.words tbody tr').count()).toBe(141);
  });
});
