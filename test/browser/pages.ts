import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { expect } from 'vitest';
import { renderPage } from '../../cli/page/page.ts';
import { readResult } from '../../cli/read-result.ts';
import { hostileResult } from '../support/hostile.ts';
import { FLEET, runHere } from '../support/run-here.ts';
import { startBrowser } from './browser.ts';
import { growFleet, startScene } from './scene.ts';

const RESULTS = {
  scene: async () => {
    await using sandbox = await startScene();
    return (await runHere(sandbox, { settings: { neverBlacklist: ['m7g.*', 'r7g.*'] } })).result;
  },
  fleet: async () => {
    await using sandbox = await startScene();
    growFleet(sandbox, 4);
    return (await runHere(sandbox, { secret: FLEET, payload: { dryRun: true } })).result;
  },
  refused: async () => {
    await using sandbox = await startScene();
    const settings = { interruptionThreshold: 0, minTypesPerArchitecture: 0, minFamiliesPerArchitecture: 0 };
    return (await runHere(sandbox, { settings: { ...settings, minTypesPerTemplate: 0 } })).result;
  },
  hostile: async () => hostileResult(),
};

export type PageName = keyof typeof RESULTS;

export const viewport = (width: number) => ({ viewport: { width, height: 900 } });

/** Report pages of several results, in a browser. */
export class Pages implements AsyncDisposable {
  readonly browser: Browser;
  readonly #folder: string;

  /** Use {@link startPages}. */
  constructor(browser: Browser, folder: string) {
    this.browser = browser;
    this.#folder = folder;
  }

  urlOf(name: PageName): string {
    return pathToFileURL(join(this.#folder, `${name}.html`)).href;
  }

  /** Opens a page, and fails where it complains, or asks anybody for anything. */
  async open(name: PageName, options: BrowserContextOptions, look: (page: Page) => Promise<void>) {
    const url = this.urlOf(name);
    const context = await this.browser.newContext(options);
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

  async [Symbol.asyncDispose](): Promise<void> {
    await this.browser.close();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** Makes pages, and starts a browser for them. */
export async function startPages(names: readonly PageName[]): Promise<Pages> {
  const folder = await mkdtemp(join(tmpdir(), 'browser-'));
  for (const name of names) {
    const { result, problem } = readResult(JSON.parse(JSON.stringify(await RESULTS[name]())));
    if (result === null) throw new Error(problem);
    await writeFile(join(folder, `${name}.html`), renderPage(result, new Date()));
  }
  return new Pages(await startBrowser(), folder);
}
