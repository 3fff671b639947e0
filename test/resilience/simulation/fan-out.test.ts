import { expect, it } from 'vitest';
import { CAPACITIES } from './capacity.ts';
import { simulateFanOut } from './fan-out.ts';

const MINUTES = 600_000;

/** Fleets at a quarter of the default pace, so that 20 clusters have as little time as 80, and take a quarter of ours. */
const SLOW = { batchSize: 10, batchPause: 20 };

it('fills as many clusters as the first row of the table says, and then covers them without an error', {
  timeout: MINUTES,
}, async () => {
  const [{ fannedOut, ...pace } = { fannedOut: { clusters: 0, firstFill: 0 } }] = CAPACITIES;
  const report = await simulateFanOut({ ...pace, clusters: fannedOut.clusters, days: 0.6 });
  expect(report.firstFill).toBeCloseTo(fannedOut.firstFill, 0);
  const later = report.runs.filter(({ isFilled }) => isFilled);
  expect(later.length).toBeGreaterThan(7);
  expect(later.filter(({ errors }) => errors > 0)).toEqual([]);
  expect(report.uncoveredLater.worst).toBe(0);
});

it('keeps a fleet covered that is too large for one interval, because its clusters take turns', {
  timeout: MINUTES,
}, async () => {
  const report = await simulateFanOut({ ...SLOW, clusters: 25, days: 2 });
  expect(report.overtaken).toBeGreaterThan(100);
  expect(report.firstFill).not.toBeNull();
  expect(report.uncoveredLater.worst).toBe(0);
  expect(report.runs.filter(({ isFilled, errors }) => isFilled && errors > 0)).toEqual([]);
});

it('fills a fleet that is short of time cluster by cluster, each once before any is repeated', async () => {
  const report = await simulateFanOut({ ...SLOW, clusters: 12, days: 0.25 });
  expect(report.firstFill).toBeLessThan(4);
  // Each needs a quarter of an hour, and comes last in no more than one of the four rounds.
  expect(report.uncovered.worst).toBeLessThan(0.6);
});

it('keeps the pace from one job to the next', async () => {
  const starts: number[] = [];
  await simulateFanOut({ clusters: 4, days: 0.5, onAdd: (now) => starts.push(now) });
  expect(starts.length).toBeGreaterThan(4 * 449);
  const pauses = starts.slice(10).map((start, index) => start - (starts[index] ?? 0));
  // The last job of a round and the first one of the next are an hour apart.
  expect(Math.min(...pauses)).toBeGreaterThanOrEqual(5_000);
});

it('reads each list twice more and its templates once more than a run for one cluster, and nothing else', async () => {
  const { reads } = await simulateFanOut({ clusters: 4, days: 0.5 });
  // Planner, job, job after its writes, summary.
  expect(reads['list']).toBeLessThanOrEqual(4);
  expect(reads).toMatchObject({ cluster: 1, templates: 2, nodes: 1, autoscaler: 1 });
  // One for each job, and one for each summary.
  expect(reads['organization']).toBe(1.25);
});

it('keeps other clusters covered if the job of one crashes each time', async () => {
  const poison = '00000000-0000-4000-8000-000000000002';
  const { uncovered } = await simulateFanOut({
    clusters: 4,
    days: 1,
    crashes: ({ clusterId }) => clusterId === poison,
  });
  expect(uncovered.worst).toBe(1);
  // The other three, in the mean.
  expect((4 * uncovered.mean - 1) / 3).toBeLessThan(0.1);
});
