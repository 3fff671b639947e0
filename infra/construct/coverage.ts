import { LONGEST_BLACKLIST } from '../../lambda/settings/table.ts';
import { RUN_TIMEOUT } from './limits.ts';
import type { Schedule } from './schedule.ts';

/**
 * Below two intervals, every run has to write everything. For longer times, {@link outlastsLostRun} says what suffices.
 *
 * @param hours the value of `blacklistHours`
 * @param path its name in the message
 * @returns the problem, or nothing
 */
export function coverProblems(
  { expression, longestGap }: Schedule,
  hours: unknown,
  path: string,
): readonly string[] {
  if (typeof hours !== 'number' || hours * 60 >= 2 * longestGap) return [];
  const between = `the longest time between two runs of ${expression} is ${inHours(longestGap)}`;
  if (2 * longestGap > LONGEST_BLACKLIST * 60)
    return [
      `${path} cannot cover the schedule: ${between}, and an entry lasts ${LONGEST_BLACKLIST} h at most; run at least every ${LONGEST_BLACKLIST / 2} h`,
    ];
  return [
    `${path} must be at least ${inHours(2 * longestGap)}, but is ${hours} h: ${between}, and an entry must last at least twice that, or every run has to write everything, and one lost run leaves every risky type uncovered`,
  ];
}

/**
 * An entry is renewed at the first run that finds less than half of it left. If that run is lost, what the run before
 * kept has to last for two intervals, and until the next run has done its last write. With fan-out, a cluster's turn may come
 * at any time of an interval, so two of its turns are up to an interval further apart.
 */
export function outlastsLostRun(blacklistHours: number, longestGap: number, isFannedOut = false): boolean {
  const lifetime = blacklistHours * 60;
  if (isFannedOut) return lifetime / 2 >= 3 * longestGap + RUN_TIMEOUT;
  const leftWhenLastKept = lifetime - Math.floor(lifetime / (2 * longestGap)) * longestGap;
  return leftWhenLastKept >= 2 * longestGap + RUN_TIMEOUT;
}

function inHours(minutes: number): string {
  return `${Math.round((minutes / 60) * 100) / 100} h`;
}
