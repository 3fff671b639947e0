// Fallback nodes that are never replaced keep types available: a run names them, and completes if they are unknown.
import { expect, it } from 'vitest';
import { makeNode, makeTemplate } from '../../../cli/demo/sandbox/castai/inventory.ts';
import type { Fault } from '../../sandbox/http/faults.ts';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { smallFeed } from '../../support/deployment.ts';
import { NO_GUARD_RAILS } from '../../support/plan.ts';
import { type RunHere, runHere } from '../../support/run-here.ts';

const NOW = Date.parse('2026-02-13T12:00:00Z');
const HOUR = 3_600_000;
const RISKY = ['m5.large', 'm5.xlarge', 'g5.xlarge', 'g5.2xlarge'];
const FEED = smallFeed({ ...Object.fromEntries(RISKY.map((type) => [type, 4])), 'c5.large': 0 });

/** @returns a node of the only template, on-demand for lack of Spot for so many hours */
const fallback = (name: string, hours: number) =>
  makeNode('c5.large', 'fallback', {
    name,
    createdAt: new Date(NOW - hours * HOUR).toISOString(),
    labels: {
      'scheduling.cast.ai/spot-fallback': 'true',
      'scheduling.cast.ai/node-template': 'web',
    },
  });

async function runOn(
  nodes: readonly ReturnType<typeof fallback>[],
  options: RunHere = {},
  arrange: (sandbox: Sandbox) => void = () => {},
) {
  await using sandbox = await startSandbox({ now: () => NOW });
  sandbox.feed.replace(FEED);
  sandbox.castai.inventory.templates = [makeTemplate('web')];
  sandbox.castai.inventory.nodes = nodes;
  arrange(sandbox);
  const settings = { ...NO_GUARD_RAILS, ...options.settings };
  const { result, error } = await runHere(sandbox, { now: () => NOW, ...options, settings });
  const [cluster] = result.clusters;
  return {
    error,
    cluster,
    warnings: cluster?.warnings ?? [],
    asked: sandbox.requests.filter(({ query }) => query['lifecycleType'] === 'fallback').length,
  };
}

const isAboutAge = (warning: string) => warning.includes('older than a day');
const YOUNG = [fallback('young-1', 1), fallback('young-2', 24)];

it('names fallback nodes that are older than a day, oldest first, a few of many', async () => {
  const { error, warnings, asked } = await runOn([
    ...YOUNG,
    ...[25, 90, 30, 40, 50, 60, 70].map((hours) => fallback(`ip-${hours}`, hours)),
  ]);
  expect(error).toBeNull();
  expect(asked).toBe(1);
  expect(warnings.filter(isAboutAge)).toEqual([
    expect.stringMatching(
      /^Fallback nodes that are older than a day: 7 \(ip-90, ip-70, ip-60, ip-50, ip-40, and 2 more\)\. .* PodDisruptionBudget\.$/,
    ),
  ]);
});

it('changes no decision by their age', async () => {
  const { cluster } = await runOn([fallback('a', 1), fallback('b', 2)]);
  const { cluster: other } = await runOn([fallback('a', 100), fallback('b', 200)]);
  expect(cluster?.templates).toMatchObject([{ floor: 3, fallback: { spot: 0, fallback: 2 } }]);
  expect(other?.templates).toEqual(cluster?.templates);
  expect(other?.decisions).toEqual(cluster?.decisions);
});

it('says nothing of younger ones', async () => {
  const { warnings, asked } = await runOn(YOUNG);
  expect({ warnings, asked }).toEqual({ warnings: [], asked: 1 });
});

it.each([
  ['none if another run was due in this hour', 5, { scheduleTimes: '12:00,12:05' }, []],
  ['none in a retry in the next hour, either', 61, { scheduleTimes: '12:00,12:05' }, []],
  ['all if the run before was due a day ago', 5, { scheduleTimes: '12:00' }, ['m5.large', 'm5.xlarge']],
  ['all if only the longest time between two runs is known', 5, {}, ['m5.large', 'm5.xlarge']],
])('of what was given back, a run adds %s', async (_, minutes, times, expected) => {
  await using sandbox = await startSandbox({ now: () => NOW });
  sandbox.feed.replace(FEED);
  sandbox.castai.inventory.templates = [makeTemplate('web')];
  sandbox.castai.inventory.nodes = [fallback('young', 1)];
  const settings = { ...NO_GUARD_RAILS, scheduleGapMinutes: 24 * 60, blacklistHours: 168, ...times };
  await runHere(sandbox, { now: () => NOW, settings });
  const { entries } = sandbox.castai;
  expect(entries).toHaveLength(4);
  // The template allows no GPUs.
  sandbox.castai.entries = entries.filter(({ instanceType }) => instanceType?.startsWith('g5.'));
  const { result, error } = await runHere(sandbox, { now: () => NOW + minutes * 60_000, settings });
  expect(error).toBeNull();
  const added = result.clusters[0]?.decisions.filter(({ action }) => action === 'add');
  expect(added?.map(({ instanceType }) => instanceType).sort()).toEqual(expected);
});

it.each<[string, ReturnType<typeof fallback>[], RunHere]>([
  ['no template has fallback nodes', [makeNode('c5.large')], {}],
  ['RELAX_ON_FALLBACK is off', [fallback('old', 99)], { settings: { relaxOnFallback: false } }],
  ['entries are cleared', [fallback('old', 99)], { payload: { operation: 'clear' } }],
])('does not request them if %s', async (_, nodes, options) => {
  const { error, warnings, asked } = await runOn(nodes, options);
  expect({ error, warnings, asked }).toEqual({ error: null, warnings: [], asked: 0 });
});

const FAULTS: [string, Fault][] = [
  ['403', { kind: 'status', status: 403 }],
  ['404', { kind: 'status', status: 404 }],
  ['500', { kind: 'status', status: 500 }],
  ['a reset connection', { kind: 'reset' }],
  ['half an answer', { kind: 'truncate' }],
  ['HTML', { kind: 'body', body: '<html>' }],
  ['a list that goes on', { kind: 'body', body: '{"items":[],"hasMore":true}' }],
];

it.each(FAULTS)('completes with the same floor, and says what is unknown, after %s', async (_, fault) => {
  const nodes = [fallback('a', 100), fallback('b', 200)];
  const { cluster: known } = await runOn(nodes);
  const { error, cluster, warnings } = await runOn(nodes, {}, ({ faults }) =>
    faults.push({
      when: { route: 'nodes', matching: ({ query }) => query['lifecycleType'] === 'fallback' },
      fault,
    }),
  );
  expect(error).toBeNull();
  expect(cluster?.templates).toEqual(known?.templates);
  expect(cluster?.decisions).toEqual(known?.decisions);
  expect(cluster?.nodes).toEqual(known?.nodes);
  expect(warnings).toEqual([
    expect.stringMatching(
      /^CAST AI's fallback nodes could not be read \(.*\).*, so it is not known whether fallback nodes are older than a day\.$/,
    ),
  ]);
});
