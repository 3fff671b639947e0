// Faults that no response shows: the process dies, or another user changes the list during the run.
import { describe, expect, it } from 'vitest';
import type { FaultRule } from '../../sandbox/http/faults.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import { runHere } from '../../support/run-here.ts';
import { type Point, pointOf } from './points.ts';
import { startBundle } from './row.ts';
import {
  ADDED_TYPE,
  coveredTypes,
  foreignEntries,
  KEPT_TYPE,
  openTypes,
  RENEWED_TYPE,
  startSituation,
} from './situation.ts';

/** Does something once, when the n-th of these requests comes; the request takes its effect all the same. */
function at(when: FaultRule['when'], act: () => void, nth = 1): FaultRule {
  return { when: { ...when, nth }, onStrike: act, fault: { kind: 'latency', ms: 0 } };
}

const atVerifying = (sandbox: Sandbox, act: () => void) => at(pointOf('verify').when(sandbox), act);

/** Kills a run at this point, and returns what it leaves open; the next run must do all of it. */
async function killAt(point: Point, when = pointOf(point).when, nth = 1) {
  await using sandbox = await startSituation(point);
  const foreign = foreignEntries(sandbox);
  const covered = coveredTypes(sandbox);
  const openBefore = openTypes(sandbox);
  await using killed = await startBundle(sandbox);
  sandbox.faults.push(at(when(sandbox), () => void killed.close(), nth));
  expect(await killed.invoke()).toMatchObject({
    functionError: 'Unhandled',
    payload: { errorMessage: 'Runtime exited with error: signal: SIGKILL' },
  });
  const open = openTypes(sandbox);
  expect(foreignEntries(sandbox)).toEqual(foreign);

  await using next = await startBundle(sandbox);
  expect((await next.invoke()).functionError).toBeUndefined();
  expect(openTypes(sandbox)).toEqual([]);
  expect(foreignEntries(sandbox)).toEqual(foreign);
  return { openBefore, open, uncovered: open.filter((type) => covered.includes(type)) };
}

describe('a run whose process is killed leaves the rest to the next run', () => {
  it('in the middle of its writes', async () => {
    // Ten are in flight at once: when the tenth arrives, at most nine have a response, so the last two have not started.
    const { openBefore, open, uncovered } = await killAt('add', () => ({ route: 'add' }), 10);
    expect(open.length).toBeGreaterThan(0);
    expect(open.length).toBeLessThan(openBefore.length);
    expect(uncovered).toEqual([]);
  });

  it('between its writes and the list', async () => {
    expect(await killAt('verify')).toMatchObject({ open: [] });
  });

  it('between removing and adding again, with one type uncovered', async () => {
    expect(await killAt('removal')).toMatchObject({ open: [RENEWED_TYPE], uncovered: [RENEWED_TYPE] });
  });
});

describe('if another user, during a run,', () => {
  const remove = ({ castai }: Sandbox, type: string) => {
    castai.entries = castai.entries.filter(({ instanceType }) => instanceType !== type);
  };
  const addTheirs = ({ castai }: Sandbox) => {
    castai.seed({ instanceType: ADDED_TYPE, lifecycle: 'spot', reason: 'by hand' });
  };

  it.each<[string, (sandbox: Sandbox) => void, string | null, string[]]>([
    [
      'removes what was just added, the run adds it again',
      (sandbox) => remove(sandbox, ADDED_TYPE),
      null,
      [],
    ],
    ['removes what was kept, the run completes', (sandbox) => remove(sandbox, KEPT_TYPE), null, [KEPT_TYPE]],
    ['adds the same, the run completes', addTheirs, null, []],
    [
      'replaces what was just added, the run leaves it alone',
      (sandbox) => {
        remove(sandbox, ADDED_TYPE);
        addTheirs(sandbox);
      },
      null,
      [],
    ],
  ])('%s, and the next run does the rest', async (_, act, problem, open) => {
    await using sandbox = await startSituation('add');
    sandbox.faults.push(atVerifying(sandbox, () => act(sandbox)));
    const { error } = await runHere(sandbox);
    if (problem === null) expect(error).toBeNull();
    else {
      expect(error).toMatchObject({ name: 'RunIncompleteError', code: 'RUN_INCOMPLETE' });
      expect(error?.message).toContain(problem);
    }
    expect(openTypes(sandbox)).toEqual(open);
    const foreign = foreignEntries(sandbox);

    expect((await runHere(sandbox)).error).toBeNull();
    expect(openTypes(sandbox)).toEqual([]);
    expect(foreignEntries(sandbox)).toEqual(foreign);
  });
});
