// CAST AI's interruption prediction drains nodes before AWS takes them, so own figures miss interruptions: no type is calm
// by them.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { historyOf } from '../../../cli/demo/sandbox/aws/capacity-manager.ts';
import { makeTemplate } from '../../../cli/demo/sandbox/castai/inventory.ts';
import type { RunResult } from '../../../lambda/report/result.ts';
import type { Fault, FaultRule } from '../../sandbox/http/faults.ts';
import { type Deployment, deploy, NO_GUARD_RAILS, smallFeed } from '../../support/deployment.ts';
import { clusterIdOf, deployFleet, hand, resetFleet, setFleet, waitingIn } from '../../support/fleet.ts';
import { MACHINES, TYPES } from './own-machines.ts';

const PREDICTS =
  "CAST AI's interruption prediction (spotInterruptionPredictionsEnabled of the node template web) drains nodes before AWS takes them";
const UNKNOWN =
  "the node templates of a cluster are unknown, and CAST AI's interruption prediction may drain nodes before AWS takes them";

const templates = (constraints: Record<string, unknown>, facts = {}): Fault => ({
  kind: 'body',
  body: JSON.stringify({ items: [{ template: makeTemplate('web', constraints, facts), stats: {} }] }),
  contentType: 'application/json',
});
const prediction = templates({ spot: true, spotInterruptionPredictionsEnabled: true });

/** CAST AI's response about the templates of one cluster, or of all. */
const answering = (fault: Fault, clusterId?: string): FaultRule => ({
  when: { route: 'templates', matching: ({ path }) => clusterId === undefined || path.includes(clusterId) },
  fault,
});

/** What is decided about c5.large, which is calm by own evidence, and risky by its band. */
const calmIn = ({ clusters }: RunResult) =>
  clusters.map(({ decisions }) => decisions.find(({ instanceType }) => instanceType === 'c5.large'));

let deployment: Deployment;

beforeAll(async () => {
  deployment = await deploy({ environment: { ...NO_GUARD_RAILS, OWN_EVIDENCE: 'decide' } });
});

afterAll(() => deployment[Symbol.asyncDispose]());

beforeEach(() => {
  deployment.reset();
  deployment.sandbox.feed.replace(smallFeed(TYPES));
  deployment.sandbox.capacityManager.machineHours = historyOf(MACHINES, Date.now());
});

describe('no type is calm by own evidence, and the result says why,', () => {
  it.each<[string, Fault, string]>([
    ['while a Spot template has interruption prediction', prediction, PREDICTS],
    [
      'while a template has it in a form that cannot be read',
      templates({ spot: true, spotInterruptionPredictionsEnabled: 'sometimes' }),
      PREDICTS,
    ],
    ['where the templates may not be read', { kind: 'status', status: 403 }, UNKNOWN],
  ])('%s', async (_, fault, hidden) => {
    deployment.sandbox.faults.push(answering(fault));
    const result = await deployment.succeed({ dryRun: true });
    expect(calmIn(result)).toEqual([
      expect.objectContaining({
        action: 'add',
        reason: expect.stringMatching(
          /; never interrupted in 13,440 .*: calm by themselves, which does not count$/,
        ),
      }),
    ]);
    expect(result.evidence?.hidden).toBe(hidden);
    expect(result.warnings).toContain(
      `No type counts as calm by own evidence: ${hidden}, so that interruptions may be missing.`,
    );
    expect(result.clusters[0]?.decisions).toContainEqual(
      expect.objectContaining({ instanceType: 'm5.large', action: 'add', cause: 'own evidence' }),
    );
  });

  it('while the templates cannot be read for the moment', async () => {
    deployment.sandbox.faults.push(answering({ kind: 'status', status: 503 }));
    const { report } = await deployment.fail({});
    expect(report['evidence']).toMatchObject({ hidden: UNKNOWN });
  });

  it('in every cluster of a fleet, while a template of one of them has it', async () => {
    const { sandbox } = deployment;
    const clusters = setFleet(sandbox, ['alpha', 'beta']);
    sandbox.feed.replace(smallFeed(TYPES));
    sandbox.faults.push(answering(prediction, clusters[1]?.id));
    const result = await deployment.succeed({ dryRun: true });
    expect(calmIn(result).map((one) => one?.action)).toEqual(['add', 'add']);
    expect(result.evidence?.hidden).toBe(PREDICTS);
  });
});

it.each<[string, Fault]>([
  ['has it off', templates({ spot: true, spotInterruptionPredictionsEnabled: false })],
  ['that is disabled has it', templates({ spotInterruptionPredictionsEnabled: true }, { isEnabled: false })],
  ['that buys no Spot has it', templates({ spot: false, spotInterruptionPredictionsEnabled: true })],
])('a type is calm by own evidence where a template %s', async (_, fault) => {
  deployment.sandbox.faults.push(answering(fault));
  const result = await deployment.succeed({ dryRun: true });
  expect(calmIn(result)).toEqual([undefined]);
  expect(result.evidence?.hidden).toBeNull();
  expect(result.warnings.join()).not.toContain('counts as calm');
});

describe('with fan-out, the planner reads the templates of all clusters, and its jobs use the result:', () => {
  let fleet: Deployment;

  beforeAll(async () => {
    fleet = await deployFleet({ environment: { OWN_EVIDENCE: 'decide' } });
  });

  afterAll(() => fleet[Symbol.asyncDispose]());

  it.each<[string, Fault, string | null, string[]]>([
    ['one has interruption prediction', prediction, PREDICTS, ['c5.large', 'm5.large', 'r5.large']],
    ['one is unknown', { kind: 'status', status: 403 }, UNKNOWN, ['c5.large', 'm5.large', 'r5.large']],
    ['none has it', templates({ spot: true }), null, ['m5.large', 'r5.large']],
  ])('%s', async (_, fault, hidden, added) => {
    resetFleet(fleet);
    const { sandbox } = fleet;
    sandbox.feed.replace(smallFeed(TYPES));
    sandbox.capacityManager.machineHours = historyOf(MACHINES, Date.now());
    sandbox.faults.push(answering(fault, clusterIdOf(fleet, 'gamma')));
    expect((await fleet.invoke()).payload).toMatchObject({ status: 'planned', clusters: 3 });
    const jobs = waitingIn(sandbox);
    expect(jobs).toHaveLength(4);
    for (const job of jobs) expect(job).toMatchObject({ evidence: { hidden } });
    const alpha = jobs.find(({ cluster }) => cluster === clusterIdOf(fleet, 'alpha'));
    expect((await hand(fleet, alpha)).functionError).toBeUndefined();
    expect([...fleet.addedTypes].sort()).toEqual(added);
  });
});
