import { setTimeout } from 'node:timers/promises';

/** The moments at which a run winds down by itself, before Lambda ends it. */
export interface Deadline {
  /** From here on what a run gets by without is given up, so that the lists that it needs still come. */
  readonly facts: AbortSignal;
  /** From here on lists that have not come are given up, so that the other clusters are written to. */
  readonly plans: AbortSignal;
  /** From then on, no further write starts. */
  readonly writes: AbortSignal;
  /** Aborts writes in flight. */
  readonly answers: AbortSignal;
  /** Aborts reads too; only the report remains. */
  readonly reads: AbortSignal;
}

/** Waits for the given milliseconds, or until the signal is aborted. */
export async function wait(milliseconds: number, signal: AbortSignal): Promise<void> {
  await setTimeout(milliseconds, undefined, { signal }).catch(() => undefined);
}

/** The abort reason of a deadline's signals when the user, not the clock, ends a run. */
export class StoppedByHand extends Error {}

/** @returns why no further write starts, for the user */
export function whyWritesEnded({ writes }: Deadline): string {
  return writes.reason instanceof StoppedByHand ? 'the run was stopped' : 'time ran out';
}

/**
 * Divides the remaining time. The shares matter for short timeouts, the seconds for long ones: plans get two minutes,
 * writes in flight 10 seconds, and the final list 16.
 *
 * @param milliseconds until Lambda ends the run
 */
export function deadlineIn(milliseconds: number): Deadline {
  const before = (seconds: number, share: number) =>
    AbortSignal.timeout(
      Math.max(0, Math.floor(milliseconds - Math.min(seconds * 1000, milliseconds * share))),
    );
  return {
    facts: AbortSignal.timeout(Math.floor(milliseconds * 0.2)),
    plans: AbortSignal.timeout(Math.floor(Math.min(120_000, milliseconds * 0.4))),
    writes: before(30, 0.3),
    answers: before(20, 0.2),
    reads: before(4, 0.05),
  };
}
