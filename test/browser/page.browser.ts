import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Pages, startPages, viewport } from './pages.ts';

let pages: Pages;

beforeAll(async () => {
  pages = await startPages(['scene', 'fleet', 'refused', 'evidence', 'hostile']);
});

afterAll(() => pages[Symbol.asyncDispose]());

/** Their table of decisions may scroll by itself. */
const WIDE = ['evidence', 'hostile'];

describe.for(['scene', 'fleet', 'refused', 'evidence', 'hostile'] as const)('the page of %s', (name) => {
  test.for([
    [360, 'light'],
    [360, 'dark'],
    [768, 'light'],
    [920, 'light'],
    [1440, 'light'],
    [1440, 'dark'],
  ] as const)('fits into %s pixels, %s', async ([width, colorScheme]) => {
    await pages.open(name, { ...viewport(width), colorScheme }, async (page) => {
      await page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true");
      expect(await overflowing(page, WIDE.includes(name) ? '.decisions' : '.none-such')).toEqual([]);
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

test('untrusted text is neither parsed as markup nor executed', async () => {
  await pages.open('hostile', viewport(1440), async (page) => {
    expect(await page.evaluate("'pwned' in window")).toBe(false);
    expect(await page.locator('img, b b, a[href^="javascript"]').count()).toBe(0);
    expect(await page.locator('script').count()).toBe(4);
    expect(await page.locator('h2').first().textContent()).toContain('Clusters');
    expect(await page.locator('h2').nth(1).textContent()).toContain('<script>window.pwned');
    // The page's script shows them too.
    await page.getByRole('combobox', { name: 'Cluster' }).selectOption({ index: 2 });
    expect(await page.locator('td.reason').first().textContent()).toContain('<script>window.pwned');
    expect(await page.evaluate("'pwned' in window")).toBe(false);
  });
});

test('without scripts, the page is complete, but longer', async () => {
  await pages.open('scene', { ...viewport(1440), javaScriptEnabled: false }, async (page) => {
    expect(await page.locator('.decisions tbody tr:visible').count()).toBe(1088);
    expect(await page.locator('.filters').isVisible()).toBe(false);
  });
});

test('the printed page is white, and lists the types that are in use or kept available', async () => {
  await pages.open('scene', { viewport: { width: 1000, height: 900 }, colorScheme: 'dark' }, async (page) => {
    await page.emulateMedia({ media: 'print' });
    expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(255, 255, 255)');
    const actions = await page.locator('.decisions tbody tr:visible .action').allTextContents();
    expect(new Set(actions)).toEqual(new Set(['spare']));
  });
});

test.for(['scene', 'evidence'] as const)('the page of %s prints on two sheets', async (name) => {
  await pages.open(name, viewport(1000), async (page) => {
    const sheets = (await page.pdf({ format: 'A4' })).toString('latin1').match(/\/Type\s*\/Page\b/g);
    expect(sheets?.length).toBeOneOf([1, 2]);
  });
});

describe.for(['scene', 'fleet', 'refused', 'evidence'] as const)(
  'axe finds no barrier in the page of %s',
  (name) => {
    const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
    test.for(['light', 'dark'] as const)('in the %s scheme', async (colorScheme) => {
      const context = await pages.browser.newContext({ ...viewport(1440), colorScheme, bypassCSP: true });
      const page = await context.newPage();
      await page.goto(pages.urlOf(name));
      await page.evaluate(axe);
      const violations = await page.evaluate<unknown[]>('axe.run().then(({ violations }) => violations)');
      await context.close();
      expect(violations).toEqual([]);
    });
  },
);

test('the map has a text alternative for screen readers', async () => {
  await pages.open('scene', viewport(1440), async (page) => {
    expect(await page.getByRole('group', { name: /^Compute optimized: 28 families by size/ }).count()).toBe(
      1,
    );
    await page.getByText('The map in words').click();
    const row = page.locator('.words tr', { has: page.getByText('g5g', { exact: true }) });
    expect(await row.textContent()).toContain('covered');
    expect(await page.locator('.words tbody tr').count()).toBe(141);
  });
});
