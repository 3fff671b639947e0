// Own evidence, as the deployed function reads it from EC2 Capacity Manager over sockets.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { historyOf } from '../../../cli/demo/sandbox/aws/capacity-manager.ts';
import { HOURS } from '../../../lambda/aws/metric-tally.ts';
import type { CapacityManagerSwitches } from '../../sandbox/aws/capacity-manager.ts';
import type { Fault } from '../../sandbox/http/faults.ts';
import { type Deployment, deploy, NO_GUARD_RAILS, smallFeed } from '../../support/deployment.ts';
import { MACHINES, TYPES } from './own-machines.ts';

const BY_BAND = { 'c5.large': 'add', 'r5.large': 'add' };
const BY_EVIDENCE = { 'm5.large': 'add', 'r5.large': 'add' };

let deployment: Deployment;

beforeAll(async () => {
  deployment = await deploy({
    environment: { ...NO_GUARD_RAILS, OWN_EVIDENCE: 'decide' },
    timeoutSeconds: 60,
  });
});

afterAll(() => deployment[Symbol.asyncDispose]());

beforeEach(() => {
  deployment.reset();
  deployment.sandbox.feed.replace(smallFeed(TYPES));
  deployment.sandbox.capacityManager.machineHours = historyOf(MACHINES, Date.now());
});

async function look(payload: Record<string, unknown> = {}) {
  const result = await deployment.succeed({ dryRun: true, ...payload });
  const [cluster] = result.clusters;
  if (cluster === undefined) throw new Error('There is no cluster.');
  const actions = Object.fromEntries(cluster.decisions.map((one) => [one.instanceType, one.action]));
  return { ...result, cluster, actions };
}

/** The queries for figures. */
const asked = () =>
  deployment.sandbox.requests
    .filter(({ route }) => route === 'evidence')
    .map(({ text }) => Object.fromEntries(new URLSearchParams(text)))
    .filter(({ Action }) => Action === 'GetCapacityManagerMetricData');

describe('own evidence', () => {
  it('from a misspelt region is a warning that names the region that was probably meant', async () => {
    const { warnings } = await look({ ownEvidenceRegion: 'us-esat-1' });
    expect(warnings).toContainEqual(
      'OWN_EVIDENCE_REGION is us-esat-1, which the feed does not have (did you mean us-east-1?).',
    );
  });

  it('decides, and the result shows it beside the band', async () => {
    const { actions, cluster, evidence, warnings } = await look();
    expect(actions).toEqual(BY_EVIDENCE);
    expect(cluster.decisions[0]).toMatchObject({
      instanceType: 'm5.large',
      band: '5-10%',
      own: { hours: 2016, interruptions: 4, ratio: null },
      reason: "interrupted 4 times in 2,016 of your machine-hours, your others never, AWS's band is 5-10%",
    });
    expect(evidence).toEqual({
      mode: 'decide',
      ratio: 2,
      dispersion: { 'us-east-1': 1 },
      hidden: null,
      riskyAgainstOthers: null,
      from: expect.stringMatching(/T00:00:00\.000Z$/),
      to: expect.stringMatching(/T00:00:00\.000Z$/),
      hours: 15_456,
      interruptions: 4,
      riskier: 1,
      calmer: 1,
      days: expect.arrayContaining([
        {
          day: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
          keptOff: { hours: 144, machines: 1 },
          others: { hours: 960, machines: 0 },
        },
      ]),
      regions: {
        'us-east-1': {
          'm5.large': { hours: 2016, interruptions: 4, ratio: null, verdict: 'risky' },
          'c5.large': { hours: 13_440, interruptions: 0, ratio: 0, verdict: 'calm' },
        },
      },
    });
    expect(warnings).toEqual([]);
  });

  it('is reported by day, for the types that the plan keeps off and for all others', async () => {
    const days = (await look()).evidence?.days ?? [];
    expect(days).toHaveLength(14);
    expect(days.map(({ day }) => day)).toEqual(days.map(({ day }) => day).toSorted());
    expect(
      days
        .map(({ keptOff }) => keptOff.machines)
        .filter(Boolean)
        .toSorted(),
    ).toEqual([1, 1, 1, 1]);
    const byBand = (await look({ ownEvidence: 'report' })).evidence?.days ?? [];
    expect(byBand[0]).toMatchObject({ keptOff: { hours: 960, machines: 0 }, others: { hours: 144 } });
  });

  it('is written as the entry’s reason', async () => {
    await deployment.succeed({});
    const entry = deployment.sandbox.castai.entries.find((one) => one.instanceType === 'm5.large');
    expect(entry?.reason).toBe(
      "spot-blacklist/default: own evidence: interrupted 4 times in 2,016 of your machine-hours, your others never, AWS's band is 5-10%",
    );
  });

  it('is only shown with report', async () => {
    const { actions, cluster, evidence } = await look({ ownEvidence: 'report' });
    expect(actions).toEqual(BY_BAND);
    expect(cluster.decisions.find(({ instanceType }) => instanceType === 'c5.large')).toMatchObject({
      own: { hours: 13_440, interruptions: 0, ratio: 0 },
    });
    expect(evidence).toMatchObject({ mode: 'report', riskier: 1, calmer: 1 });
  });

  it('is not queried if it is off, or to clear', async () => {
    const { actions, evidence } = await look({ ownEvidence: 'off' });
    expect(actions).toEqual(BY_BAND);
    expect(evidence).toBeNull();
    await deployment.succeed({ operation: 'clear' });
    expect(asked()).toEqual([]);
  });

  it('is queried once per run, and by hour only for the types that were interrupted', async () => {
    deployment.sandbox.capacityManager.machineHours = historyOf(MACHINES, Date.now(), 30);
    await look({ ownEvidenceDays: 30 });
    expect(asked()).toEqual([
      expect.objectContaining({ Period: '86400', 'FilterBy.1.DimensionCondition.Value.1': 'us-east-1' }),
      expect.objectContaining({ Period: '3600', 'FilterBy.2.DimensionCondition.Value.1': 'm5.large' }),
    ]);
    const days = asked().map(
      ({ StartTime = '', EndTime = '' }) => Date.parse(EndTime) - Date.parse(StartTime),
    );
    expect(days).toEqual([30 * 86_400_000, 30 * 86_400_000]);
  });

  it('of several accounts and zones adds up, and of other platforms and regions does not', async () => {
    const zones = ['use1-az1', 'use1-az2'];
    deployment.sandbox.capacityManager.machineHours = historyOf(
      [
        { instanceType: 'c5.large', machines: 10, zones, account: '111111111111' },
        { instanceType: 'c5.large', machines: 10, zones, account: '222222222222' },
        { instanceType: 'c5.large', machines: 99, platform: 'Windows' },
        { instanceType: 'c5.large', machines: 99, region: 'eu-west-1' },
        { instanceType: 'x9.large', machines: 99 },
      ],
      Date.now(),
    );
    const { evidence, actions } = await look();
    expect(evidence?.regions).toEqual({
      'us-east-1': { 'c5.large': expect.objectContaining({ hours: 13_440 }) },
    });
    // Nothing was interrupted, so nothing is calmer than the rest.
    expect(actions).toEqual(BY_BAND);
  });

  it('counts machines interrupted in the same hour and zone once', async () => {
    deployment.sandbox.capacityManager.machineHours = historyOf(
      [{ instanceType: 'm5.large', machines: 6, interruptions: { 5: 4 } }],
      Date.now(),
    );
    const { evidence, actions } = await look();
    expect(evidence?.regions['us-east-1']?.['m5.large']).toMatchObject({ interruptions: 1, machines: 4 });
    expect(actions).toEqual(BY_BAND);
  });

  it('of more types than fit on a page is read to the end', async () => {
    const [hour] = historyOf([{ instanceType: 'x1.large', machines: 24 }], Date.now(), 1);
    if (hour === undefined) throw new Error('There is no history.');
    const many = Array.from({ length: 400 * 14 }, (_, index) => ({
      ...hour,
      instanceType: `x${index % 400}.large`,
      time: hour.time - Math.floor(index / 400) * 86_400_000,
    }));
    deployment.sandbox.capacityManager.machineHours = [...many, ...historyOf(MACHINES, Date.now())];
    const { actions } = await look();
    expect(asked().length).toBe(3);
    // Among so many machines, none of c5.large's being interrupted says little.
    expect(actions).toEqual({ 'm5.large': 'add', ...BY_BAND });
  });
});

describe('AWS’s bands decide, and a warning says how to fix it, if Capacity Manager', () => {
  const failing = (failure: string) => ({ failure });

  it.each<[string, Partial<CapacityManagerSwitches>, RegExp]>([
    [
      'is not enabled',
      { enabled: 'no, an error' },
      /not enabled in us-east-1. Enable it with: aws ec2 enable-cap/,
    ],
    [
      'is not enabled, and returns no data',
      { enabled: 'no, no data' },
      /not enabled in us-east-1. Enable it with: aws ec2 enable-cap/,
    ],
    ['may not be read', failing('UnauthorizedOperation'), /Allow it ec2:GetCapacityManagerMetricData/],
    [
      'failed to ingest figures',
      { ingestion: 'ingestion-failed' },
      /Start it again with: aws ec2 enable-cap/,
    ],
    ['wants an opt-in', failing('OptInRequired'), /aws ec2 get-capacity-manager-attributes --region u/],
    ['is busy', failing('RequestLimitExceeded'), /asks for fewer requests/],
    ['does not know the credentials', failing('AuthFailure'), /aws sts get-caller-identity/],
    [
      'refuses for an unknown reason',
      failing('SomethingNew'),
      /aws ec2 get-capacity-manager-attributes --region u/,
    ],
    ['has pages without end', { pages: 'empty ones without end' }, /Set OWN_EVIDENCE_DAYS to fewer days/],
    ['repeats a page', { pages: 'the same token again' }, /Set OWN_EVIDENCE_DAYS to fewer days/],
  ])('%s', async (_, switches, warning) => {
    Object.assign(deployment.sandbox.capacityManager.switches, switches);
    const { actions, warnings, evidence } = await look();
    expect(actions).toEqual(BY_BAND);
    expect(warnings).toEqual([expect.stringMatching(warning)]);
    expect(warnings[0]).toContain("so AWS's bands decide");
    expect(evidence).toMatchObject({ from: null, hours: 0, regions: { 'us-east-1': {} } });
  });

  it.each<[string, Fault, RegExp]>([
    ['does not answer', { kind: 'hang' }, /did not respond in time/],
    ['resets the connection', { kind: 'reset' }, /did not respond in time/],
    ['answers with HTML', { kind: 'body', body: '<html>Bad Gateway</html>' }, /no figures|did not return/],
    ['answers with junk', { kind: 'body', body: '{"a":[' }, /no figures|did not return/],
    ['cuts its answer off', { kind: 'truncate' }, /did not/],
    ['fails', { kind: 'status', status: 500 }, /did not return a valid response/],
  ])('%s', async (_, fault, warning) => {
    deployment.sandbox.faults.push({ when: { route: 'evidence' }, fault });
    const { actions, warnings } = await look();
    expect(actions).toEqual(BY_BAND);
    expect(warnings).toEqual([expect.stringMatching(warning)]);
  });

  it.each<[string, Partial<CapacityManagerSwitches>, RegExp]>([
    [
      'lacks the hours',
      { lacks: (metric, type) => metric === HOURS && type === 'm5.large' },
      /interruptions without machine-hours: m5\.large/,
    ],
    ['says a negative number', { junk: { 'm5.large': -4 } }, /negative or unreadable figures: m5\.large/],
    ['says no number', { junk: { 'm5.large': Number.NaN } }, /negative or unreadable figures: m5\.large/],
    ['says a huge number', { junk: { 'm5.large': 1e11 } }, /impossibly large figures: m5\.large/],
  ])(
    '%s of a type: there the band decides, and what is left has nothing to compare with',
    async (_, switches, warning) => {
      Object.assign(deployment.sandbox.capacityManager.switches, switches);
      const { actions, warnings } = await look();
      expect(actions).toEqual(BY_BAND);
      expect(warnings).toEqual([expect.stringMatching(warning)]);
    },
  );
});

describe('own evidence is found, whatever Capacity Manager’s definitions are:', () => {
  it.each<[string, Partial<CapacityManagerSwitches>]>([
    ['points without zones', { withoutZones: true }],
    ['data that come a day late', { hoursLate: 24 }],
    ['an empty page first', { pages: 'an empty one first' }],
  ])('%s', async (_, switches) => {
    Object.assign(deployment.sandbox.capacityManager.switches, switches);
    expect((await look()).actions).toEqual(BY_EVIDENCE);
  });

  it('without hourly data, interruptions are counted by day', async () => {
    deployment.sandbox.faults.push({
      when: { route: 'evidence', matching: ({ text }) => text.includes('Period=3600') },
      fault: { kind: 'status', status: 400 },
    });
    const { actions, warnings } = await look();
    expect(actions).toEqual(BY_EVIDENCE);
    expect(warnings).toEqual([
      expect.stringMatching(/of m5\.large could not be read, so several on one day count as one: .* did not/),
    ]);
  });
});
