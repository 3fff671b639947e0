// Which days of own evidence a run reads, on a virtual clock.
import { describe, expect, it } from 'vitest';
import { carryOutJob } from '../../../lambda/run/carry-out-job.ts';
// The run imports it when it needs it, and the clock must not wait for that.
import '../../../lambda/run/own-evidence.ts';
import type { RunPorts } from '../../../lambda/run/ports.ts';
import { START, startFleet } from '../../resilience/simulation/fleet.ts';

const NOTHING = { figures: new Map(), days: [], from: 0, to: 0, warnings: [] };
const SECOND = 1_000;

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
      const job = { target: settings.targetName, round, clusterId };
      const ports = { ...portsFor(), readOwnFigures };
      await clock.play(carryOutJob(job, { ...settings, ownEvidence: 'decide' }, ports));
    }
    expect(asked).toEqual([Date.parse(round), Date.parse(round)]);
  });
});
