import { describe, expect, it } from 'vitest';
import { DAY, HOURS, INTERRUPTIONS, Tally } from '../../../lambda/aws/metric-points.ts';

const NOW = Date.parse('2026-11-25T17:20:00Z');
const MIDNIGHT = Date.parse('2026-11-25T00:00:00Z');
const SCOPE = { regions: ['us-east-1', 'eu-west-1'], os: 'Linux', from: MIDNIGHT - 14 * DAY, now: NOW };

interface Facts {
  readonly region?: unknown;
  readonly type?: unknown;
  readonly platform?: unknown;
  readonly zone?: unknown;
  readonly time?: unknown;
  readonly hours?: unknown;
  readonly interruptions?: unknown;
}

/** A data point as the SDK returns it. */
function point({
  region = 'us-east-1',
  type = 'm5.large',
  platform = 'Linux/UNIX',
  zone,
  time = new Date(MIDNIGHT - DAY),
  hours,
  interruptions,
}: Facts) {
  return {
    Dimension: {
      ResourceRegion: region,
      InstanceType: type,
      InstancePlatform: platform,
      ...(zone !== undefined && { AvailabilityZoneId: zone }),
    },
    Timestamp: time,
    MetricValues: [
      ...(hours === undefined ? [] : [{ Metric: HOURS, Value: hours }]),
      ...(interruptions === undefined ? [] : [{ Metric: INTERRUPTIONS, Value: interruptions }]),
    ],
  };
}

function tallied(totals: readonly unknown[], details: readonly unknown[] = []) {
  const tally = new Tally(SCOPE);
  tally.addTotals(totals);
  tally.addDetails(details);
  const figures = tally.figures();
  return { of: (type: string, region = 'us-east-1') => figures.get(region)?.get(type), tally };
}

const daysAgo = (days: number) => new Date(MIDNIGHT - days * DAY);

describe('data points of a type', () => {
  it('add up over days and accounts', () => {
    const { of } = tallied([
      point({ hours: 24, interruptions: 0 }),
      point({ hours: 48, interruptions: 1 }),
      point({ hours: 24.5, interruptions: 1, time: daysAgo(2) }),
    ]);
    expect(of('m5.large')).toEqual({ hours: 96.5, interruptions: 2, machines: 2 });
  });

  it('are kept apart by region', () => {
    const { of } = tallied([
      point({ hours: 24, interruptions: 1 }),
      point({ hours: 48, interruptions: 0, region: 'eu-west-1' }),
      point({ hours: 96, interruptions: 0, region: 'ap-south-1' }),
    ]);
    expect(of('m5.large')?.hours).toBe(24);
    expect(of('m5.large', 'eu-west-1')?.hours).toBe(48);
    expect(of('m5.large', 'ap-south-1')).toBeUndefined();
  });

  it('count interruptions of a day once, if no details say more', () => {
    const { of } = tallied([point({ hours: 240, interruptions: 7 })]);
    expect(of('m5.large')).toEqual({ hours: 240, interruptions: 1, machines: 7 });
  });

  it('count interruptions by hour and zone, if details say them', () => {
    const at = (hour: number, zone: string, interruptions: number) =>
      point({ time: new Date(MIDNIGHT - hour * 3_600_000), zone, interruptions });
    const { of } = tallied(
      [point({ hours: 240, interruptions: 7 })],
      [at(5, 'use1-az1', 4), at(5, 'use1-az2', 1), at(9, 'use1-az1', 2), at(10, 'use1-az1', 0)],
    );
    expect(of('m5.large')).toEqual({ hours: 240, interruptions: 3, machines: 7 });
  });

  it('never count more interruptions than machines', () => {
    const details = [1, 2, 3].map((hour) =>
      point({ time: new Date(MIDNIGHT - hour * 3_600_000), interruptions: 1 }),
    );
    expect(tallied([point({ hours: 240, interruptions: 2 })], details).of('m5.large')).toEqual({
      hours: 240,
      interruptions: 2,
      machines: 2,
    });
  });

  it('may come from the AWS CLI, with times as texts', () => {
    const { of } = tallied([point({ hours: 24, interruptions: 1, time: '2026-11-24T00:00:00+00:00' })]);
    expect(of('m5.large')?.hours).toBe(24);
  });

  it('count only if they are of the OS', () => {
    const { of, tally } = tallied([
      point({ hours: 24, platform: 'Windows' }),
      point({ hours: 48, platform: 'linux' }),
      point({ hours: 96, platform: 'Red Hat Enterprise Linux' }),
    ]);
    expect(of('m5.large')?.hours).toBe(48);
    expect(tally.problems()).toEqual([]);
  });

  it('before the window do not count', () => {
    expect(tallied([point({ hours: 24, time: daysAgo(15) })]).tally.isEmpty).toBe(true);
  });
});

it('figures are known by day, but for types that cannot be trusted', () => {
  const { tally } = tallied([
    point({ hours: 24, interruptions: 0 }),
    point({ hours: 24, interruptions: 2 }),
    point({ hours: 12, interruptions: 0, time: daysAgo(2) }),
    point({ hours: -1, type: 'c5.large' }),
  ]);
  const common = { region: 'us-east-1', instanceType: 'm5.large' };
  expect(tally.days()).toEqual([
    { ...common, day: MIDNIGHT - DAY, hours: 48, machines: 2 },
    { ...common, day: MIDNIGHT - 2 * DAY, hours: 12, machines: 0 },
  ]);
});

describe('what cannot be trusted', () => {
  it.each<[string, readonly unknown[], string]>([
    ['negative hours', [point({ hours: -1 })], 'negative or unreadable figures: m5.large'],
    [
      'a negative number of interruptions',
      [point({ hours: 24, interruptions: -2 })],
      'negative or unreadable figures: m5.large',
    ],
    ['no number', [point({ hours: Number.NaN })], 'negative or unreadable figures: m5.large'],
    ['a text', [point({ hours: '24' })], 'negative or unreadable figures: m5.large'],
    ['huge hours', [point({ hours: 1e12 })], 'impossibly large figures: m5.large'],
    [
      'a huge number of interruptions',
      [point({ hours: 1e8, interruptions: 1e7 })],
      'impossibly large figures: m5.large',
    ],
    [
      'interruptions without hours',
      [point({ interruptions: 3 })],
      'interruptions without machine-hours: m5.large',
    ],
    [
      'more interruptions than hours',
      [point({ hours: 10, interruptions: 11 })],
      'more interruptions than machine-hours: m5.large',
    ],
  ])('%s of a type are a problem, and it has no figures', (_, points, problem) => {
    const { of, tally } = tallied([...points, point({ type: 'c5.large', hours: 24 })]);
    expect(of('m5.large')).toBeUndefined();
    expect(of('c5.large')?.hours).toBe(24);
    expect(tally.problems()).toEqual([problem]);
  });

  it.each<[string, unknown]>([
    ['nothing', null],
    ['a text', 'point'],
    ['no dimension', { MetricValues: [], Timestamp: daysAgo(1) }],
    ['no platform', point({ platform: null, hours: 24 })],
    ['no type', point({ type: null, hours: 24 })],
    ['a type that is none', point({ type: 'castai_v1_0123', hours: 24 })],
    ['no region', point({ region: null, hours: 24 })],
    ['no time', point({ time: 'soon', hours: 24 })],
    ['an invalid time', point({ time: new Date(Number.NaN), hours: 24 })],
  ])('a point with %s is counted as unreadable', (_, one) => {
    const { tally } = tallied([one]);
    expect(tally.isEmpty).toBe(true);
    expect(tally.problems()).toEqual(['unreadable data points: 1']);
  });

  it('points in the future are a sign of a clock that is off', () => {
    const { tally } = tallied([point({ hours: 24, time: daysAgo(-3) })]);
    expect(tally.problems()).toEqual(['data points in the future (check the clock): 1']);
  });

  it('points of other platforms only are named', () => {
    const { tally } = tallied([point({ hours: 24, platform: 'Windows' })]);
    expect(tally.problems()).toEqual(['data points of other platforms than Linux only: 1']);
  });
});

it('a type without machine-hours has no figures, which is no problem', () => {
  const { of, tally } = tallied([point({ hours: 0, interruptions: 0 })]);
  expect(of('m5.large')).toBeUndefined();
  expect(tally.isEmpty).toBe(true);
  expect(tally.problems()).toEqual([]);
});

it('the types with interruptions are known in all regions', () => {
  const { tally } = tallied([
    point({ hours: 24, interruptions: 1 }),
    point({ hours: 24, interruptions: 1, type: 'c5.large', region: 'eu-west-1' }),
    point({ hours: 24, interruptions: 0, type: 'r5.large' }),
  ]);
  expect(tally.interruptedTypes).toEqual(['c5.large', 'm5.large']);
});
