// What no answer of a service tells: the process dies, or somebody else changes the list while the run is at work.
import { describe, expect, it } from 'vitest';
import { runHere } from '../run-support.ts';
import type { FaultRule } from '../sandbox/http/faults.ts';
import type { Sandbox } from '../sandbox/sandbox.ts';
import { pointOf } from './points.ts';
import { startBundle } from './row.ts';
import {
  ADDED_TYPE,
  coveredTypes,
  foreignEntries,
  KEPT_TYPE,
  openTypes,
  startSituation,
} from './situation.ts';

/** Does something once, when a run has come to a point. */
function at(point: 'add' | 'verify', sandbox: Sandbox, act: () => void): FaultRule {
  const when = pointOf(point).when(sandbox);
  let isDone = false;
  const matching: typeof when.matching = (request) => {
    if (isDone || when.matching?.(request) === false) return false;
    isDone = true;
    act();
    return true;
  };
  return { when: { ...when, matching }, fault: { kind: 'latency', ms: 0 } };
}

describe('a run whose process is killed', () => {
  it.each([
    ['in the middle of its writes', 'add'],
    ['between its writes and the list', 'verify'],
  ] as const)('%s leaves everything in order, and the next one does the rest', async (_, point) => {
    await using sandbox = await startSituation('add');
    const covered = coveredTypes(sandbox);
    const foreign = foreignEntries(sandbox);
    await using killed = await startBundle(sandbox);
    sandbox.faults.push(at(point, sandbox, () => void killed.close()));
    expect(await killed.invoke()).toMatchObject({
      functionError: 'Unhandled',
      payload: { errorMessage: 'Runtime exited with error: signal: SIGKILL' },
    });
    expect(coveredTypes(sandbox)).toEqual(expect.arrayContaining(covered));
    expect(foreignEntries(sandbox)).toEqual(foreign);

    await using next = await startBundle(sandbox);
    expect((await next.invoke()).functionError).toBeUndefined();
    expect(openTypes(sandbox)).toEqual([]);
    expect(foreignEntries(sandbox)).toEqual(foreign);
  });
});

describe('a run, while somebody else', () => {
  const remove = ({ castai }: Sandbox, type: string) => {
    castai.entries = castai.entries.filter(({ instanceType }) => instanceType !== type);
  };
  const addTheirs = ({ castai }: Sandbox) => {
    castai.seed({ instanceType: ADDED_TYPE, lifecycle: 'spot', reason: 'by hand' });
  };

  it.each<[string, (sandbox: Sandbox) => void, string | null, string[]]>([
    [
      'removes what was just added, says so',
      (sandbox) => remove(sandbox, ADDED_TYPE),
      ADDED_TYPE,
      [ADDED_TYPE],
    ],
    ['removes what was kept, has done its part', (sandbox) => remove(sandbox, KEPT_TYPE), null, [KEPT_TYPE]],
    ['adds the same, has done its part', addTheirs, null, []],
    [
      'puts an entry in place of what was just added, leaves it alone',
      (sandbox) => {
        remove(sandbox, ADDED_TYPE);
        addTheirs(sandbox);
      },
      null,
      [],
    ],
  ])('%s; the next one does the rest', async (_, act, problem, open) => {
    await using sandbox = await startSituation('add');
    sandbox.faults.push(at('verify', sandbox, () => act(sandbox)));
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
