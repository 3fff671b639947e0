import { MOST_TIMES } from '../../lambda/settings/rules.ts';
import { type ListedSetting, SETTING_LIST, type SETTINGS, variableOf } from '../../lambda/settings/table.ts';
import type { Schedule } from './schedule.ts';

/** The settings that the construct itself sets. */
const NOT_HERE = [
  'operation',
  'secretId',
  'scheduleGapMinutes',
  'scheduleTimes',
  'eventBus',
  'fanOutQueueUrl',
] as const;
const OTHERS: readonly string[] = NOT_HERE;

/** The key of a target's setting. */
type TargetKey = Exclude<keyof typeof SETTINGS, (typeof NOT_HERE)[number]>;
type TargetRow = ListedSetting & { readonly key: TargetKey };

/** The settings that a target has. */
export const TARGET_ROWS = SETTING_LIST.filter((row): row is TargetRow => !OTHERS.includes(row.key));

/**
 * @param settings a target's, by their keys
 * @returns the settings as variables of the function's environment; only those that are given
 */
export function environmentOf(settings: object): Record<string, string> {
  const given: Readonly<Record<string, unknown>> = { ...settings };
  return Object.fromEntries(
    TARGET_ROWS.filter(({ key }) => given[key] !== undefined).map(({ key }) => [
      variableOf(key),
      textOf(given[key]),
    ]),
  );
}

/** @returns the schedule's variables; the times of day only if runs are not evenly spaced */
export function scheduleVariables({ shortestGap, longestGap, times }: Schedule): Record<string, string> {
  const tellsTimes = shortestGap < longestGap && times.length <= MOST_TIMES;
  return {
    SCHEDULE_GAP_MINUTES: String(longestGap),
    ...(tellsTimes && { SCHEDULE_TIMES: times.join(',') }),
  };
}

/** Larger numbers are not settings, but CDK's placeholders for unresolved ones. */
const TOO_LARGE = 1e21;

function textOf(value: unknown): string {
  // String() would write a very small number as 1e-7, which the function does not accept as a number.
  return typeof value === 'number' && Math.abs(value) < TOO_LARGE
    ? value.toLocaleString('en-US', { useGrouping: false, maximumFractionDigits: 20 })
    : String(value);
}

/** The maximum size of a function's environment, in bytes, names and punctuation included. */
const LARGEST_ENVIRONMENT = 4096;

/** @returns a problem if Lambda would reject the environment: long never and always lists can exceed the limit */
export function environmentProblems(environment: Readonly<Record<string, string>>): string[] {
  // Counted as in Lambda's own error.
  const size = Buffer.byteLength(JSON.stringify(environment));
  if (size <= LARGEST_ENVIRONMENT) return [];
  return [
    `settings take ${size} bytes of the function's environment, but Lambda allows ${LARGEST_ENVIRONMENT}: shorten neverBlacklist, alwaysBlacklist and clusters, with globs such as m5.* instead of single names`,
  ];
}
