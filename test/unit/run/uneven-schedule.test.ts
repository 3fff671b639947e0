// A cluster whose template keeps falling back to on-demand, with runs at uneven intervals.
import { describe, expect, it } from 'vitest';
import { scheduleVariables } from '../../../infra/construct/environment.ts';
import { readSchedule } from '../../../infra/construct/schedule.ts';
import type { Entry } from '../../../lambda/domain/blacklist/blacklist.ts';
import type { BoughtNodes } from '../../../lambda/domain/instance-types/template.ts';
import { planApply } from '../../../lambda/domain/plan.ts';
import { scheduleAt } from '../../../lambda/run/capacity.ts';
import { readSettings } from '../../../lambda/settings/settings.ts';
import {
  carriedOut,
  HOUR,
  madeUpRegion,
  NO_GUARD_RAILS,
  ownEntry,
  POLICY,
  stateWith,
  templateOf,
} from '../../support/plan.ts';
import { ENVIRONMENT } from '../../support/settings.ts';

const DAY = 24 * HOUR;
const RISKY = Array.from({ length: 200 }, (_, index) => `r${index + 1}.large`);
const REGION = madeUpRegion({ 'm5.large': 0, ...Object.fromEntries(RISKY.map((type) => [type, 4])) });
const POLICY_HERE = { ...POLICY, ...NO_GUARD_RAILS, blacklistHours: 168 };
const KEPT_OFF = RISKY.map((type) => ownEntry(type, 168));

/** A Monday. */
const MONDAY = Date.parse('2026-02-16T00:00:00Z');
const MINUTE = HOUR / 60;

/** Hourly by day; in working hours; several times an hour, not at its start. */
const SCHEDULES = [
  'cron(0 8-18 * * ? *)',
  'cron(0 8-18 ? * MON-FRI *)',
  'cron(7,37,57 8,9,20 ? * MON-FRI *)',
];

/**
 * Plays so many weekdays of a schedule.
 *
 * @param boughtAt the template's nodes, by the number of the run
 * @returns when each type was added, as its runs were due
 */
function play(
  expression: string,
  days: number,
  boughtAt: (run: number) => BoughtNodes,
  before: readonly Entry[],
): ReadonlyMap<string, readonly number[]> {
  const schedule = readSchedule(expression);
  const settings = readSettings({ ...ENVIRONMENT, ...scheduleVariables(schedule) }, {});
  const due = Array.from({ length: days }, (_, day) =>
    schedule.times.map((time) => MONDAY + day * DAY + Date.parse(`1970-01-01T${time}Z`)),
  ).flat();
  const added = new Map<string, number[]>();
  let entries = before;
  for (const [run, time] of due.entries()) {
    // Some start seconds later; some are retries.
    const now = time + (run % 3 === 0 ? 6 * MINUTE : 7_000);
    const template = { ...templateOf('web', { architectures: ['x86_64'] }), bought: boughtAt(run) };
    const state = { ...stateWith(entries, now), templates: [template], schedule: scheduleAt(now, settings) };
    const plan = planApply(REGION, POLICY_HERE, state);
    for (const { action, instanceType } of plan.decisions)
      if (action === 'add') added.set(instanceType, [...(added.get(instanceType) ?? []), time]);
    entries = carriedOut(plan, state);
  }
  return added;
}

describe.each(SCHEDULES)('runs of %s', (expression) => {
  it('add no type twice within a day, however the share of fallback nodes changes', () => {
    const shares = [
      { spot: 44, fallback: 6 },
      { spot: 49, fallback: 1 },
    ] as const;
    const added = play(expression, 5, (run) => shares[run % 2 === 0 ? 0 : 1], KEPT_OFF);
    const between = [...added.values()].flatMap((times) =>
      times.slice(1).map((time, index) => time - (times[index] ?? 0)),
    );
    expect(between.length).toBeGreaterThan(0);
    expect(Math.min(...between)).toBeGreaterThanOrEqual(DAY);
  });

  it('add every type within a day, and not all at once', () => {
    const [first = ''] = RISKY;
    const added = play(expression, 1, () => ({ spot: 49, fallback: 1 }), [ownEntry(first, 168)]);
    expect([...added.keys()].sort()).toEqual(RISKY.slice(1).sort());
    expect(new Set([...added.values()].flat()).size).toBeGreaterThan(2);
  });
});
