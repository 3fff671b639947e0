import { Duration } from 'aws-cdk-lib';
import type { Schedule } from './schedule.ts';

/**
 * How long an event may wait: five minutes less than the shortest time between two runs; the services require at
 * least a minute.
 */
export function eventAge({ shortestGap }: Schedule, longest: Duration): Duration {
  return Duration.minutes(Math.min(longest.toMinutes(), Math.max(1, shortestGap - 5)));
}
