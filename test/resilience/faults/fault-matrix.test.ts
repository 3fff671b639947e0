// Every kind of fault at every point of a run. Rows wait for timeouts most of their time, so many are under way at once.
import pLimit from 'p-limit';
import { describe, expect, it, vi } from 'vitest';
import { allRows, calmAfter, ERROR_NAMES, endingOf, openAfter } from './expectations.ts';
import { kindOf } from './kinds.ts';
import { ALL_POINTS, isBeforeWriting, pointOf } from './points.ts';
import { hasOwnProcess, playRow, TIMEOUT, timeoutOf } from './row.ts';
import { OPEN_TYPES, RENEWED_TYPE, RENEWED_TYPES } from './situation.ts';

vi.setConfig({ maxConcurrency: 32 });

/** Of rows with a process of their own not more at a time than a machine can load. */
const ofTheirOwn = pLimit(12);

/** What a message says there is to do. */
const ADVICE = /\b(Check|Give|Set|Put|Allow|ask|the next run)\b/i;

/** Two runs, and the time until it is their turn; milliseconds. */
const LIMIT = 5 * TIMEOUT;

const rows = allRows(ALL_POINTS)
  .map((row) => ({ ...row, title: `${pointOf(row.point).title}: ${kindOf(row.kind).title}` }))
  // Those that wait longest come first.
  .sort((a, b) => Number(b.kind === 'hang') - Number(a.kind === 'hang'));

describe.concurrent('a run survives a fault of', () => {
  it.for(rows)('$title', { timeout: LIMIT }, async ({ point, kind }) => {
    const play = () => playRow(point, kind);
    const outcome = await (hasOwnProcess(point) ? ofTheirOwn(play) : play());
    const { error, open, foreignBefore, next } = outcome;
    const ending = endingOf(point, kind);
    if (ending === 'completed') expect(error).toBeNull();
    else {
      expect(error).toMatchObject({ name: ERROR_NAMES[ending], code: ending });
      expect(error?.message).toMatch(ADVICE);
    }
    expect(outcome.milliseconds).toBeLessThan(timeoutOf(kind));
    expect(outcome.shown.includes(outcome.apiKey)).toBe(false);
    expect(outcome.foreign).toEqual(foreignBefore);
    expect(outcome.calm).toEqual(calmAfter(point, kind));

    const expected = openAfter(point, kind);
    expect(outcome.uncovered).toEqual(expected?.includes(RENEWED_TYPE) ? [RENEWED_TYPE] : []);
    if (expected !== null) expect(open).toEqual(expected);
    if (isBeforeWriting(point) && ending !== 'completed')
      expect(outcome.writes).toBe(expected === OPEN_TYPES ? RENEWED_TYPES.length : 0);
    // A key that is refused stops the writing at once.
    if (point === 'add' && ending.startsWith('KEY_')) expect(open.length).toBeGreaterThan(1);

    expect(next).toEqual({ error: null, open: [], calm: calmAfter(point), foreign: foreignBefore });
  });
});
