import { expect, it } from 'vitest';
import { run } from '../../../lambda/run/run.ts';
import { readSettings } from '../../../lambda/settings/settings.ts';
import { CAPACITIES, COVERED_BY_RETRIES } from './capacity.ts';
import { runsBetween, simulateFleet, startFleet } from './fleet.ts';

it.each(CAPACITIES)(
  'at $batchSize per $batchPause s, $clusters clusters stay covered without an error once they are filled',
  { timeout: 600_000 },
  async ({ firstFill, fannedOut: _, ...pace }) => {
    const report = await simulateFleet({ ...pace, days: 1.5 });
    expect(report.firstFill).toBeCloseTo(firstFill, 0);
    const later = report.runs.filter(({ isFilled }) => isFilled);
    expect(later.length).toBeGreaterThan(30);
    expect(later.filter(({ errors }) => errors > 0)).toEqual([]);
    expect(report.uncoveredLater.worst).toBe(0);
  },
);

it('spreads the writes of a day over its runs from the third day on', async () => {
  const report = await simulateFleet({ clusters: 4, days: 3 });
  const writes = runsBetween(report, 48, 72).map((run) => run.writes);
  const mean = writes.reduce((sum, count) => sum + count, 0) / writes.length;
  expect(Math.max(...writes)).toBeLessThan(1.5 * mean);
  expect(report.uncoveredLater.worst).toBe(0);
});

it('fills a fleet that is short of time evenly, the riskiest types first', async () => {
  const { uncovered } = await simulateFleet({ clusters: 20, days: 0.25 });
  expect(uncovered.mean).toBeGreaterThan(0.1);
  expect(uncovered.worst).toBeLessThan(1.01 * uncovered.mean);
});

it('counts as uncovered what no entry covers', async () => {
  // Two intervals are the least that synth takes, and open types for as long as the run takes to come to them.
  const { uncoveredLater } = await simulateFleet({ clusters: 1, days: 1, blacklistHours: 2 });
  expect(uncoveredLater.worst).toBeGreaterThan(0);
});

it('keeps a fleet covered that is too large for runs without an error, by their retries', {
  timeout: 600_000,
}, async () => {
  const report = await simulateFleet({ clusters: COVERED_BY_RETRIES, days: 1.5 });
  expect(report.firstFill).not.toBeNull();
  expect(report.uncoveredLater.worst).toBe(0);
});

it('clears a fleet in as many runs as it takes: each fails with the number that is left, until none is', async () => {
  const { settings, clock, castai, portsFor } = startFleet({ clusters: 6, days: 1 });
  while (!castai.isFilled) await clock.play(run(settings, portsFor()));
  // As the stack deploys it: a run that knows its schedule knows what could wait.
  const deployed = { SECRET_ID: 'castai', OS: 'Linux', SCHEDULE_GAP_MINUTES: '60' };
  const clear = readSettings(deployed, { operation: 'clear' });
  const left: number[] = [];
  while (castai.entries > 0) {
    const { result, error } = await clock.play(run(clear, portsFor()));
    const deferred = result.clusters.reduce((sum, { outcome }) => sum + outcome.deferred, 0);
    expect({ deferred, isError: error !== null }).toEqual({
      deferred: castai.entries,
      isError: castai.entries > 0,
    });
    left.push(castai.entries);
  }
  expect(left.length).toBeGreaterThan(1);
});
