import { countCastAiRequests } from '../../cli/demo/stand-in.ts';
import { startSandbox } from '../sandbox/sandbox.ts';
import { HOUR } from '../support/deployment.ts';
import { runHere } from '../support/run-here.ts';
import { type Measurement, rounded } from './measurement.ts';

/** How long an entry lasts, in hours, and how many runs a day there are. */
const SCHEDULES = [
  { every: 1, hours: 12 },
  { every: 1, hours: 5 },
  { every: 6, hours: 12 },
];

/** Days that are counted, after the one in which the blacklist comes to stand: renewals do not fall alike on all. */
const DAYS = 7;

/** What CAST AI is asked once the blacklist stands, by a run and by a day, against adding everything every time. */
export async function measureSteadyState(): Promise<Measurement> {
  const rows: Measurement['rows'][number][] = [];
  for (const { every, hours } of SCHEDULES) {
    const { idle, day, risky } = await daysOf(every, hours);
    const runs = 24 / every;
    rows.push({
      schedule: `every ${every} h for ${hours} h`,
      'reads when idle': idle.reads,
      'writes when idle': idle.writes,
      'reads a day': rounded(day.reads, 0),
      'writes a day': rounded(day.writes, 0),
      'adding all: writes a day': risky * runs,
      'times fewer requests': rounded((risky * runs) / (day.reads + day.writes), 1),
    });
  }
  return {
    title: 'Steady state, CAST AI requests',
    aim: 'No write in a run that has nothing to change, at most six reads: three of them of templates, nodes and policies',
    rows,
  };
}

/** A schedule's days after the first, by a clock that runs as fast as the runs. */
async function daysOf(every: number, blacklistHours: number) {
  let now = Date.now();
  let risky = 0;
  await using sandbox = await startSandbox({ now: () => now });
  const run = async () => {
    sandbox.requests.length = 0;
    const { error, result } = await runHere(sandbox, { settings: { blacklistHours }, now: () => now });
    if (error !== null) throw error;
    risky = result.clusters[0]?.decisions.length ?? 0;
    now += every * HOUR;
    return countCastAiRequests(sandbox.requests);
  };
  for (let hour = 0; hour < 24; hour += every) await run();
  const runs: Awaited<ReturnType<typeof run>>[] = [];
  for (let hour = 0; hour < DAYS * 24; hour += every) runs.push(await run());
  const aDay = (what: 'reads' | 'writes') => runs.reduce((total, one) => total + one[what], 0) / DAYS;
  // Once more at the same moment: in a day, every run has a few entries to renew.
  now -= every * HOUR;
  const idle = await run();
  return { risky, idle, day: { reads: aDay('reads'), writes: aDay('writes') } };
}
