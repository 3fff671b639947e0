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
  return [...shortOfTime(configuration), ...crowded(configuration), ...hurried(configuration)];
}

/** A run takes up to 15 minutes, so an entry is renewed up to that much later than the schedule says. */
function shortOfTime({ schedule, targets }: Configuration): Warning[] {
  return targets
    .filter(({ blacklistHours }) => blacklistHours * 60 - 2 * schedule.longestGap < RUN_TIMEOUT)
    .map(({ name, blacklistHours }) => ({
      id: `little-to-spare-${name}`,
      message: `The target ${name} blacklists for ${blacklistHours} h, less than ${RUN_TIMEOUT} minutes more than two intervals of ${schedule.expression}. A run that takes its time after one that was missed can leave risky types open for some minutes.`,
    }));
}

/** Runs that wait for their turn longer than their event may live are dropped. */
function crowded(configuration: Configuration): Warning[] {
  const { schedule, reservedConcurrency, targets } = configuration;
  const running = targets.filter((target) => isRun(configuration, target)).length;
  if (reservedConcurrency === null || running <= 1) return [];
  const longest = Math.ceil(running / reservedConcurrency) * RUN_TIMEOUT;
  if (longest < schedule.shortestGap) return [];
  return [
    {
      id: 'crowded',
      message: `${running} targets with reservedConcurrency ${reservedConcurrency} can take up to ${longest} minutes, but the next runs start after ${schedule.shortestGap}. Raise reservedConcurrency, or run less often.`,
    },
  ];
}

function hurried({ schedule }: Configuration): Warning[] {
  if (schedule.shortestGap >= RUN_TIMEOUT) return [];
  return [
    {
      id: 'hurried',
      message: `${schedule.expression} starts runs ${schedule.shortestGap} minutes apart, but one may take ${RUN_TIMEOUT}, and the feed changes about once a day. Hourly is often enough.`,
    },
  ];
}
