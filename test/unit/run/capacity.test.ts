import { describe, expect, it } from 'vitest';
import { planApply } from '../../../lambda/domain/plan.ts';
import { safePast, warnOfOverload } from '../../../lambda/run/capacity.ts';
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
