import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { expect } from 'vitest';
import { equip } from '../../cli/demo/cluster.ts';
import { renderPage } from '../../cli/page/page.ts';
import { readResult } from '../../cli/views/read-result.ts';
import type { RunPorts } from '../../lambda/run/ports.ts';
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
    return (await runHere(sandbox, { settings: { ...settings, minTypesPerTemplate: 0, minTypesPerSize: 0 } }))
      .result;
  },
  evidence: async () => {
    await using sandbox = await startScene();
    equip(sandbox);
    const settings = { ownEvidence: 'decide', ownEvidenceDays: 90 };
    return (await runHere(sandbox, { settings, readOwnFigures: ninetyDays })).result;
  },
  hostile: async () => hostileResult(),
};

/** Figures of a risky type, a calm one, and one of which there is too little. */
const ninetyDays: RunPorts['readOwnFigures'] = async ({ now }) => {
  const day = 86_400_000;
  const to = Math.floor(now / day) * day;
  const figures = {
    'c5.xlarge': { hours: 43_200, interruptions: 61, machines: 88 },
    'm5.xlarge': { hours: 108_000, interruptions: 12, machines: 12 },
    't3.large': { hours: 120, interruptions: 1, machines: 1 },
  };
  const days = Object.entries(figures).flatMap(([instanceType, { hours, machines }]) =>
    Array.from({ length: 90 }, (_, index) => {
      const struck = Math.round(index % 3 === 0 ? machines / 30 : 0);
      const at = { region: 'us-east-1', instanceType, day: to - (index + 1) * day };
      return { ...at, hours: hours / 90, interruptions: struck, machines: struck };
    }),
  );
  const ofRegion = new Map(Object.entries(figures));
  return { figures: new Map([['us-east-1', ofRegion]]), days, from: to - 90 * day, to, warnings: [] };
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
