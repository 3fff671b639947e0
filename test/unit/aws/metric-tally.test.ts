import { describe, expect, it } from 'vitest';
import { HOURS, INTERRUPTIONS, lastDays, Tally } from '../../../lambda/aws/metric-tally.ts';
import { DAY } from '../../../lambda/domain/words.ts';

const MIDNIGHT = Date.parse('2026-11-25T00:00:00Z');
const SCOPE = {
  regions: ['us-east-1', 'eu-west-1'],
  os: 'Linux',
  ...lastDays(14, Date.parse('2026-11-25T17:20:00Z')),
};

interface Facts {
  readonly region?: unknown;
  readonly type?: unknown;
  readonly platform?: unknown;
  readonly zone?: unknown;
  readonly time?: unknown;
  readonly hours?: unknown;
  readonly interruptions?: unknown;
}

/** A data point as the SDK returns it, without interruptions; null leaves a metric out. */
function point({
  region = 'us-east-1',
  type = 'm5.large',
  platform = 'Linux/UNIX',
  zone,
  time = new Date(MIDNIGHT - DAY),
  hours = 24,
  interruptions = 0,
}: Facts = {}) {
  return {
    Dimension: {
      ResourceRegion: region,
      InstanceType: type,
      InstancePlatform: platform,
      ...(zone !== undefined && { AvailabilityZoneId: zone }),
    },
    Timestamp: time,
    MetricValues: [
      ...(hours === null ? [] : [{ Metric: HOURS, Value: hours }]),
      ...(interruptions === null ? [] : [{ Metric: INTERRUPTIONS, Value: interruptions }]),
    ],
  };
}

function tallied(totals: readonly unknown[], details: readonly unknown[] = []) {
  const tally = new Tally(SCOPE);
  tally.addTotals(totals);
  tally.addDetails(details);
  const figures = tally.figures();
  return {
    of: (type: string, region = 'us-east-1') => figures.get(region)?.get(type),
    problems: tally.problems(),
    tally,
  };
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
    const { of, problems } = tallied([
      point({ hours: 24, platform: 'Windows' }),
      point({ hours: 48, platform: 'linux' }),
      point({ hours: 96, platform: 'Red Hat Enterprise Linux' }),
    ]);
    expect(of('m5.large')?.hours).toBe(48);
    expect(problems).toEqual([]);
  });

  it.each([15, 0, -1])(
    'of %i days ago do not count: before the window, of a day that is not over',
    (days) => {
      const { tally } = tallied([point({ time: daysAgo(days) })]);
      expect(tally.figures().size).toBe(0);
      expect(tally.reading('There are none.').warnings).toEqual(['There are none.']);
    },
  );
});

describe('a metric that is absent is not zero', () => {
  const without = { interruptions: null };
  const renamed = {
    ...point(),
    MetricValues: [
      { Metric: HOURS, Value: 24 },
      { Metric: 'interruptions', Value: 0 },
    ],
  };

  it.each<[string, readonly unknown[]]>([
    ['on a day on which no type has it', [point(without), point({ ...without, type: 'c5.large' })]],
    ['if it is another metric', [point(without), renamed]],
    ['if a point has no metrics', [point(without), { ...point(), MetricValues: [] }]],
    ['if only another region has it', [point(without), point({ region: 'eu-west-1' })]],
    ['if only another platform has it', [point(without), point({ platform: 'Windows' })]],
  ])('%s', (_, points) => {
    const { of, problems } = tallied(points);
    expect(of('m5.large')).toBeUndefined();
    expect(problems).toEqual([`days without ${INTERRUPTIONS}: 1`]);
  });

  it('so that the other days count', () => {
    const { of, tally, problems } = tallied([
      point({ hours: 100, interruptions: null }),
      point({ hours: 24, interruptions: 1, time: daysAgo(2) }),
      point({ hours: null, interruptions: 5, time: daysAgo(3) }),
    ]);
    expect(of('m5.large')).toEqual({ hours: 24, interruptions: 1, machines: 1 });
    expect(tally.reading('').days.map(({ day }) => day)).toEqual([MIDNIGHT - 2 * DAY]);
    expect(problems).toEqual([`days without ${HOURS}: 1`, `days without ${INTERRUPTIONS}: 1`]);
  });

  it('but zero of one type on a day on which another type of the region has it', () => {
    const { of, problems } = tallied([point(without), point({ type: 'c5.large', interruptions: 1 })]);
    expect(of('m5.large')).toEqual({ hours: 24, interruptions: 0, machines: 0 });
    expect(problems).toEqual([]);
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
  expect(tally.reading('').days).toEqual([
    { ...common, day: MIDNIGHT - DAY, hours: 48, interruptions: 1, machines: 2 },
    { ...common, day: MIDNIGHT - 2 * DAY, hours: 12, interruptions: 0, machines: 0 },
  ]);
});

describe('what cannot be trusted', () => {
  const JUNK = 'negative or unreadable figures: m5.large';

  it.each<[string, readonly unknown[], string]>([
    ['negative hours', [point({ hours: -1 })], JUNK],
    ['a negative number of interruptions', [point({ interruptions: -2 })], JUNK],
    ...[Number.NaN, Number.POSITIVE_INFINITY, '24', undefined, {}].flatMap(
      (value): [string, unknown[], string][] => [
        [`${value} hours`, [{ ...point(), MetricValues: [{ Metric: HOURS, Value: value }] }], JUNK],
        [
          `${value} interruptions`,
          [{ ...point(), MetricValues: [{ Metric: INTERRUPTIONS, Value: value }] }],
          JUNK,
        ],
      ],
    ),
    ['metrics that are no list', [{ ...point(), MetricValues: 'none' }], JUNK],
    ['a metric that is none', [{ ...point(), MetricValues: [null] }], JUNK],
    ['no time', [point({ time: 'soon' })], JUNK],
    ['an invalid time', [point({ time: new Date(Number.NaN) })], JUNK],
    ['huge hours', [point({ hours: 1e12 })], 'impossibly large figures: m5.large'],
    [
      'a huge number of interruptions',
      [point({ hours: 1e8, interruptions: 1e7 })],
      'impossibly large figures: m5.large',
    ],
    [
      'interruptions without hours, on any day',
      [point({ hours: null, interruptions: 3 }), point({ time: daysAgo(2) })],
      'interruptions without machine-hours: m5.large',
    ],
    [
      'more interruptions than hours',
      [point({ hours: 10, interruptions: 11 })],
      'more interruptions than machine-hours: m5.large',
    ],
  ])('%s of a type are a problem, and it has no figures', (_, points, problem) => {
    const { of, problems } = tallied([...points, point({ type: 'c5.large', hours: 24 })]);
    expect(of('m5.large')).toBeUndefined();
    expect(of('c5.large')?.hours).toBe(24);
    expect(problems).toEqual([problem]);
  });

  it.each<[string, unknown]>([
    ['nothing', null],
    ['a text', 'point'],
    ['no dimension', { MetricValues: [], Timestamp: daysAgo(1) }],
    ['no platform', point({ platform: null, hours: 24 })],
    ['no type', point({ type: null, hours: 24 })],
    ['a type that is none', point({ type: 'castai_v1_0123', hours: 24 })],
    ['no region', point({ region: null, hours: 24 })],
  ])('a point with %s is counted as unreadable', (_, one) => {
    const { tally, problems } = tallied([one]);
    expect(tally.figures().size).toBe(0);
    expect(problems).toEqual(['unreadable data points: 1']);
  });

  it('points of other platforms only are named', () => {
    const { problems } = tallied([point({ hours: 24, platform: 'Windows' })]);
    expect(problems).toEqual(['data points of other platforms than Linux only: 1']);
  });
});

it('a type without machine-hours has no figures, which is no problem', () => {
  const { tally, problems } = tallied([point({ hours: 0, interruptions: 0 })]);
  expect(tally.figures().size).toBe(0);
  expect(problems).toEqual([]);
});

it('the types with interruptions are known in all regions, most interrupted first', () => {
  const { tally } = tallied([
    point({ hours: 24, interruptions: 1 }),
    point({ hours: 24, interruptions: 2, type: 'c5.large', region: 'eu-west-1' }),
    point({ hours: 24, interruptions: 0, type: 'r5.large' }),
  ]);
  expect(tally.interruptedTypes).toEqual(['c5.large', 'm5.large']);
});
