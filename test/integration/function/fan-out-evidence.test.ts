// How own evidence affects the order of a round's jobs, from the bundle and over real sockets.
import { expect, it } from 'vitest';
import { historyOf } from '../../../cli/sandbox/aws/machine-history.ts';
import { HOUR } from '../../support/deployment.ts';
import { deployFleet, FLEET_TYPES, setFleet, waitingIn } from '../../support/fleet.ts';

const CALM = ['c5.large', 'r5.large'];

/** What covers the clusters: by the bands, alpha lacks two types and beta one; by own evidence, only beta lacks one. */
const COVERED = { alpha: ['m5.large'], beta: CALM, gamma: FLEET_TYPES };

it.each([
  ['decide', 'beta', 1],
  ['report', 'alpha', 0],
])('the planner of a fleet with OWN_EVIDENCE=%s puts %s first', async (mode, first, requests) => {
  await using deployment = await deployFleet({ environment: { OWN_EVIDENCE: mode } });
  const { sandbox } = deployment;
  const machines = CALM.map((instanceType) => ({ instanceType, machines: 40 }));
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
