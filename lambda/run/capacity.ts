import { isWanted } from '../domain/decision.ts';
import type { Schedule } from '../domain/guard-rails/fallback.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../domain/words.ts';
import type { ApplySettings, Settings } from '../settings/settings.ts';
import { LONGEST_RUN, LONGEST_WIND_UP } from './deadline.ts';
import type { PlannedCluster } from './planned.ts';

/**
 * The time that a fan-out job takes besides its writes, in milliseconds: the simulation measures 2.5 s if responses take
 * 100 ms.
 */
const CLUSTER_OVERHEAD = 3 * SECOND;

/** The assumed longest time between two runs if it is unknown: the default schedule's. */
const USUAL_GAP = HOUR;

/** @returns the longest time between two runs, in milliseconds */
export function gapOf({ scheduleGapMinutes: gap }: Pick<Settings, 'scheduleGapMinutes'>): number {
  return gap === null ? USUAL_GAP : gap * MINUTE;
}

/**
 * A run starts a little after it is due, and Lambda's retries start minutes later: all stand for the run that was due.
 *
 * @param startedAt of a run or a round, in milliseconds since 1970
 * @returns when it was due, and how long after the run before it; if the times of runs are unknown, its start and the
 *   longest time between two runs
 */
export function scheduleAt(
  startedAt: number,
  settings: Pick<Settings, 'scheduleGapMinutes' | 'scheduleTimes'>,
): Schedule {
  const longest = gapOf(settings);
  const times = settings.scheduleTimes?.map(sinceMidnight) ?? [];
  const midnight = startedAt - (startedAt % DAY);
  // A schedule may have a single time of day, so the run before may be one of the day before yesterday.
  const due = [2, 1, 0]
    .flatMap((daysAgo) => times.map((time) => midnight - daysAgo * DAY + time))
    .filter((time) => time <= startedAt);
  const [previous, latest] = due.slice(-2);
  if (previous === undefined || latest === undefined) return { startedAt, gap: longest };
  return { startedAt: latest, gap: Math.min(longest, latest - previous) };
}

/** @returns milliseconds from midnight to a time of day such as 08:00 */
function sinceMidnight(time: string): number {
  return Date.parse(`1970-01-01T${time}Z`);
}

/**
 * @returns how long (milliseconds) a type must stay covered from the start of a run so that its renewal can be left to the
 *   next one, even if that is lost; if the schedule is unknown, half of the blacklist time
 */
export function safePast(settings: Settings): number {
  const { scheduleGapMinutes: gap } = settings;
  if (gap !== null) return 2 * gap * MINUTE + LONGEST_RUN;
  return settings.operation === 'apply' ? lifetimeOf(settings) / 2 : Number.POSITIVE_INFINITY;
}

/**
 * Compares the writes that a fleet needs with what its schedule and pace allow: without Lambda's retries, and with the
 * fewest writes that keep everything covered. If the schedule is unknown, runs are assumed to follow without a gap.
 *
 * @returns a warning with the numbers and what to change, if it is not enough
 */
export function warnOfOverload(planned: readonly PlannedCluster[], settings: Settings): string[] {
  if (settings.operation !== 'apply' || settings.batchPause === 0) return [];
  const { batchSize, batchPause, scheduleGapMinutes } = settings;
  const gap = scheduleGapMinutes === null ? null : scheduleGapMinutes * MINUTE;
  const lifetime = lifetimeOf(settings);
  // The longest time between an entry's renewals: whole intervals, with enough time left to be safe.
  const longest = lifetime - Math.min(safePast(settings), lifetime / 2);
  const renewal = gap === null ? lifetime : Math.max(gap, Math.floor(longest / gap) * gap);
  const entries = planned.reduce((sum, { plan }) => sum + plan.decisions.filter(isWanted).length, 0);
  const needed = Math.round((entries * DAY) / renewal);
  const isFannedOut = settings.fanOutQueueUrl !== null;
  const ofEach = (interval: number) =>
    isFannedOut
      ? Math.max(0, interval - planned.length * CLUSTER_OVERHEAD)
      : Math.min(LONGEST_RUN, interval) - LONGEST_WIND_UP;
  const working = gap === null ? DAY : (DAY / gap) * ofEach(gap);
  const possible = Math.floor((working / (batchPause * SECOND)) * batchSize);
  if (needed <= possible) return [];
  const pause = Math.floor(((batchPause * possible) / needed) * 10) / 10;
  const runs = gap === null ? '' : ` in ${Math.round(DAY / gap)} ${isFannedOut ? 'rounds' : 'runs'}`;
  const more = isFannedOut ? '' : 'let the stack fan out, ';
  return [
    `${entries} entries in ${planned.length} clusters need about ${needed} writes a day, but at ${batchSize} per ${batchPause} s at most ${possible} fit${runs}, so runs end with errors, and risky types may stay available. Set BATCH_PAUSE to ${pause} or less, if CAST AI allows that, raise BLACKLIST_HOURS, ${more}or divide the fleet among several API keys.`,
  ];
}

function lifetimeOf({ policy }: ApplySettings): number {
  return policy.blacklistHours * HOUR;
}
