import { Cron } from 'croner';
import { LONGEST_BLACKLIST } from '../../lambda/settings/table.ts';

/** How long a run may take, in minutes: Lambda's maximum. 450 types at 10 per 5 s take 4, and a repair triples that. */
export const RUN_TIMEOUT = 15;

/** When the targets run, and what that means for how long a blacklist must last. */
export interface Schedule {
  /** In EventBridge's syntax. */
  readonly expression: string;
  /** The shortest time between two runs, in minutes. */
  readonly shortestGap: number;
  /** The longest time between two runs, in minutes: over a night, a weekend, the end of a month. */
  readonly longestGap: number;
  /** The times of day (UTC, such as 08:00) of a cron expression, ascending; empty for a rate, which may start at any. */
  readonly times: readonly string[];
}

/** A schedule that EventBridge would reject, or that cannot be evaluated. The message follows "schedule". */
export class ScheduleError extends Error {}

const DAY = 24 * 60;
const MINUTES = new Map([
  ['minute', 1],
  ['hour', 60],
  ['day', DAY],
]);

/** Weekdays and leap years repeat after 28 years (until 2099): no gap is missed, whatever the current date. */
const CYCLE = { from: Date.UTC(2024, 0, 1), to: Date.UTC(2052, 0, 1) };

const step = String.raw`(\/[1-9]\d*)?`;
const month = String.raw`(\d+|JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)`;
const weekday = '([1-7]|SUN|MON|TUE|WED|THU|FRI|SAT)';

/** EventBridge's cron fields; the parser accepts dialects that EventBridge would reject or read differently. */
const FIELDS = [
  ['minutes', list(String.raw`(\*|\d+(-\d+)?)${step}`)],
  ['hours', list(String.raw`(\*|\d+(-\d+)?)${step}`)],
  ['day of month', list(String.raw`\?|L|LW|\d+W|(\*|\d+(-\d+)?)${step}`)],
  ['month', list(String.raw`(\*|${month}(-${month})?)${step}`)],
  ['day of week', list(String.raw`\?|L|${weekday}L|${weekday}#[1-5]|(\*|${weekday}(-${weekday})?)${step}`)],
  ['year', /^\*$/],
] as const;

function list(item: string): RegExp {
  return new RegExp(`^(${item})(,(${item}))*$`, 'i');
}

/**
 * @param expression EventBridge's `rate(...)` or `cron(...)`; cron is in UTC
 * @throws {ScheduleError}
 */
export function readSchedule(expression: string): Schedule {
  const [, kind, argument = ''] = /^(rate|cron)\((.*)\)$/.exec(expression) ?? [];
  if (kind === 'rate') return { expression, ...gapsOfRate(argument), times: [] };
  if (kind === 'cron') return { expression, ...runsOfCron(argument) };
  throw new ScheduleError('must be rate(...) or cron(...), such as rate(1 hour) or cron(0 * * * ? *)');
}

/** @param refuse receives the problem, which follows "schedule" in the message */
export function scheduleOr<T>(expression: string, refuse: (problem: string) => T): Schedule | T {
  try {
    return readSchedule(expression);
  } catch (error) {
    if (error instanceof ScheduleError) return refuse(error.message);
    throw error;
  }
}

type Gaps = Pick<Schedule, 'shortestGap' | 'longestGap'>;

function gapsOfRate(argument: string): Gaps {
  const [, amount, unit, plural] = /^([1-9]\d{0,5}) (minute|hour|day)(s?)$/.exec(argument) ?? [];
  const minutes = MINUTES.get(unit ?? '');
  if (amount === undefined || minutes === undefined)
    throw new ScheduleError('must be a rate such as rate(1 hour), rate(30 minutes) or rate(2 days)');
  if ((amount === '1') !== (plural === ''))
    throw new ScheduleError(
      `must be rate(${amount} ${unit}${amount === '1' ? '' : 's'}): EventBridge requires the number and the unit to agree`,
    );
  const gap = Number(amount) * minutes;
  return { shortestGap: gap, longestGap: gap };
}

/**
 * A cron expression runs at the same times of day on every day that it runs, so times and days are evaluated
 * separately: a schedule that runs each minute would otherwise take millions of steps.
 */
function runsOfCron(argument: string): Omit<Schedule, 'expression'> {
  const fields = argument.trim().toUpperCase().split(/\s+/);
  checkDialect(fields);
  const [minutes, hours, dayOfMonth = '', months, dayOfWeek = ''] = fields;
  const times = occurrences(`0 ${minutes} ${hours} * * * *`, CYCLE.from, CYCLE.from + DAY * 60_000);
  // In the day of the week, AWS's L is the last one; the parser has no symbol for it.
  const days = daysOf(`0 0 0 ${dayOfMonth} ${months} ${dayOfWeek.replace(/^L$/, '7')} *`);
  const [firstTime, lastTime] = [times[0], times.at(-1)];
  if (firstTime === undefined || lastTime === undefined || days.length < 2)
    throw new ScheduleError('never runs twice: check its day of month and month');
  const night = firstTime - lastTime;
  const gaps = [...differences(times), ...new Set(differences(days).map((gap) => gap + night))];
  return { shortestGap: Math.min(...gaps), longestGap: Math.max(...gaps), times: times.map(timeOfDay) };
}

/** @param minutes since midnight */
function timeOfDay(minutes: number): string {
  return new Date(minutes * 60_000).toISOString().slice(11, 16);
}

function checkDialect(fields: readonly string[]): void {
  if (fields.length !== FIELDS.length)
    throw new ScheduleError(
      `must have six fields (minutes, hours, day of month, month, day of week, year), but has ${fields.length}`,
    );
  for (const [index, [name, pattern]] of FIELDS.entries()) {
    const field = fields[index] ?? '';
    if (pattern.test(field)) continue;
    throw new ScheduleError(
      name === 'year'
        ? 'must have * as its year: a schedule that starts later or ends leaves risky types uncovered unnoticed'
        : `has a ${name} field that EventBridge does not accept: ${field}`,
    );
  }
  if ((fields[2] === '?') === (fields[4] === '?'))
    throw new ScheduleError('must have a ? in either day of month or day of week, not in both');
}

const knownDays = new Map<string, readonly number[]>();

/** Many targets run on the same days, and 28 years of them take a fifth of a second. */
function daysOf(pattern: string): readonly number[] {
  const days = knownDays.get(pattern) ?? occurrences(pattern, CYCLE.from, CYCLE.to);
  knownDays.set(pattern, days);
  return days;
}

/** @returns minutes since `from`, ascending */
function occurrences(pattern: string, from: number, to: number): number[] {
  const found: number[] = [];
  const cron = parsed(pattern);
  let next = cron.nextRun(new Date(from - 1));
  while (next !== null && next.getTime() < to) {
    found.push((next.getTime() - from) / 60_000);
    next = cron.nextRun(next);
  }
  return found;
}

/** The parser's fields are the seconds, then AWS's, provided that Sunday is 1 and both day fields must match. */
function parsed(pattern: string): Cron {
  try {
    return new Cron(pattern, {
      mode: '7-part',
      alternativeWeekdays: true,
      sloppyRanges: true,
      domAndDow: true,
      timezone: 'UTC',
    });
  } catch {
    // The parser's own message counts days and months from 0.
    throw new ScheduleError('has a value out of range, or a range that runs backwards');
  }
}

function differences(ascending: readonly number[]): number[] {
  return ascending.slice(1).map((value, index) => value - (ascending[index] ?? 0));
}

/**
 * Below two intervals, every run has to write everything. For longer times, `outlastsLostRun` says what suffices.
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
 * An entry is renewed by the first run that finds less than half of its time left. If that run is lost, an entry that the
 * previous run kept must last for two intervals, and until the next run has done its last write. With fan-out, a cluster's
 * turn may come at any time within an interval, so two of its turns are up to an interval further apart.
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
