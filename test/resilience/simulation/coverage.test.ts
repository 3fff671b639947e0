import { expect, it } from 'vitest';
import { readSchedule } from '../../../infra/construct/schedule.ts';
import { warningsAbout } from '../../../infra/construct/warnings.ts';
import { POLICY, realFeed } from '../../support/plan.ts';
import { addingAll, DEFAULT_PACE, FATES, reconciling, type Scenario, simulate } from './coverage.ts';

const THRESHOLD = 20;
const feeds = (['2025-06-28', '2026-02-13'] as const).map((day) => realFeed(day).of('us-east-1', 'Linux'));

it.each(Object.entries(FATES))(
  'leaves no type that stays risky uncovered for 30 days of hourly runs when %s',
  (name, fate) => {
    // The feeds change places every 7 hours, so that changes fall on every hour of the day.
    const scenario: Scenario = { days: 30, feeds, publishedFor: 7, fate, paceOf: DEFAULT_PACE };
    const ours = simulate(reconciling({ ...POLICY, blacklistHours: 12 }, 1), scenario, THRESHOLD);
    const theirs = simulate(addingAll(THRESHOLD, 6, 5), scenario, THRESHOLD);

    const percent = (share: number) => `${(share * 100).toFixed(2)} %`;
    console.log(
      `When ${name}: uncovered ${percent(ours.uncoveredShare)} with this project (${ours.writes} writes), ` +
        `${percent(theirs.uncoveredShare)} with "add all every 6 hours for 5 hours" (${theirs.writes} writes)`,
    );
    expect(ours.types).toBeGreaterThan(100);
    expect(ours.uncoveredShare).toBe(0);
    // One hour in six, and more where runs are missing: the yardstick measures what it should.
    expect(theirs.uncoveredShare).toBeGreaterThan(0.16);
  },
);

/** Whether synth warns of a schedule. */
function isWarnedOf(interval: number, blacklistHours: number): boolean {
  const schedule = readSchedule(interval === 1 ? 'rate(1 hour)' : `rate(${interval} hours)`);
  const target = { targetName: 'default', blacklistHours };
  return warningsAbout(target, schedule, { runbookUrl: 'https://example.com' }).length > 0;
}

it.each([
  [1, 2],
  [1, 2.5],
  [1, 3],
  [1, 3.25],
  [1, 4],
  [1, 4.25],
  [1, 5],
  [1, 12],
  [3, 12],
  [6, 12],
  [6, 15],
  [6, 18],
  [6, 18.25],
  [6, 24.25],
  [3, 9],
  [3, 9.25],
  [12, 30],
  [12, 37],
  [24, 72],
  [24, 73],
])(
  'every %d h for %d h: synth warns exactly if a lost run leaves risky types uncovered',
  (interval, hours) => {
    const fate = FATES['every fifth run is lost'] as Scenario['fate'];
    const scenario: Scenario = { days: 30, feeds, publishedFor: 7, fate, paceOf: DEFAULT_PACE };
    const { uncoveredShare } = simulate(
      reconciling({ ...POLICY, blacklistHours: hours }, interval),
      scenario,
      THRESHOLD,
    );
    expect(uncoveredShare > 0).toBe(isWarnedOf(interval, hours));
  },
);
