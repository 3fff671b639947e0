// Which days of own evidence a run reads, and how long it may read them, on a virtual clock.
import { describe, expect, it } from 'vitest';
import { carryOutJob } from '../../../lambda/fleet/job.ts';
import { deadlineIn } from '../../../lambda/run/deadline.ts';
// The run imports it when it needs it, and the clock must not wait for that.
import '../../../lambda/run/own-evidence.ts';
import type { RunPorts } from '../../../lambda/run/ports.ts';
import { run } from '../../../lambda/run/run.ts';
import { START, startFleet } from '../../resilience/simulation/fleet.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const NOTHING = { figures: new Map(), days: [], from: 0, to: 0, warnings: [] };
const SECOND = 1_000;
const RUN = 900 * SECOND;

describe('the days of own evidence', () => {
  it('are the same for every job of a round that spans midnight, and for its summary', async () => {
    const { settings, clock, castai, portsFor } = startFleet({ days: 1, clusters: 2 });
    const round = new Date(START - 60 * SECOND).toISOString();
    clock.skipTo(START + 60 * SECOND);
    const asked: number[] = [];
    const readOwnFigures: RunPorts['readOwnFigures'] = async ({ now }) => {
      asked.push(now);
      return NOTHING;
    };
    const [cluster] = await clock.play(castai.listClusters());
    for (const clusterId of [cluster?.id ?? '', null]) {
      const job = { target: settings.targetName, round, feed: null, clusterId };
      const ports = { ...portsFor(), readOwnFigures };
      await clock.play(carryOutJob(job, { ...settings, ownEvidence: 'decide' }, ports));
    }
    expect(asked).toEqual([Date.parse(round), Date.parse(round)]);
  });
});

describe('the time to read own evidence', () => {
  it('starts after the secret and the feed', async () => {
    const { settings, clock, portsFor } = startFleet({ days: 1, clusters: 1 });
    const ports = portsFor();
    const late: boolean[] = [];
    const running = run(
      { ...settings, ownEvidence: 'decide' },
      {
        ...ports,
        async fetchCredentials(...args) {
          await clock.wait(14 * SECOND);
          return ports.fetchCredentials(...args);
        },
        async fetchFeed(...args) {
          await clock.wait(40 * SECOND);
          return ports.fetchFeed(...args);
        },
        async readOwnFigures(_, signal) {
          await clock.wait(19 * SECOND);
          late.push(signal.aborted);
          await clock.wait(2 * SECOND);
          late.push(signal.aborted);
          return NOTHING;
        },
      },
    );
    await clock.play(running);
    expect(late).toEqual([false, true]);
  });

  it.each([
    [0, 20],
    [60, 80],
    [85, 90],
    [100, 100],
  ])(
    'of a long run that reaches it after %i seconds ends after %i, before the time for lists',
    (from, to) => {
      const clock = new VirtualClock(0);
      const deadline = deadlineIn(RUN, clock.timeout);
      clock.skipTo(from * SECOND);
      const evidence = deadline.evidence();
      clock.skipTo(to * SECOND - 1);
      expect(evidence.aborted).toBe(from === to);
      clock.skipTo(to * SECOND);
      expect(evidence.aborted).toBe(true);
      expect(deadline.plans.aborted).toBe(false);
    },
  );
});
