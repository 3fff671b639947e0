import { LONGEST_BLACKLIST } from '../lambda/settings/table.ts';
import { type Configuration, isRun } from './configuration.ts';
import { RUN_TIMEOUT } from './limits.ts';

/** Something that works, but not for long or not always. */
export interface Warning {
  /** Stable: users can acknowledge it by this. */
  readonly id: string;
  readonly message: string;
}

/** @returns what the user should know but synth does not refuse */
export function warningsAbout(configuration: Configuration): Warning[] {
  return [
    ...shortOfTime(configuration),
    ...overlappingTargets(configuration),
    ...overlappingRuns(configuration),
  ];
}

/** Near the least that synth takes, entries end before the run that renews them has come to them. */
function shortOfTime({ schedule, targets }: Configuration): Warning[] {
  const { expression, longestGap } = schedule;
  return targets
    .filter(({ blacklistHours }) => !outlastsLostRun(blacklistHours, longestGap))
    .map(({ name, blacklistHours }) => {
      const isTight = blacklistHours * 60 < 2 * longestGap + RUN_TIMEOUT;
      const always = isTight
        ? 'Risky types are open for minutes, again and again, while runs renew them. '
        : '';
      const enough = WHOLE_HOURS.find(
        (hours) => hours > blacklistHours && outlastsLostRun(hours, longestGap),
      );
      const advice =
        enough === undefined ? 'Run more often.' : `Blacklist for ${enough} h, or run more often.`;
      return {
        id: `short-cover-${name}`,
        message: `The target ${name} blacklists for ${blacklistHours} h, and runs by ${expression}. ${always}If one run is lost, risky types are open until the next has come to them. ${advice}`,
      };
    });
}

const WHOLE_HOURS = Array.from({ length: LONGEST_BLACKLIST }, (_, index) => index + 1);

/**
 * An entry is renewed at the first run that finds less than half of it left. If that run is lost, what the run before
 * kept has to last for two intervals, and until the next run has come to its last write.
 */
function outlastsLostRun(blacklistHours: number, longestGap: number): boolean {
  const lifetime = blacklistHours * 60;
  const leftWhenLastKept = lifetime - Math.floor(lifetime / (2 * longestGap)) * longestGap;
  return leftWhenLastKept >= 2 * longestGap + RUN_TIMEOUT;
}

/** Runs that wait for their turn longer than their event may live are dropped. */
function overlappingTargets(configuration: Configuration): Warning[] {
  const { schedule, reservedConcurrency, targets } = configuration;
  const running = targets.filter((target) => isRun(configuration, target)).length;
  if (reservedConcurrency === null || running <= 1) return [];
  const longest = Math.ceil(running / reservedConcurrency) * RUN_TIMEOUT;
  if (longest < schedule.shortestGap) return [];
  return [
    {
      id: 'overlapping-targets',
      message: `${running} targets with reservedConcurrency ${reservedConcurrency} can take up to ${longest} minutes, but the next runs start after ${schedule.shortestGap}. Raise reservedConcurrency, or run less often.`,
    },
  ];
}

function overlappingRuns({ schedule }: Configuration): Warning[] {
  if (schedule.shortestGap >= RUN_TIMEOUT) return [];
  return [
    {
      id: 'overlapping-runs',
      message: `${schedule.expression} starts runs ${schedule.shortestGap} minutes apart, but one may take ${RUN_TIMEOUT}, and the feed changes about once a day. Hourly is often enough.`,
    },
  ];
}
