import { Duration } from 'aws-cdk-lib';
import { LONGEST_ALARM, LONGEST_FINE_ALARM, RUN_TIMEOUT } from './limits.ts';
import { PERIOD } from './run-metric.ts';
import type { Schedule } from './schedule.ts';

/** With fan-out a run may take up to an interval, so that two of them may end two intervals apart. */
export const INTERVALS = { two: 2, three: 3 };

/**
 * How long a target may go without a completed run: some intervals, and the time by which one run may outlast another.
 * Short periods raise the alarm soon after that; CloudWatch allows them over a day at most, and hourly ones over a week.
 */
export function alarmWindow(
  { longestGap }: Schedule,
  intervals = INTERVALS.two,
): { period: Duration; evaluationPeriods: number } {
  const minutes = Math.min(intervals * longestGap + RUN_TIMEOUT, LONGEST_ALARM);
  const period = minutes <= LONGEST_FINE_ALARM ? PERIOD : Duration.hours(1);
  return { period, evaluationPeriods: Math.ceil(minutes / period.toMinutes()) };
}
