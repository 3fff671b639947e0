import { describe, expect, it } from 'vitest';
import { planApply } from '../../../lambda/domain/plan.ts';
import { safePast, scheduleAt, warnOfOverload } from '../../../lambda/run/capacity.ts';
import { NO_FACTS } from '../../../lambda/run/cluster-facts.ts';
import { readSettings } from '../../../lambda/settings/settings.ts';
import { CLUSTER, HOUR, POLICY, realFeed, stateWith } from '../../support/plan.ts';

const REGION = realFeed('2026-02-13').of('us-east-1', 'Linux');

function settings(schedule: { scheduleGapMinutes?: number }, environment: Record<string, string> = {}) {
  const base = { SECRET_ID: 'castai', OS: 'Linux', INTERRUPTION_THRESHOLD: '20', BLACKLIST_HOURS: '12' };
  return { ...readSettings({ ...base, ...environment }, {}), ...schedule };
}

function fleet(clusters: number) {
  const state = stateWith([]);
  const plan = planApply(REGION, POLICY, state);
  return Array.from({ length: clusters }, () => {
    return {
      cluster: { id: CLUSTER, name: null, region: 'us-east-1', doubts: [] },
      state,
      facts: NO_FACTS,
      plan,
    };
  });
}

describe('the time that a type must stay covered if its renewal is left', () => {
  it('is two intervals and a run, so that a lost run does not uncover it', () => {
    expect(safePast(settings({ scheduleGapMinutes: 60 }))).toBe(2.25 * HOUR);
  });

  it('is half of the blacklist time if the schedule is unknown', () => {
    expect(safePast(settings({}))).toBe(6 * HOUR);
  });
});

describe('when a run was due, and how long after the run before', () => {
  const MINUTES = HOUR / 60;
  const day = [8, 9, 10, 18].map((hour) => `${String(hour).padStart(2, '0')}:00`);

  it.each([
    ['on time', '08:00', day, '08:00', 14 * HOUR],
    ['seconds later, as usual', '08:00:07', day, '08:00', 14 * HOUR],
    ['minutes later, in a retry', '08:03', day, '08:00', 14 * HOUR],
    ['in the next hour, in a retry', '09:01', ['08:59', '20:00'], '08:59', 12 * HOUR + 59 * MINUTES],
    ['in the middle of the day', '09:00:07', day, '09:00', HOUR],
    ['after a longer break', '18:00:07', day, '18:00', 8 * HOUR],
    ['at midnight', '00:00:07', ['00:00', '20:00'], '00:00', 4 * HOUR],
    ['before the first of the day, by hand', '03:00', ['01:00', '02:00', '08:00'], '02:00', HOUR],
    ['with a single time of day', '08:00:07', ['08:00'], '08:00', 24 * HOUR],
    ['at the last of several in an hour', '08:40:07', ['08:00', '08:20', '08:40'], '08:40', 20 * MINUTES],
    ['at the first of several in an hour', '08:00:07', ['08:00', '08:40'], '08:00', 23 * HOUR + 20 * MINUTES],
  ])('%s', (_, start, scheduleTimes, due, gap) => {
    const at = (time: string) => Date.parse(`2026-02-16T${time}Z`);
    const known = { scheduleGapMinutes: 62 * 60, scheduleTimes };
    expect(scheduleAt(at(start), known)).toEqual({ startedAt: at(due), gap });
  });

  it('is the day before until the first run of a day', () => {
    const known = { scheduleGapMinutes: 62 * 60, scheduleTimes: day };
    expect(scheduleAt(Date.parse('2026-02-16T03:00:00Z'), known)).toEqual({
      startedAt: Date.parse('2026-02-15T18:00:00Z'),
      gap: 8 * HOUR,
    });
  });

  it('never exceeds the longest time between two runs', () => {
    const known = { scheduleGapMinutes: 60, scheduleTimes: day };
    expect(scheduleAt(Date.parse('2026-02-16T08:00:07Z'), known).gap).toBe(HOUR);
  });

  it('is the start, and the longest time between two runs, if the times are unknown', () => {
    const startedAt = Date.parse('2026-02-16T08:00:07Z');
    expect(scheduleAt(startedAt, { scheduleGapMinutes: 90, scheduleTimes: null })).toEqual({
      startedAt,
      gap: 1.5 * HOUR,
    });
  });
});

describe('a fleet that needs more writes than its schedule and pace can do', () => {
  const hourly = { scheduleGapMinutes: 60 };

  it('causes a warning with the numbers and a pause that is short enough', () => {
    const [warning, ...more] = warnOfOverload(fleet(40), settings(hourly));
    expect(more).toEqual([]);
    // 449 types in 40 clusters, every 9 hours; 24 runs of 870 seconds.
    expect(warning).toContain('17800 entries in 40 clusters need about 47467 writes a day');
    expect(warning).toContain('at 10 per 5 s at most 41760 fit in 24 runs');
    const pause = /BATCH_PAUSE to ([\d.]+)/.exec(warning ?? '')?.[1] ?? '';
    expect(warnOfOverload(fleet(40), settings(hourly, { BATCH_PAUSE: pause }))).toEqual([]);
  });

  it('is larger with fan-out: a round may take the whole interval, less the overhead of each job', () => {
    const fannedOut = { FAN_OUT_QUEUE_URL: 'https://sqs.us-east-1.amazonaws.com/1/jobs.fifo' };
    expect(warnOfOverload(fleet(80), settings(hourly, fannedOut))).toEqual([]);
    const [warning] = warnOfOverload(fleet(300), settings(hourly, fannedOut));
    // 24 rounds of 3600 seconds, of which 300 jobs take 900 besides their writes.
    expect(warning).toContain('at 10 per 5 s at most 129600 fit in 24 rounds');
    expect(warning).not.toContain('fan out');
    expect(warnOfOverload(fleet(40), settings(hourly))[0]).toContain('let the stack fan out');
  });

  it.each([
    ['it fits', 30, settings(hourly)],
    ['there is no pause', 300, settings(hourly, { BATCH_PAUSE: '0' })],
    ['the schedule is unknown, and uninterrupted runs would suffice', 100, settings({})],
    ['it is a clear', 300, readSettings({ SECRET_ID: 'castai' }, { operation: 'clear' })],
  ])('causes no warning if %s', (_, clusters, given) => {
    expect(warnOfOverload(fleet(clusters), given)).toEqual([]);
  });

  it('causes a warning without a schedule if even uninterrupted runs would not suffice', () => {
    expect(warnOfOverload(fleet(300), settings({}))[0]).toContain('at most 172800 fit, so');
  });
});
