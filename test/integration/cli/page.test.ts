import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { html } from '../../../cli/page/html.ts';
import { shadesOf } from '../../../cli/page/legend.ts';
import { renderPage } from '../../../cli/page/page.ts';
import { regionsOf } from '../../../cli/page/region.ts';
import { bySize } from '../../../cli/page/types.ts';
import { readResult, type ShownResult } from '../../../cli/views/read-result.ts';
import { MACHINE_CLASSES } from '../../../lambda/domain/instance-types/instance-type.ts';
import { fitIntoResponse, logLine } from '../../../lambda/report/fit.ts';
import type { RunResult } from '../../../lambda/report/result.ts';
import { startScene } from '../../browser/scene.ts';
import { ATTACKS, fleetOf, hostileResult } from '../../support/hostile.ts';
import { PROJECT } from '../../support/project.ts';
import { runHere } from '../../support/run-here.ts';

const NOW = new Date('2026-02-13T12:00:00Z');

async function sceneResult(): Promise<RunResult> {
  await using sandbox = await startScene();
  const { result } = await runHere(sandbox, {
    payload: { dryRun: true, neverBlacklist: ['m7g.*', 'r7g.*'] },
  });
  return result;
}

function shown(value: unknown): ShownResult {
  const { result, problem } = readResult(JSON.parse(JSON.stringify(value)));
  if (result === null) throw new Error(problem);
  return result;
}

test('a result contains every type, so that the page counts what the plan counts', async () => {
  const result = shown(await sceneResult());
  const [cluster] = result.clusters;
  if (cluster === undefined) throw new Error('no cluster');
  expect(cluster.actions).toMatchObject({ renew: 2, keep: 2, covered: 4, spare: 9, lapse: 2 });
  const [region, ...others] = regionsOf(result);
  expect(others).toEqual([]);
  const types = region?.types ?? [];
  expect(types).toHaveLength(1088);
  for (const machineClass of MACHINE_CLASSES) {
    const free = types.filter((type) => type.machineClass === machineClass && type.isAvailable);
    const families = new Set(free.map(({ family }) => family)).size;
    expect(cluster.available[machineClass]).toEqual({ types: free.length, families });
  }
  // Calm, but blacklisted by hand.
  expect(cluster.unavailable).toContain('c5d.9xlarge');
  expect(types.find(({ instanceType }) => instanceType === 'c5d.9xlarge')).toMatchObject({
    action: 'none',
    isAvailable: false,
  });
  expect(types.find(({ instanceType }) => instanceType === 'm5.2xlarge')).toMatchObject({
    cores: 8,
    memory: 32,
  });
  expect(types.filter(({ cores, memory }) => cores === null || memory === null)).toEqual([]);
});

test("the types are in the result, which fits into Lambda's response, and not in the log", async () => {
  const result = await sceneResult();
  expect(fitIntoResponse(result)).toEqual(result);
  expect(Buffer.byteLength(JSON.stringify(result.regions))).toBeLessThan(30_000);
  expect(Buffer.byteLength(JSON.stringify(result.machines))).toBeLessThan(22_000);
  const large = fitIntoResponse(fleetOf(result, 200));
  expect(Buffer.byteLength(JSON.stringify(large))).toBeLessThan(6_000_000);
  expect(JSON.stringify(logLine(result))).not.toContain('"regions"');
  expect(JSON.stringify(logLine(result))).not.toContain('"machines"');
  expect(JSON.stringify(logLine(result))).not.toContain('"unavailable"');
});

test('the page shows everything from outside as text', () => {
  const page = renderPage(shown(hostileResult()), NOW);
  for (const attack of ATTACKS.slice(0, 4)) expect(page).not.toContain(attack);
  expect(page.match(/<script/g)).toHaveLength(4);
  const data = JSON.parse(
    /<script type="application\/json" class="facts">([^<>&]*)<\/script>/.exec(page)?.[1] ?? '',
  );
  expect(data.texts).toEqual(expect.arrayContaining([ATTACKS.join(' ')]));
  expect(page.match(/<img|<b>bold|onerror="|onload='/g)).toBeNull();
  expect(html`<i title="${'"\'<>&\u202e\u0000'}">`.text).toBe('<i title="&quot;&#39;&lt;&gt;&amp;">');
});

test('the page allows its own style and script, by their hashes, and nothing else', async () => {
  const page = renderPage(shown(await sceneResult()), NOW);
  const policy = /Content-Security-Policy" content="([^"]+)"/.exec(page)?.[1]?.replaceAll('&#39;', "'") ?? '';
  expect(policy).toMatch(/^default-src 'none'; style-src '[^' ]+'; script-src( '[^' ]+'){3}; base-uri/);
  const parts = [...page.matchAll(/<(style|script)(?: type="module")?>(.*?)<\/\1>/gs)];
  expect(parts).toHaveLength(4);
  for (const [, , text = ''] of parts)
    expect(policy).toContain(`sha256-${createHash('sha256').update(text).digest('base64')}`);
  expect(page).not.toMatch(/ style="| src="|href="(?!#|https:\/\/(?:aws\.amazon\.com|console\.cast\.ai)\/)/);
  expect(page.length).toBeLessThan(850_000);
});

test('the page shows results of other versions, and of `clear`', async () => {
  const { regions: _, machines: __, startedAt: ___, ...older } = await sceneResult();
  const page = renderPage(shown(older), NOW);
  expect(page).toContain('page made 2026-02-13 12:00 UTC');
  expect(page).not.toContain('>vCPUs<');
  await using sandbox = await startScene();
  const { result } = await runHere(sandbox, { payload: { operation: 'clear', dryRun: true } });
  expect(renderPage(shown(result), NOW)).toContain('<h1>6 own entries would be cleared</h1>');
  sandbox.castai.entries = [];
  const none = await runHere(sandbox, { payload: { operation: 'clear', dryRun: true } });
  expect(renderPage(shown(none.result), NOW)).toContain('<h1>This target has no entries to clear</h1>');
});

test('the headline adds up with what stays available', async () => {
  const result = shown(await sceneResult());
  const free = Object.values(result.clusters[0]?.available ?? {}).reduce((sum, { types }) => sum + types, 0);
  const page = (live: Partial<ShownResult>) => renderPage({ ...result, ...live }, NOW);
  expect(page({})).toContain(`<h1>${1088 - free} of 1,088 types would be kept off Spot</h1>`);
  expect(page({})).toContain('This is the plan: none of its writes is done.');
  const done = page({ dryRun: false });
  expect(done).toContain(`<h1>${1088 - free} of 1,088 types are kept off Spot</h1>`);
  expect(done).not.toContain('This is the plan');
});

test('impossible savings do not break the page', async () => {
  const { clusters, ...result } = await sceneResult();
  const [cluster] = clusters;
  const decisions = cluster?.decisions.map((one, index) => ({ ...one, savings: index % 2 ? 1e300 : -1e300 }));
  const page = renderPage(shown({ ...result, clusters: [{ ...cluster, decisions }] }), NOW);
  expect(page).toContain('>-1000 to -991%<');
  expect(page).toContain('>100 to 109%<');
});

test('the page does not show a failed write as done', async () => {
  const result = await sceneResult();
  const [cluster] = result.clusters;
  if (cluster === undefined) throw new Error('no cluster');
  const decisions = cluster.decisions.map((decision) =>
    decision.action === 'add' ? { ...decision, outcome: 'deferred' as const } : decision,
  );
  const outcome = { succeeded: 2, failed: 0, deferred: 432, postponed: 0, verified: 2 };
  const left = { ...cluster, status: 'deferred' as const, problem: 'time ran out', outcome, decisions };
  const page = renderPage(shown({ ...result, dryRun: false, status: 'failed', clusters: [left] }), NOW);
  expect(page).toContain('<h1 class="bad">Unfinished: 432 of 434 writes were not done</h1>');
  // Two renewed, two kept, two that lapse, seven of other owners, one of them calm.
  expect(page).toContain('<p class="kept">13 of 1,088 types are kept off Spot.</p>');
  expect(page).toContain('432 of the plan&#39;s writes were not done');
  const none = { ...left, decisions: [] };
  expect(renderPage(shown({ ...result, clusters: [none] }), NOW)).toContain('there is no plan');
});

test('sizes are sorted in AWS’s order', () => {
  const sizes = ['metal-24xl', '10xlarge', 'xlarge', 'nano', '2xlarge', 'metal', 'large', 'micro'];
  const sorted = ['nano', 'micro', 'large', 'xlarge', '2xlarge', '10xlarge', 'metal', 'metal-24xl'];
  expect(sizes.sort(bySize)).toEqual(sorted);
});

test('bands differ by lightness alone, in light and in dark', () => {
  expect([...shadesOf(['>20%', '<5%', '5-10%', '15-20%', '10-15%', '<5%'])]).toEqual([
    ['<5%', 0],
    ['5-10%', 1],
    ['10-15%', 2],
    ['15-20%', 3],
    ['>20%', 4],
  ]);
  const theme = readFileSync(join(PROJECT, 'cli/page/theme.css'), 'utf8');
  const [light = '', dark = ''] = theme.split('@media screen');
  for (const [scheme, direction] of [
    [light, -1],
    [dark, 1],
  ] as const) {
    const shades = [0, 1, 2, 3, 4].map((shade) => luminance(colour(scheme, `--b${shade}`)));
    for (const [index, shade] of shades.slice(1).entries()) {
      const before = shades[index] ?? 0;
      const [low, high] = [Math.min(shade, before), Math.max(shade, before)];
      expect(Math.sign(shade - before)).toBe(direction);
      expect((high + 0.05) / (low + 0.05)).toBeGreaterThan(1.25);
    }
    for (const [index, shade] of shades.entries()) {
      const mark = luminance(colour(scheme, `--on-b${index}`));
      const contrast = (Math.max(mark, shade) + 0.05) / (Math.min(mark, shade) + 0.05);
      expect(contrast).toBeGreaterThan(4);
    }
  }
});

test('a band has the same hue in light and in dark, and the same shade on every page', () => {
  const theme = readFileSync(join(PROJECT, 'cli/page/theme.css'), 'utf8');
  const [light = '', dark = ''] = theme.split('@media screen');
  for (const shade of [0, 1, 2, 3, 4]) {
    const [one, other] = [light, dark].map((scheme) => hue(colour(scheme, `--b${shade}`)));
    const apart = Math.abs((one ?? 0) - (other ?? 0));
    expect(Math.min(apart, 360 - apart)).toBeLessThan(15);
  }
  expect([...shadesOf(['>20%', '5-10%'])]).toEqual([
    ['5-10%', 1],
    ['>20%', 4],
  ]);
});

/** Degrees. */
function hue(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [0, 2, 4].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
  return ((Math.atan2(Math.sqrt(3) * (green - blue), 2 * red - green - blue) * 180) / Math.PI + 360) % 360;
}

function colour(css: string, name: string): string {
  return new RegExp(`${name}: #([0-9a-f]{6})`).exec(css)?.[1] ?? '';
}

/** By WCAG: relative luminance, as seen without colour vision. */
function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [0, 2, 4].map((at) => {
    const channel = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

test("the page begins with the cluster's own nodes: by band, and what is bought in place of those kept off", async () => {
  const result = shown(await sceneResult());
  const [cluster] = result.clusters;
  if (cluster === undefined) throw new Error('no cluster');
  const decisions = cluster.decisions.map((decision) =>
    decision.instanceType === 'm5.xlarge' ? { ...decision, nodes: 4 } : decision,
  );
  const nodes = { spot: 10, onBlacklisted: 4 };
  const page = renderPage(
    { ...result, clusters: [{ ...cluster, decisions, nodes, calmNodes: { 't3.large': 4 } }] },
    NOW,
  );
  const [, section = ''] = /<section class="own-nodes">(.*?)<\/section>/s.exec(page) ?? [];
  expect(section).toContain('Your 10 Spot nodes');
  expect(section).toContain('aria-label="4: &gt;20%, not bought again; 4: 5-10%; 2: of other types"');
  // Each has the same vCPUs and memory, and stays available.
  expect(section).toMatch(
    /<li class="">4 of m5\.xlarge \(saves 66%\): m\S+\.xlarge \(&lt;5%, saves \d+%\), m/,
  );
  expect(page.indexOf('own-nodes">')).toBeLessThan(page.indexOf('<h3>Decided</h3>'));
  expect(page).not.toContain('Price of avoiding risky types');
});

test('available types are grouped by common machine size, and shortages are named', async () => {
  const result = shown(await sceneResult());
  const page = renderPage(result, NOW);
  const captions = (text: string) => [
    ...text.matchAll(/<figcaption>(x86_64|arm64|Accelerated) <span>(.*?)<\/span>/g),
  ];
  // The last one is the heat map's.
  expect(captions(page).map(([, title]) => title)).toEqual(['x86_64', 'arm64', 'Accelerated', 'Accelerated']);
  expect(captions(page)[0]?.[2]).toMatch(/ types available\. Every size has at least 3\.$/);
  expect(page).toContain('>4–8 vCPU, 16–64 GiB</text>');
  const [cluster] = result.clusters;
  const [region] = regionsOf(result);
  const large = (region?.types ?? []).filter(
    ({ cores, memory }) => (cores ?? 0) > 32 && (memory ?? 0) >= 512,
  );
  const unavailable = [...(cluster?.unavailable ?? []), ...large.map(({ instanceType }) => instanceType)];
  const short = renderPage(
    { ...result, clusters: [{ ...result.clusters[0], unavailable }] } as ShownResult,
    NOW,
  );
  expect(captions(short)[1]?.[2]).toContain('Short: 64–128 vCPU, 512–2048 GiB (none of at least 3).');
});
