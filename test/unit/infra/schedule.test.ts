import { describe, expect, test } from 'vitest';
import { scheduleVariables } from '../../../infra/construct/environment.ts';
import { readSchedule, ScheduleError } from '../../../infra/construct/schedule.ts';

const HOUR = 60;
const DAY = 24 * HOUR;

describe('the longest and the shortest time between two runs, in minutes', () => {
  test.each([
    ['rate(1 hour)', HOUR, HOUR],
    ['rate(90 minutes)', 90, 90],
    ['rate(2 days)', 2 * DAY, 2 * DAY],
    ['cron(0 * * * ? *)', HOUR, HOUR],
    ['cron(* * * * ? *)', 1, 1],
    ['cron(0/15 * * * ? *)', 15, 15],
    ['cron(*/20 * * * ? *)', 20, 20],
    ['cron(0 1,13 * * ? *)', 12 * HOUR, 12 * HOUR],
    // Over midnight: from 23:59 to 0:05, and within the day from 0:59 to 23:05.
    ['cron(5,59 0,23 * * ? *)', 6, 22 * HOUR + 6],
    // Business hours: from Friday 18:00 to Monday 8:00.
    ['cron(0 8-18 ? * MON-FRI *)', HOUR, 62 * HOUR],
    ['cron(0 8-18 ? * 2-6 *)', HOUR, 62 * HOUR],
    // Sunday is 1: Saturday and Sunday, so from Sunday to Saturday.
    ['cron(0 0 ? * 1,7 *)', DAY, 6 * DAY],
    // Every second day of the month, and the months' ends: the 31st is followed by the 1st.
    ['cron(0 0 1/2 * ? *)', DAY, 2 * DAY],
    // The 1st to the 28th: four days from the 28th to the 1st in a month of 31.
    ['cron(0 0 1-28 * ? *)', DAY, 4 * DAY],
    // The months of February to December: all of January is left out, from 31 December to 1 February.
    ['cron(0 0 * 2-12 ? *)', DAY, 32 * DAY],
    ['cron(0 10 ? * L *)', 7 * DAY, 7 * DAY],
    ['cron(0 10 ? * 6L *)', 28 * DAY, 35 * DAY],
    ['cron(0 10 ? * 6#3 *)', 28 * DAY, 35 * DAY],
    ['cron(0 10 L * ? *)', 28 * DAY, 31 * DAY],
    ['cron(0 10 LW * ? *)', 28 * DAY, 33 * DAY],
    ['cron(0 10 15W * ? *)', 28 * DAY, 32 * DAY],
    ['cron(0 0 ? jan-mar mon *)', 7 * DAY, 287 * DAY],
    // Leap years only.
    ['cron(0 0 29 2 ? *)', 1461 * DAY, 1461 * DAY],
  ])('%s', (expression, shortestGap, longestGap) => {
    expect(readSchedule(expression)).toMatchObject({ expression, shortestGap, longestGap });
  });
});

describe('the times of day of the runs', () => {
  test.each([
    ['rate(1 hour)', []],
    ['cron(0 10 ? * L *)', ['10:00']],
    ['cron(5,59 0,23 ? * MON-FRI *)', ['00:05', '00:59', '23:05', '23:59']],
    ['cron(30 8/6 * * ? *)', ['08:30', '14:30', '20:30']],
  ])('%s', (expression, times) => {
    expect(readSchedule(expression).times).toEqual(times);
  });
});

describe('the function is told the times of day', () => {
  const timesOf = (expression: string) => scheduleVariables(readSchedule(expression))['SCHEDULE_TIMES'];

  test.each([
    ['cron(0 8-10 * * ? *)', '08:00,09:00,10:00'],
    ['cron(0 8,20 ? * MON-FRI *)', '08:00,20:00'],
    ['cron(0 8 ? * MON-FRI *)', '08:00'],
  ])('if runs are not evenly spaced: %s', (expression, times) => {
    expect(timesOf(expression)).toBe(times);
  });

  test.each([
    'rate(1 hour)',
    'rate(2 days)',
    'cron(0 * * * ? *)',
    'cron(0 1,13 * * ? *)',
    'cron(* * * * ? *)',
  ])('otherwise not: %s', (expression) => {
    expect(timesOf(expression)).toBeUndefined();
  });

  test('unless there are too many for its environment', () => {
    // 24 hours of 12 runs, and 11 of 30.
    expect(timesOf('cron(0/5 * ? * MON-FRI *)')?.split(',')).toHaveLength(288);
    expect(timesOf('cron(0/2 8-18 * * ? *)')).toBeUndefined();
  });
});

describe('a schedule is refused that EventBridge rejects or that cannot be covered', () => {
  test.each([
    ['hourly', /must be rate\(\.\.\.\) or cron/],
    ['at(2026-12-01T00:00:00)', /must be rate\(\.\.\.\) or cron/],
    ['rate(1 hours)', /must be rate\(1 hour\)/],
    ['rate(6 hour)', /must be rate\(6 hours\)/],
    ['rate(0 hours)', /must be a rate such as/],
    ['rate(-1 hours)', /must be a rate such as/],
    ['rate(1.5 hours)', /must be a rate such as/],
    ['rate(1 week)', /must be a rate such as/],
    ['cron(0 * * * ?)', /six fields .* has 5/],
    ['cron(0 * * * * *)', /must have a \?/],
    ['cron(0 * ? * ? *)', /must have a \?/],
    ['cron(0 0 1 * MON *)', /must have a \?/],
    ['cron(0 25 * * ? *)', /out of range/],
    ['cron(60 * * * ? *)', /out of range/],
    ['cron(0 0 32 * ? *)', /out of range/],
    ['cron(0 22-4 * * ? *)', /runs backwards/],
    ['cron(0 0 ? * 8 *)', /day of week field .* 8/],
    ['cron(0 0 ? * 0 *)', /day of week field .* 0/],
    ['cron(/5 * * * ? *)', /minutes field .* \/5/],
    ['cron(0/0 * * * ? *)', /minutes field .* 0\/0/],
    ['cron(0 * * * ? 2027)', /\* as its year/],
    ['cron(0 0 31 2 ? *)', /never runs twice/],
    ['cron()', /six fields/],
    ['', /must be rate\(\.\.\.\) or cron/],
  ])('%s', (expression, message) => {
    expect(() => readSchedule(expression)).toThrow(ScheduleError);
    expect(() => readSchedule(expression)).toThrow(message);
  });
});
