// How the page and the plan show the facts about the cluster.
import { expect, test } from 'vitest';
import { equip } from '../../../cli/demo/cluster.ts';
import { makeTemplate } from '../../../cli/demo/sandbox/castai/inventory.ts';
import { renderPage } from '../../../cli/page/page.ts';
import { wrap } from '../../../cli/terminal/host.ts';
import { nodesSentence } from '../../../cli/views/evidence-view.ts';
import { documentOf } from '../../../cli/views/plan-document.ts';
import { viewPlans } from '../../../cli/views/plan-view.ts';
import { readResult } from '../../../cli/views/read-result.ts';
import type { RunResult } from '../../../lambda/report/result.ts';
import { readSettings } from '../../../lambda/settings/settings.ts';
import { startSandbox } from '../../sandbox/sandbox.ts';
import { ATTACKS } from '../../support/hostile.ts';
import { runHere } from '../../support/run-here.ts';

const NOW = new Date('2026-02-13T12:00:00Z');
const PLAIN = { width: Number.POSITIVE_INFINITY, listedTypes: 10, style: (_: string, text: string) => text };
const SENTENCE =
  '12 of your 80 Spot nodes are of types above 20%; they keep running, and are not bought again';

async function demoResult(): Promise<RunResult> {
  await using sandbox = await startSandbox();
  equip(sandbox);
  return (await runHere(sandbox, { payload: { dryRun: true } })).result;
}

function pageOf(value: unknown): string {
  const { result, problem } = readResult(JSON.parse(JSON.stringify(value)));
  if (result === null) throw new Error(problem);
  return renderPage(result, NOW);
}

/** The cells of the row of a table of the page that starts with `first`. */
function cells(page: string, first: string): string[] {
  const row = page.split('<tr').find((one) => one.includes(`<th scope="row">${first}</th>`)) ?? '';
  return [...row.matchAll(/<t[dh][^>]*>(.*?)<\/t[dh]>/gs)].map(([, cell = '']) =>
    cell.replaceAll(/<[^>]*>/g, ''),
  );
}

test('the page begins with the nodes, lists the templates, and marks types in use', async () => {
  const result = await demoResult();
  const page = pageOf(result);
  expect(page).toContain(`<h1>${SENTENCE}</h1>`);
  expect(page).toContain('434 of 1,088 types would be kept off Spot.');
  expect(cells(page, 'gpu')).toEqual(['gpu', '15', '5', '4', '5', 'pods wait', '–']);
  expect(cells(page, 'arm64')).toEqual(['arm64', '297', '212', '–', '5', 'buys on-demand', '–']);
  expect(cells(page, 'm5.xlarge').slice(0, 6)).toEqual(['m5.xlarge', '4', '16', '&gt;20%', '66%', '5']);
  // In use, then of a family that a template names, then the highest saving.
  const decided = page.slice(page.indexOf('id="decisions"'));
  const places = ['m6i.2xlarge', 'g5.12xlarge', 'p3.16xlarge', 'a1.2xlarge'].map((type) =>
    decided.indexOf(`<th scope="row">${type}<`),
  );
  expect(places).toEqual(places.toSorted((a, b) => a - b));
  expect(places).not.toContain(-1);
  // A class with fewer types than the floor asks for is left alone, and is not below it.
  expect(page).toMatch(
    /Stays available, arm64 accelerated<\/h3>.*?6 <small>types of 1 family<.*?The floor is: 6 types, 1 family/,
  );
});

test('the plan begins with the nodes, too, and lists types in use first', async () => {
  const settings = readSettings({ OS: 'Linux', INTERRUPTION_THRESHOLD: '20', SECRET_ID: 'x' }, {});
  const lines = viewPlans(await demoResult(), settings, PLAIN).split('\n');
  expect(lines[1]).toBe(`  ${SENTENCE}.`);
  expect(lines).toContain('  template gpu: 5 of 15 types available, 4 of them spared');
  expect(lines.slice(2, 14)).toEqual([
    '    12  >20%, not bought again  ██████',
    '    38  10-15%                  ███████████████████',
    '     6  5-10%                   ███',
    '    24  <5%                     ████████████',
    '  The types that are not bought again save 59% over on-demand, the best of the same size 50%: 9 points less.',
    '  5 more nodes are on-demand, because Spot was short.',
    '  In place of the types that are not bought again:',
    expect.stringMatching(/^ {4}5 of m5\.xlarge \(saves 66%\): m\w+\.xlarge \(<5%, saves 54%\), m/),
    expect.stringMatching(/^ {4}4 of r6i\.2xlarge \(saves 51%\): [rz]/),
    expect.stringMatching(/^ {4}3 of m6i\.2xlarge \(saves 57%\): m/),
    '  all of band >20%',
    expect.stringMatching(/^ {6}Type +Saving +Nodes$/),
  ]);
  expect(lines.slice(15, 19)).toEqual([
    "    AWS's band is >20%, above the tolerated 20%:",
    expect.stringMatching(/^ {4}\+ m5\.xlarge +66% +5$/),
    expect.stringMatching(/^ {4}\+ r6i\.2xlarge +51% +4$/),
    expect.stringMatching(/^ {4}\+ m6i\.2xlarge +57% +3$/),
  ]);
});

test.each([60, 80, 120])('at %i columns, no line about the own nodes is wider', async (width) => {
  const settings = readSettings({ OS: 'Linux', INTERRUPTION_THRESHOLD: '20', SECRET_ID: 'x' }, {});
  const lines = wrap(viewPlans(await demoResult(), settings, { ...PLAIN, width }), width).split('\n');
  const own = lines.slice(0, lines.indexOf('  all of band >20%'));
  expect(own.filter((line) => line.includes('█'))).toHaveLength(4);
  expect(Math.max(...own.map((line) => line.length))).toBeLessThanOrEqual(width);
});

test('Markdown begins with the nodes, by band, and folds what is bought in their place', async () => {
  const [head = '', first = ''] = documentOf(await demoResult(), 'markdown').split('<details>');
  expect(head).toContain('12: &gt;20%, not bought again; 38: 10-15%; 6: 5-10%; 24: &lt;5%. The types');
  expect(first).toMatch(/^<summary>The best of the same size, in place of 3 types in use<\/summary>/);
  expect(first.match(/^- \d of /gm)).toHaveLength(3);
});

test.each([
  ['all', { allowed: 26, sure: 26, unjudged: [] }, '26'],
  ['some', { allowed: 26, sure: 21, unjudged: ['burstable'] }, '21 to 26'],
  ['none', { allowed: 26, sure: 0, unjudged: ['storageOptimized'] }, 'at most 26'],
  ['all but for what cannot be judged', { allowed: 26, sure: 26, unjudged: ['azs'] }, 'at most 26'],
  ['what an older version did not tell apart', { allowed: 26, unjudged: [] }, '26'],
])('a template’s number of types is shown if it surely allows %s', async (_, counts, expected) => {
  const { clusters, ...result } = await demoResult();
  const counted = {
    name: 'team',
    available: 5,
    spared: 2,
    floor: 5,
    fallback: null,
    fallsBackToOnDemand: false,
    ...counts,
  };
  const page = pageOf({ ...result, clusters: clusters.map((one) => ({ ...one, templates: [counted] })) });
  expect(cells(page, 'team').slice(0, 3)).toEqual(['team', expected, '5']);
  const settings = readSettings({ OS: 'Linux', INTERRUPTION_THRESHOLD: '20', SECRET_ID: 'x' }, {});
  const planned = clusters.map((one) => ({ ...one, templates: [{ sure: 26, ...counted }] }));
  expect(viewPlans({ ...result, clusters: planned }, settings, PLAIN)).toContain(
    `  template team: 5 of ${expected} types available, 2 of them spared`,
  );
});

test('page, plan and Markdown say that too few of the types stay that a template surely allows', async () => {
  await using sandbox = await startSandbox();
  const { castai } = sandbox;
  const instanceFamilies = { include: ['m5', 'm5d'] };
  castai.inventory.templates = [
    makeTemplate('open'),
    makeTemplate('no disks', { storageOptimized: false, instanceFamilies }),
    makeTemplate('nothing', { minCpu: 2_000 }),
  ];
  castai.seed({ instanceFamily: 'm5', clusterId: null, reason: "another owner's" });
  const { result } = await runHere(sandbox, { payload: { dryRun: true } });
  expect(cells(pageOf(result), 'no disks').slice(1, 3)).toEqual(['9 to 18', '0 below the floor']);
  expect(cells(pageOf(result), 'open')[2]).toMatch(/^\d+$/);
  const low = [
    'template no disks: 0 of 9 to 18 types available, below the floor of 5',
    'template nothing: 0 of 0 types available, below the floor',
    expect.stringMatching(/^template open: \d+ of \d+ types available$/),
  ];
  const settings = readSettings({ OS: 'Linux', INTERRUPTION_THRESHOLD: '20', SECRET_ID: 'x' }, {});
  const linesWith = (start: string, text: string) =>
    text.split('\n').flatMap((line) => (line.startsWith(start) ? line.slice(start.length - 9) : []));
  expect(linesWith('  template ', viewPlans(result, settings, PLAIN))).toEqual(low);
  expect(linesWith('- template ', documentOf(result, 'markdown'))).toEqual(low);
});

test('a result without nodes, or of a version that did not read them, is shown without them', async () => {
  const { clusters, ...result } = await demoResult();
  const unknown = clusters.map((cluster) => ({ ...cluster, nodes: null, templates: null }));
  const older = clusters.map(({ nodes: _, templates: __, shortfalls: ___, ...cluster }) => cluster);
  for (const shown of [unknown, older]) {
    const page = pageOf({ ...result, clusters: shown });
    expect(page).toContain('<h1>434 of 1,088 types would be kept off Spot</h1>');
    expect(page).not.toContain('Node templates');
  }
});

test('template names are plain text', async () => {
  const { clusters, ...result } = await demoResult();
  const named = clusters.map((cluster) => ({
    ...cluster,
    templates: ATTACKS.map((name) => ({ name, allowed: 1, available: 1, spared: 0, unjudged: [name] })),
  }));
  const page = pageOf({ ...result, clusters: named });
  for (const attack of ATTACKS.slice(0, 4)) expect(page).not.toContain(attack);
});

test.each<[string, Parameters<typeof nodesSentence>[0], string | null]>([
  ['the nodes of none are known', [{ nodes: null, decisions: [] }], null],
  ['none runs', [{ nodes: { spot: 0, onBlacklisted: 0 }, decisions: [] }], null],
  [
    'own evidence, not the band, keeps the type off',
    [
      {
        nodes: { spot: 9, onBlacklisted: 2 },
        decisions: [{ action: 'add', nodes: 2, cause: 'own evidence' }],
      },
    ],
    '2 of your 9 Spot nodes are of types that are kept off Spot; they keep running, and are not bought again',
  ],
  [
    'the nodes of one cluster are unknown',
    [
      { nodes: { spot: 5, onBlacklisted: 0 }, decisions: [] },
      { nodes: null, decisions: [] },
    ],
    null,
  ],
  [
    'none is of a blacklisted type',
    [{ nodes: { spot: 1_080, onBlacklisted: 0 }, decisions: [] }],
    'None of your 1,080 Spot nodes is of a type that is kept off Spot',
  ],
  [
    'one is',
    [{ nodes: { spot: 7, onBlacklisted: 1 }, decisions: [{ action: 'keep', nodes: 1 }] }],
    '1 of your 7 Spot nodes is of a type above 20%; it keeps running, and is not bought again',
  ],
  [
    'there is only one',
    [{ nodes: { spot: 1, onBlacklisted: 1 }, decisions: [{ action: 'keep', nodes: 1 }] }],
    'Your one Spot node is of a type above 20%; it keeps running, and is not bought again',
  ],
  [
    'the threshold is not the reason',
    [
      {
        nodes: { spot: 9, onBlacklisted: 3 },
        decisions: [
          { action: 'add', nodes: 1 },
          { action: 'lapse', nodes: 2 },
        ],
      },
    ],
    '3 of your 9 Spot nodes are of types that are kept off Spot; they keep running, and are not bought again',
  ],
  [
    'there are several clusters',
    [
      { nodes: { spot: 9, onBlacklisted: 3 }, decisions: [{ action: 'add', nodes: 3 }] },
      { nodes: { spot: 1, onBlacklisted: 1 }, decisions: [{ action: 'renew', nodes: 1 }] },
    ],
    '4 of your 10 Spot nodes are of types above 20%; they keep running, and are not bought again',
  ],
])('the sentence about nodes if %s', (_, clusters, sentence) => {
  expect(nodesSentence(clusters, { interruptionThreshold: 20, alwaysBlacklist: [] })).toBe(sentence);
});
