// What EC2 Capacity Manager leaves out: over sockets, from the bundle.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { CapacityManagerSwitches } from '../../../cli/sandbox/aws/capacity-manager.ts';
import { historyOf } from '../../../cli/sandbox/aws/machine-history.ts';
import { DAY, INTERRUPTIONS } from '../../../lambda/aws/metric-points.ts';
import { type Deployment, deploy, NO_GUARD_RAILS, smallFeed } from '../../support/deployment.ts';
import { MACHINES, TYPES } from './own-machines.ts';

const BY_EVIDENCE = { 'm5.large': 'add', 'r5.large': 'add' };

let deployment: Deployment;

beforeAll(async () => {
  const environment = { ...NO_GUARD_RAILS, OWN_EVIDENCE: 'decide' };
  deployment = await deploy({ environment, timeoutSeconds: 60 });
});

afterAll(() => deployment[Symbol.asyncDispose]());

beforeEach(() => {
  deployment.reset();
  deployment.sandbox.feed.replace(smallFeed(TYPES));
  deployment.sandbox.capacityManager.machineHours = historyOf(MACHINES, Date.now());
});

async function look(switches: Partial<CapacityManagerSwitches> = {}) {
  Object.assign(deployment.sandbox.capacityManager.switches, switches);
  const { clusters, evidence, warnings } = await deployment.succeed({ dryRun: true });
  const decisions = clusters[0]?.decisions ?? [];
  const actions = Object.fromEntries(decisions.map((one) => [one.instanceType, one.action]));
  return { actions, evidence, warnings, own: evidence?.regions['us-east-1'] ?? {} };
}

describe('machine-hours without the interruptions metric release nothing:', () => {
  const isOdd = (time: number) => Math.floor(time / DAY) % 2 === 1;

  it.each<[string, CapacityManagerSwitches['lacks']]>([
    ['it is absent', (metric) => metric === INTERRUPTIONS],
    ['points are empty', () => true],
    ['it is absent on every other day', (metric, _, time) => metric === INTERRUPTIONS && isOdd(time)],
  ])('%s', async (_, lacks) => {
    const { actions, warnings } = await look({ lacks });
    expect(actions['c5.large']).toBe('add');
    expect(warnings.join()).toMatch(/AWS's bands decide/);
  });

  it('the days that have it count', async () => {
    const { own, warnings } = await look({
      lacks: (metric, _, time) => metric === INTERRUPTIONS && isOdd(time),
    });
    expect(own).toMatchObject({ 'c5.large': { hours: 7 * 24 * 40, verdict: 'undecided' } });
    expect(warnings).toEqual([expect.stringContaining(`days without ${INTERRUPTIONS}: 7`)]);
  });

  it('zeros that are left out are zeros on a day on which another type has it', async () => {
    const lacks: CapacityManagerSwitches['lacks'] = (metric, type) =>
      metric === INTERRUPTIONS && type === 'c5.large';
    expect(await look({ lacks })).toMatchObject({ actions: BY_EVIDENCE, warnings: [] });
  });
});
