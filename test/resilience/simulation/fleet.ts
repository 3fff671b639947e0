// A fleet over some days: the real run, on a virtual clock.
import { isPlacement } from '../../../lambda/domain/decision.ts';
import { planApply } from '../../../lambda/domain/plan.ts';
import type { RunOutcome } from '../../../lambda/run/conclude.ts';
import { deadlineIn } from '../../../lambda/run/deadline.ts';
import type { RunPorts } from '../../../lambda/run/ports.ts';
import { run } from '../../../lambda/run/run.ts';
import { type ApplySettings, readSettings } from '../../../lambda/settings/settings.ts';
import { HOUR, realFeed, stateWith } from '../../support/plan.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';
import { VirtualCastAi } from './virtual-castai.ts';

export interface FleetScenario {
  readonly clusters: number;
  readonly days: number;
  /** Hours between two runs. */
  readonly interval?: number;
  readonly blacklistHours?: number;
  readonly batchSize?: number;
  /** Seconds. */
  readonly batchPause?: number;
  /** Milliseconds until CAST AI answers. */
  readonly latency?: number;
  /** Whether the run knows how far apart runs are. */
  readonly knowsSchedule?: boolean;
  /** Called whenever an entry is to be added, with the time: milliseconds since 1970. */
  readonly onAdd?: (now: number) => void;
  /** Called with the outcome of every run, retries included. */
  readonly onRun?: (outcome: RunOutcome) => void;
}

export interface FleetReport {
  /** How many types are risky in each cluster. */
  readonly types: number;
  /** Hours until every risky type was covered for the first time; null if it never came to that. */
  readonly firstFill: number | null;
  /** The share of the time in which a risky type could be bought: the mean of all clusters, and the worst one. */
  readonly uncovered: { readonly mean: number; readonly worst: number };
  /** The same, counted for every type from its first entry on. */
  readonly uncoveredLater: { readonly mean: number; readonly worst: number };
  /** One for each hour of the schedule, in their order. */
  readonly runs: readonly ScheduledRun[];
}

export interface ScheduledRun {
  /** Hours since the start. */
  readonly hour: number;
  /** Whether every type of every cluster had been covered before it. */
  readonly isFilled: boolean;
  /** How often the function was invoked and threw: up to three times, with Lambda's retries. */
  readonly errors: number;
  readonly writes: number;
  /** Renewals that the last invocation left to the next run. */
  readonly postponed: number;
}

/** Lambda's timeout, and its pauses before it repeats what has failed; milliseconds. */
const TIMEOUT = 15 * 60_000;
const RETRY_PAUSES = [60_000, 120_000];

export const START = Date.parse('2026-03-01T00:00:00Z');
const REGION = 'us-east-1';

/** A fleet of clusters in one region, all of them empty at first, and what a run needs to work on it. */
export function startFleet(scenario: FleetScenario) {
  const { clusters, latency = 100, onAdd } = scenario;
  const feed = realFeed('2026-02-13');
  const settings = settingsOf(scenario);
  const plan = planApply(feed.of(REGION, 'Linux'), settings.policy, stateWith([]));
  const types = plan.decisions.filter(isPlacement).map(({ instanceType }) => instanceType);
  const clock = new VirtualClock(START);
  const castai = new VirtualCastAi({ clock, latency, clusters, region: REGION, types, onAdd });
  const portsFor = (): RunPorts => ({
    fetchCredentials: async () => castai.credentials,
    fetchFeed: async () => feed,
    readOwnFigures: async () => ({ figures: new Map(), days: [], from: 0, to: 0, warnings: [] }),
    connectCastAi: () => castai,
    now: clock.now,
    wait: clock.wait,
    deadline: deadlineIn(TIMEOUT, clock.timeout),
  });
  return { settings, types, clock, castai, portsFor };
}

/** Plays a fleet through some days, each run doing all clusters itself. */
export async function simulateFleet(scenario: FleetScenario): Promise<FleetReport> {
  const { days, interval = 1, onRun } = scenario;
  const { settings, types, clock, castai, portsFor } = startFleet(scenario);
  const invoke = async () => {
    const outcome = await clock.play(run(settings, portsFor()));
    onRun?.(outcome);
    return outcome;
  };
  const runs: ScheduledRun[] = [];
  for (let hour = 0; hour < days * 24; hour += interval) {
    clock.skipTo(START + hour * HOUR);
    const isFilled = castai.isFilled;
    const before = castai.writes;
    let { error, result } = await invoke();
    let errors = Number(error !== null);
    for (const pause of RETRY_PAUSES) {
      if (error === null) break;
      clock.skipTo(clock.now() + pause);
      ({ error, result } = await invoke());
      errors += Number(error !== null);
    }
    const postponed = result.clusters.reduce((sum, { outcome }) => sum + outcome.postponed, 0);
    runs.push({ hour, isFilled, errors, writes: castai.writes - before, postponed });
  }
  clock.skipTo(START + days * 24 * HOUR);
  return reportOf(castai, types, runs);
}

export function reportOf(
  castai: VirtualCastAi,
  types: readonly string[],
  runs: readonly ScheduledRun[],
): FleetReport {
  const { filledAt } = castai;
  return {
    types: types.length,
    firstFill: filledAt === null ? null : (filledAt - START) / HOUR,
    ...castai.uncovered(START),
    runs,
  };
}

function settingsOf({ interval = 1, knowsSchedule = true, ...scenario }: FleetScenario): ApplySettings {
  const settings = readSettings(
    {
      SECRET_ID: 'castai',
      OS: 'Linux',
      INTERRUPTION_THRESHOLD: '20',
      BLACKLIST_HOURS: String(scenario.blacklistHours ?? 12),
      BATCH_SIZE: String(scenario.batchSize ?? 10),
      BATCH_PAUSE: String(scenario.batchPause ?? 5),
    },
    {},
  );
  if (settings.operation !== 'apply') throw new Error('The settings are not for applying.');
  return { ...settings, ...(knowsSchedule && { scheduleGapMinutes: interval * 60 }) };
}

/** The runs from one hour of the schedule up to another. */
export function runsBetween({ runs }: FleetReport, from: number, to: number): ScheduledRun[] {
  return runs.filter(({ hour }) => hour >= from && hour < to);
}
