import type { MachineHour } from './capacity-manager.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Machines of one type that have run without a pause. */
export interface Machines {
  readonly instanceType: string;
  /** How many run in each zone. */
  readonly machines: number;
  /** The hours, counted back from the end, in which machines were interrupted in the first zone: how many. */
  readonly interruptions?: Readonly<Record<number, number>>;
  readonly region?: string;
  readonly platform?: string;
  readonly account?: string;
  /** Ids of zones; the first one by default. */
  readonly zones?: readonly string[];
}

/**
 * @param now milliseconds since 1970; the history ends with the last whole day (UTC) before it
 * @returns what EC2 Capacity Manager would have recorded in this number of days
 */
export function historyOf(all: readonly Machines[], now: number, days = 14): MachineHour[] {
  const end = Math.floor(now / DAY) * DAY;
  const hours = Array.from({ length: days * 24 }, (_, index) => index + 1);
  return all.flatMap(({ instanceType, machines, interruptions = {}, zones = ['use1-az1'], ...where }) => {
    const { region = 'us-east-1', platform = 'Linux/UNIX', account = '000000000000' } = where;
    const common = { region, platform, account, instanceType, hours: machines };
    return zones.flatMap((zone, index) =>
      hours.map((hour) => {
        const interrupted = index === 0 ? (interruptions[hour] ?? 0) : 0;
        return { ...common, zone, time: end - hour * HOUR, interruptions: interrupted };
      }),
    );
  });
}
