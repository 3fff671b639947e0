// EC2 Capacity Manager's status, missing figures and refusals: over sockets, from the bundle.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { historyOf } from '../../../cli/demo/sandbox/aws/capacity-manager.ts';
import { makeCluster } from '../../../cli/demo/sandbox/castai/castai.ts';
import { INTERRUPTIONS, lastDays } from '../../../lambda/aws/metric-tally.ts';
import { DAY } from '../../../lambda/domain/words.ts';
import type { CapacityManagerSwitches } from '../../sandbox/aws/capacity-manager.ts';
import type { Fault } from '../../sandbox/http/faults.ts';
import { type Deployment, deploy, NO_GUARD_RAILS, smallFeed } from '../../support/deployment.ts';
import { MACHINES, TYPES } from './own-machines.ts';

const BY_BAND = { 'c5.large': 'add', 'r5.large': 'add' };
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

const forms = () =>
  deployment.sandbox.requests
    .filter(({ route }) => route === 'evidence')
    .map(({ text }) => new URLSearchParams(text));
const strike = (fault: Fault, where: string, times = Number.POSITIVE_INFINITY) =>
  deployment.sandbox.faults.push({
    when: { route: 'evidence', matching: ({ text }) => text.includes(where) },
    fault,
    times,
  });

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

  it('an omitted metric is zero on a day on which another type has it', async () => {
    const lacks: CapacityManagerSwitches['lacks'] = (metric, type) =>
      metric === INTERRUPTIONS && type === 'c5.large';
    expect(await look({ lacks })).toMatchObject({ actions: BY_EVIDENCE, warnings: [] });
  });
});

describe('EC2 Capacity Manager’s status', () => {
  it('limits the figures to whole days of which it has all', async () => {
    const { from, to } = lastDays(14, Date.now());
    const { capacityManager } = deployment.sandbox;
    capacityManager.machineHours = historyOf(MACHINES, Date.now()).filter(
      ({ time }) => time > from + 2.5 * DAY,
    );
    // Yesterday's figures end at some hour.
    const { evidence, own } = await look({ hoursLate: (Date.now() - to) / 3_600_000 + 4 });
    expect([evidence?.from, evidence?.to].map((time) => Date.parse(time ?? ''))).toEqual([
      from + 3 * DAY,
      to - DAY,
    ]);
    expect(own).toMatchObject({ 'c5.large': { hours: 10 * 24 * 40 } });
    expect(evidence?.days).toHaveLength(10);
  });

  it.each<[string, () => void]>([
    ['is refused', () => strike({ kind: 'status', status: 403 }, 'GetCapacityManagerAttributes')],
    ['does not come', () => strike({ kind: 'hang' }, 'GetCapacityManagerAttributes')],
    ['cannot be read', () => strike({ kind: 'body', body: '<x><y>' }, 'GetCapacityManagerAttributes')],
    ['is slow', () => strike({ kind: 'latency', ms: 20_000 }, 'GetCapacityManagerAttributes')],
    [
      'may not be queried',
      () => {
        deployment.sandbox.capacityManager.switches.attributesFailure = 'UnauthorizedOperation';
      },
    ],
  ])('%s: the figures of all whole days count, with a warning', async (_, arrange) => {
    arrange();
    const { actions, evidence, warnings } = await look({ hoursLate: 20 });
    expect(actions).toEqual(BY_EVIDENCE);
    expect(evidence?.days).toHaveLength(14);
    expect(warnings).toEqual([expect.stringMatching(/^Whether .* are complete could not be read/)]);
  });

  it('that it takes in its first figures is no reason to ignore them', async () => {
    const { actions, warnings } = await look({ ingestion: 'initial-ingestion-in-progress' });
    expect({ actions, warnings }).toEqual({ actions: BY_EVIDENCE, warnings: [] });
  });

  it('that it has no whole day yet leaves AWS’s bands to decide', async () => {
    const { actions, warnings } = await look({ hoursLate: 24 * 14 });
    expect(actions).toEqual(BY_BAND);
    expect(warnings).toEqual([expect.stringMatching(/no figures .* get-capacity-manager-attributes/)]);
  });
});

describe('more than ten interrupted types', () => {
  const NAMES = Array.from({ length: 25 }, (_, index) => `m${index + 1}.large`);

  beforeEach(() => {
    deployment.sandbox.feed.replace(smallFeed(Object.fromEntries(NAMES.map((name) => [name, 1]))));
    // Each has two machines interrupted in one hour, and one in another hour of the day.
    deployment.sandbox.capacityManager.machineHours = historyOf(
      NAMES.map((instanceType) => ({ instanceType, machines: 6, interruptions: { 3: 2, 9: 1 } })),
      Date.now(),
    );
  });

  it('are queried by hour in parts that EC2 accepts', async () => {
    const { own, warnings } = await look();
    expect(warnings).toEqual([]);
    expect(Object.keys(own)).toHaveLength(25);
    for (const figures of Object.values(own))
      expect(figures).toMatchObject({ interruptions: 2, machines: 3 });
    const parts = forms().filter((form) => form.get('Period') === '3600');
    expect(
      parts.map(
        (form) =>
          [...form.keys()].filter((key) => key.includes('FilterBy.2.DimensionCondition.Value')).length,
      ),
    ).toEqual([10, 10, 5]);
  });

  it('lack hours only in the part that fails, and the warning says why', async () => {
    strike(
      {
        kind: 'status',
        status: 400,
        body: '<Response><Errors><Error><Code>RequestLimitExceeded</Code></Error></Errors></Response>',
      },
      'Value.1=m1.large',
      3,
    );
    const { own, warnings } = await look();
    const interruptions = Object.values(own).map((figures) => figures.interruptions);
    expect(interruptions.filter((count) => count === 1)).toHaveLength(10);
    expect(interruptions.filter((count) => count === 2)).toHaveLength(15);
    expect(warnings).toEqual([
      expect.stringMatching(/of m1\.large, .* count as one: .* asks for fewer requests/),
    ]);
  });
});

it('a fleet of more than ten regions queries all, and counts its own', async () => {
  const { capacityManager, castai, feed } = deployment.sandbox;
  const regions = Array.from({ length: 11 }, (_, index) => `eu-west-${index + 1}`);
  const { organizationId } = castai;
  castai.clusters = regions.map((region) => makeCluster(region, { organizationId, name: region }));
  deployment.sandbox.putSecret({ 'cluster-id': '*' });
  const parts = regions.map((region) => smallFeed(TYPES, region));
  feed.replace({ ...parts[0], spot_advisor: Object.assign({}, ...parts.map((part) => part.spot_advisor)) });
  const everywhere = ['us-east-1', ...regions].flatMap((region) =>
    MACHINES.map((one) => ({ ...one, region })),
  );
  capacityManager.machineHours = historyOf(everywhere, Date.now());
  const { evidence, warnings } = await look();
  expect(warnings).toEqual([]);
  expect(Object.keys(evidence?.regions ?? {}).toSorted()).toEqual(regions.toSorted());
  for (const types of Object.values(evidence?.regions ?? {}))
    expect(types).toMatchObject({ 'm5.large': { hours: 2016, interruptions: 4 } });
});
