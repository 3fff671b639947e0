// How own evidence affects a round, from the bundle and over real sockets.
import { expect, it } from 'vitest';
import { historyOf } from '../../../cli/demo/sandbox/aws/capacity-manager.ts';
import { answering, HOUR } from '../../support/deployment.ts';
import {
  deployFleet,
  FLEET_TYPES,
  handAll,
  lastLine,
  metricsIn,
  setFleet,
  waitingIn,
} from '../../support/fleet.ts';

const CALM = ['c5.large', 'r5.large'];

/**
 * The covered types of each cluster: by the bands, alpha lacks two types and beta one; by own evidence, only beta lacks
 * one.
 */
const COVERED = { alpha: ['m5.large'], beta: CALM, gamma: FLEET_TYPES };

it.each([
  ['decide', 'beta', 2],
  ['report', 'alpha', 0],
])('the planner of a fleet with OWN_EVIDENCE=%s puts %s first', async (mode, first, requests) => {
  await using deployment = await deployFleet({ environment: { OWN_EVIDENCE: mode } });
  const { sandbox } = deployment;
  // Never interrupted, while the others were once a day.
  const daily = Object.fromEntries(Array.from({ length: 14 }, (_, day) => [24 * day + 5, 2]));
  const machines = [
    ...CALM.map((instanceType) => ({ instanceType, machines: 40 })),
    { instanceType: 'm5.large', machines: 40, interruptions: daily },
  ];
  sandbox.capacityManager.machineHours = historyOf(machines, Date.now());
  const clusters = setFleet(sandbox, Object.keys(COVERED));
  const expiresAt = new Date(Date.now() + 4 * HOUR).toISOString();
  const reason = 'spot-blacklist/default: >20%';
  Object.values(COVERED).forEach((types, index) => {
    const clusterId = clusters[index]?.id ?? '';
    for (const instanceType of types)
      sandbox.castai.seed({ clusterId, instanceType, lifecycle: 'spot', reason, expiresAt });
  });
  expect((await deployment.invoke()).payload).toMatchObject({ status: 'planned', clusters: 3 });
  expect(clusters.find(({ id }) => id === waitingIn(sandbox)[0]?.cluster)?.name).toBe(first);
  const asked = sandbox.requests.filter(({ text }) => text.includes('GetCapacityManagerMetricData'));
  expect(asked).toHaveLength(requests);
});

it('jobs and summary count the days that the planner counted, although figures for another day have arrived since', async () => {
  await using deployment = await deployFleet({ environment: { OWN_EVIDENCE: 'decide' } });
  const { capacityManager, requests } = deployment.sandbox;
  const machines = [{ instanceType: 'm5.large', machines: 40, interruptions: { 30: 1, 50: 1 } }];
  capacityManager.machineHours = historyOf(machines, Date.now());
  capacityManager.switches.hoursLate = 24;
  await deployment.invoke();
  capacityManager.switches.hoursLate = 0;
  await handAll(deployment);
  const ends = requests
    .map(({ text }) => new URLSearchParams(text))
    .filter((query) => query.get('Period') === '3600')
    .map((query) => query.get('EndTime'));
  // The planner, three jobs and the summary.
  expect(ends).toHaveLength(5);
  expect(new Set(ends).size).toBe(1);
});

it('a round without own figures from its plan to its summary is judged by AWS’s bands', async () => {
  await using deployment = await deployFleet({ environment: { OWN_EVIDENCE: 'decide' } });
  const { sandbox } = deployment;
  sandbox.capacityManager.switches.failure = 'RequestLimitExceeded';
  sandbox.faults.push({ when: { route: 'add' }, fault: answering(400) });
  await deployment.invoke();
  const [summary] = (await handAll(deployment)).slice(-1);
  if (summary === undefined) throw new Error('There is no summary.');
  expect(lastLine(summary)).toMatchObject({ code: 'RUN_FAILED' });
  expect(metricsIn(summary)).toMatchObject({ RunCompleted: 0, Uncovered: 9, Deferred: 9 });
});
