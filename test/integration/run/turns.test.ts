// If time runs out, the clusters that are left must not always be the same.
import { describe, expect, it } from 'vitest';
import { makeCluster } from '../../../cli/demo/sandbox/castai/castai.ts';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { HOUR, riskyFeed } from '../../support/deployment.ts';
import { FLEET, runSmall } from '../../support/run-here.ts';

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
const START = Date.now();

async function startFleet(): Promise<Sandbox> {
  const sandbox = await startSandbox();
  const { organizationId } = sandbox.castai;
  sandbox.castai.clusters = NAMES.map((name) => makeCluster('us-east-1', { organizationId, name }));
  sandbox.feed.replace(riskyFeed(['m5.large']));
  return sandbox;
}

const nameOf = ({ castai }: Sandbox, id: string | undefined) =>
  castai.clusters.find((one) => one.id === id)?.name ?? '';

/** One run in some hour of the schedule, reading one list after the other. */
const runAt = (sandbox: Sandbox, hour: number, timeout?: number) =>
  runSmall(sandbox, {
    secret: FLEET,
    settings: { batchSize: 1, scheduleGapMinutes: 60 },
    now: () => START + hour * HOUR,
    ...(timeout !== undefined && { timeout }),
  });

describe('the clusters of a fleet take turns', () => {
  it('so that each is read soon, although there is time for only a few', {
    timeout: 120_000,
  }, async () => {
    await using sandbox = await startFleet();
    sandbox.faults.push({
      when: { route: 'list', matching: ({ query }) => 'clusterId' in query },
      fault: { kind: 'latency', ms: 700 },
    });
    const done = () => new Set(sandbox.castai.entries.map(({ clusterId }) => clusterId)).size;
    // A few of them are read in the time that a run has for that.
    for (let hour = 0; hour < 12 && done() < NAMES.length; hour += 1) {
      const { result } = await runAt(sandbox, hour, 12_000);
      expect(result.clusters.map(({ clusterName }) => clusterName)).toEqual(NAMES);
    }
    expect(done()).toBe(NAMES.length);
  });

  it('in every kind of reading, and are reported in one order', async () => {
    await using sandbox = await startFleet();
    const firsts = { before: new Set<string>(), templates: new Set<string>(), after: new Set<string>() };
    for (let hour = 0; hour < 6; hour += 1) {
      sandbox.requests.length = 0;
      sandbox.castai.entries = [];
      const { result } = await runAt(sandbox, hour);
      expect(result.clusters.map(({ clusterName }) => clusterName)).toEqual(NAMES);
      const lists = sandbox.requests.filter(({ route, query }) => route === 'list' && 'clusterId' in query);
      const order = lists.map(({ query }) => nameOf(sandbox, query['clusterId']));
      expect(order.slice(0, NAMES.length).sort()).toEqual(NAMES);
      const [templates] = sandbox.requests.filter(({ route }) => route === 'templates');
      firsts.before.add(order[0] ?? '');
      firsts.after.add(order[NAMES.length] ?? '');
      firsts.templates.add(nameOf(sandbox, templates?.path.split('/').at(-2)));
    }
    for (const names of Object.values(firsts)) expect(names.size).toBeGreaterThan(3);
  });
});
