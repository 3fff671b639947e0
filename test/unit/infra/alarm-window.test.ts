import { describe, expect, test } from 'vitest';
import { alarmWindow } from '../../../infra/construct/alarms.ts';
import { readSchedule } from '../../../infra/construct/schedule.ts';

describe('alarmWindow covers two intervals and a run, within CloudWatch’s limits', () => {
  test.each([
    ['rate(5 minutes)', 5, 5],
    ['rate(1 hour)', 5, 27],
    ['rate(6 hours)', 5, 147],
    // 24 hours and a quarter is more than short periods may cover.
    ['rate(12 hours)', 60, 25],
    ['cron(0 8-18 ? * MON-FRI *)', 60, 125],
    // As long as a blacklist may be covers two intervals exactly.
    ['rate(84 hours)', 60, 168],
  ])('%s: periods of %i minutes, %i of them', (expression, minutes, evaluationPeriods) => {
    const { period, ...rest } = alarmWindow(readSchedule(expression));
    expect(period.toMinutes()).toBe(minutes);
    expect(rest).toEqual({ evaluationPeriods });
    const longest = minutes < 60 ? 24 * 60 : 7 * 24 * 60;
    expect(minutes * evaluationPeriods).toBeLessThanOrEqual(longest);
  });
});
