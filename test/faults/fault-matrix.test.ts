// Every kind of fault at every point of a run. Rows wait for timeouts most of their time, so many are under way at once.
import { readFile } from 'node:fs/promises';
import PQueue from 'p-queue';
import { beforeAll, describe, expect, it } from 'vitest';
import { allRows, ERROR_NAMES, endingOf } from './expectations.ts';
import { kindOf } from './kinds.ts';
import { ALL_POINTS, isBeforeWriting, pointOf } from './points.ts';
import { playRow, type RowOutcome, timeoutOf } from './row.ts';
import { ADDED_TYPE, RENEWED_TYPE } from './situation.ts';
import { FAULTS_FILE, faultsDocument } from './table.ts';

/** What a message says there is to do. */
const ADVICE = /\b(Check|Give|Set|Store|Allow|ask|the next run)\b/i;

const rows = allRows(ALL_POINTS).map((row) => ({
  ...row,
  title: `${pointOf(row.point).title}: ${kindOf(row.kind).title}`,
  ending: endingOf(row.point, row.kind),
}));
const outcomes = new Map<string, Promise<RowOutcome>>();

/** Those that wait longest first, and of those with a process of their own not more than a machine can load at once. */
const inProcess = new PQueue({ concurrency: 32 });
const ofTheirOwn = new PQueue({ concurrency: 4 });

beforeAll(() => {
  for (const { title, point, kind } of rows) {
    const queue = point === 'secret' ? ofTheirOwn : inProcess;
    const outcome = queue.add(() => playRow(point, kind), { priority: Number(kind === 'hang') });
    // A test looks at it later; until then nobody is to take it for unhandled.
    outcome.catch(() => {});
    outcomes.set(title, outcome);
  }
});

describe('a run survives a fault of', () => {
  it.each(rows)('$title', async ({ title, point, kind, ending }) => {
    const outcome = (await outcomes.get(title)) as RowOutcome;
    const { error, uncovered, foreign, next } = outcome;
    if (ending === 'completed') expect(error).toBeNull();
    else {
      expect(error).toMatchObject({ name: ERROR_NAMES[ending], code: ending });
      expect(error?.message).toMatch(ADVICE);
    }
    expect(outcome.milliseconds).toBeLessThan(timeoutOf(kind));
    expect(outcome.shown.includes(outcome.apiKey)).toBe(false);
    expect(foreign.after).toEqual(foreign.before);
    // Removing it was the only way to renew it; that it happened to one tells not to try the next.
    expect(uncovered).toEqual(point === 'replacement' && ending !== 'completed' ? [RENEWED_TYPE] : []);
    if (ending === 'completed') expect(outcome.open).toEqual([]);
    else if (isBeforeWriting(point)) expect(outcome.writes).toBe(0);
    else if (point === 'add' && ending === 'RUN_INCOMPLETE') expect(outcome.open).toContain(ADDED_TYPE);
    expect(next).toEqual({ error: null, open: [] });
  });
});

it('is documented as it is tested: npm run faults', async () => {
  expect(await readFile(FAULTS_FILE, 'utf8')).toBe(faultsDocument());
});
