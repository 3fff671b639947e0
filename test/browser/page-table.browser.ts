import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Pages, startPages, viewport } from './pages.ts';

let pages: Pages;

beforeAll(async () => {
  pages = await startPages(['scene', 'fleet']);
});

afterAll(() => pages[Symbol.asyncDispose]());

test('the table starts with the changes; it can be filtered, sorted and expanded', async () => {
  await pages.open('scene', viewport(1440), async (page) => {
    const rows = page.locator('.decisions tbody tr:visible');
    const output = page.locator('.filters output');
    expect(await rows.count()).toBe(100);
    expect(await rows.locator('.action').allTextContents()).toEqual(
      expect.not.arrayContaining(['none', 'keep', 'covered', 'spare', 'lapse']),
    );
    expect(await output.textContent()).toBe('434 of 1,088 types change');
    await page.getByRole('button', { name: 'Show all 1,088 types' }).click();
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
    for (const [column, cells] of [
      ['Saving', '.saving'],
      ['GiB', '.memory'],
    ] as const) {
      await page.getByRole('button', { name: column }).click();
      const numbers = (await page.locator(`.decisions tbody td${cells}`).allTextContents()).map(
        Number.parseFloat,
      );
      expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
    }
    await page.getByRole('button', { name: 'Type' }).click();
    await page.getByRole('button', { name: 'Type' }).click();
    expect(await page.locator('th[aria-sort=descending]').textContent()).toBe('Type');
    const types = await page.locator('.decisions tbody th').allTextContents();
    expect(types.slice(0, 2)).toEqual(['z1d.xlarge', 'z1d.metal']);
  });
});

test('the search accepts globs, families, architectures, classes, bands and actions, also combined', async () => {
  await pages.open('scene', viewport(1440), async (page) => {
    const rows = page.locator('.decisions tbody tr:visible');
    const found = async (text: string) => {
      await page.getByLabel('Search').fill(text);
      const all = page.getByRole('button', { name: 'Show all' });
      if (await all.isVisible()) await all.click();
      return {
        types: await rows.locator('th').allTextContents(),
        bands: new Set(await rows.locator('.band').allTextContents()),
        actions: new Set(await rows.locator('.action').allTextContents()),
      };
    };
    const families = (types: readonly string[]) => new Set(types.map((type) => type.split('.')[0]));
    expect((await found('m5*.x?arge')).types.toSorted()).toEqual(
      ['m5', 'm5a', 'm5ad', 'm5d', 'm5dn', 'm5n'].map((family) => `${family}.xlarge`).concat('m5zn.xlarge'),
    );
    expect(families((await found('m5')).types)).toEqual(new Set(['m5']));
    expect(families((await found('M5, c5d')).types)).toEqual(new Set(['m5', 'c5d']));
    expect((await found('>20%')).bands).toEqual(new Set(['>20%']));
    expect((await found('spare')).actions).toEqual(new Set(['spare']));
    const arm = families((await found('arm64')).types);
    expect([arm.has('m7g'), arm.has('g5g'), arm.has('m7i')]).toEqual([true, true, false]);
    expect(families((await found('accelerated arm64')).types)).toEqual(new Set(['g5g']));
    expect((await found('metal <5%')).bands).toEqual(new Set(['<5%']));
    expect((await found('never list')).types).toContain('m7g.large');
    expect((await found('(([')).types).toEqual([]);
    expect((await found(`${'*?'.repeat(12)}*!`)).types).toEqual([]);
  });
});

test('choosing a cell of the map, by mouse or keyboard, shows its type in the table', async () => {
  await pages.open('scene', viewport(1440), async (page) => {
    const rows = page.locator('.decisions tbody tr:visible th');
    await page.getByRole('button', { name: /^c5\.large ·/ }).click();
    expect(await rows.allTextContents()).toEqual(['c5.large']);
    expect(await page.evaluate('document.activeElement.name')).toBe('text');
    const map = page.getByRole('group', { name: /^Storage optimized/ });
    await map.locator('[tabindex="0"]').focus();
    const label = () => page.evaluate<string>('document.activeElement.textContent.split(" · ")[0]');
    expect(await map.locator('[tabindex="0"]').count()).toBe(1);
    const first = await label();
    await page.keyboard.press('ArrowDown');
    const below = await label();
    expect([below.split('.')[0], below.split('.')[1]]).not.toEqual(first.split('.'));
    expect(below.split('.')[1]).toBe(first.split('.')[1]);
    await page.keyboard.press('ArrowRight');
    const right = await label();
    expect(right.split('.')[0]).toBe(below.split('.')[0]);
    expect(right).not.toBe(below);
    await page.keyboard.press('Enter');
    expect(await rows.allTextContents()).toEqual([right]);
  });
});

test('the page of a fleet shows the decisions of the chosen cluster, in the table and on the map', async () => {
  await pages.open('fleet', viewport(1440), async (page) => {
    const row = page.locator('.decisions tbody tr', { has: page.getByText('m5.2xlarge', { exact: true }) });
    const cell = page.getByRole('button', { name: /^m5\.2xlarge ·/ });
    expect(await row.locator('.action').textContent()).toBe('add 3, covered 1');
    expect(await cell.locator('use').getAttribute('href')).toBe('#mark-mixed');
    await page.getByRole('combobox', { name: 'Cluster' }).selectOption('production-1');
    expect(await row.locator('.action').textContent()).toBe('covered');
    expect(await row.locator('.reason').textContent()).toMatch(/another owner blacklists it/);
    expect(await row.locator('.action use').getAttribute('href')).toBe('#mark-covered');
    expect(await cell.locator('use').getAttribute('href')).toBe('#mark-covered');
    expect(await page.getByRole('button', { name: /^m5\.2xlarge · .* · covered$/ }).count()).toBe(1);
    expect(await row.isVisible()).toBe(false);
    await page.locator('.decisions').getByLabel('Search').fill('m5.2xlarge');
    expect(await row.isVisible()).toBe(true);
    await page.getByRole('link', { name: 'production-2' }).click();
    expect(await row.locator('.action').textContent()).toBe('add');
    expect(await page.locator('.decisions').getByLabel('Search').inputValue()).toBe('m5.2xlarge');
    await page.getByRole('combobox', { name: 'Cluster' }).selectOption('all 4');
    expect(await row.locator('.action').textContent()).toBe('add 3, covered 1');
    expect(await cell.locator('use').getAttribute('href')).toBe('#mark-mixed');
  });
});
