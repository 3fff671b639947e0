import { setTimeout } from 'node:timers/promises';
import { MINUTE, SECOND } from '../domain/words.ts';

/** Lambda's longest timeout, in milliseconds. */
export const LONGEST_RUN = 15 * MINUTE;

/** The longest time before its end during which a run starts no further write: milliseconds. */
export const LONGEST_WIND_UP = 30 * SECOND;

/** The moments at which a run winds down by itself, before it is ended from outside. */
export interface Deadline {
  /**
   * Starts the time for reading own evidence. It does not start with the run: a slow secret or feed would use it up.
   *
   * @returns what aborts the reading, in any case before the time for lists ends
   */
  evidence(): AbortSignal;
  /** Aborts optional reads, so that there is time for those that the run needs. */
  readonly facts: AbortSignal;
  /** Aborts pending lists and node templates, so that the other clusters can be written. */
  readonly plans: AbortSignal;
  /** From then on, no further write starts. */
  readonly writes: AbortSignal;
  /** Aborts writes in flight. */
  readonly responses: AbortSignal;
  /** Aborts reads too; only the report remains. */
  readonly reads: AbortSignal;
}

/** Waits for the given milliseconds, or until the signal is aborted. */
export async function wait(milliseconds: number, signal: AbortSignal): Promise<void> {
  await setTimeout(milliseconds, undefined, { signal }).catch(() => undefined);
}

/** The abort reason of a deadline's signals when the user, not the clock, ends a run. */
export class StoppedByHand extends Error {}

/** @returns whether the user, not the clock, ended the writing */
export function isStoppedByHand({ writes }: Deadline): boolean {
  return writes.reason instanceof StoppedByHand;
}

/** @returns why no further write starts, for the user */
export function whyWritesEnded(deadline: Deadline): string {
  return isStoppedByHand(deadline) ? 'the run was stopped' : 'time ran out';
}

/**
 * Divides the remaining time. The shares matter for short timeouts, the seconds for long ones: plans get two minutes,
 * own evidence 20 seconds of them but not the last 30, writes in flight 10 seconds, and the final list 16.
 *
 * @param milliseconds until the run is ended from outside
 * @param timeout creates a signal that aborts after a number of milliseconds
 */
export function deadlineIn(
  milliseconds: number,
  timeout: (milliseconds: number) => AbortSignal = AbortSignal.timeout,
): Deadline {
  const before = (seconds: number, share: number) =>
    timeout(Math.max(0, Math.floor(milliseconds - Math.min(seconds * SECOND, milliseconds * share))));
  const after = (seconds: number, share: number) =>
    timeout(Math.floor(Math.min(seconds * SECOND, milliseconds * share)));
  const evidenceEnds = after(90, 0.3);
  return {
    evidence: () => AbortSignal.any([evidenceEnds, after(20, 0.1)]),
    facts: after(60, 0.2),
    plans: after(120, 0.4),
    writes: before(LONGEST_WIND_UP / SECOND, 0.3),
    responses: before(20, 0.2),
    reads: before(4, 0.05),
  };
}

/**
 * Divides the time of a run that writes nothing: of Lambda's 15 minutes, optional reads get 8, and the lists 12.
 *
 * @param milliseconds until the run is ended from outside
 * @param timeout creates a signal that aborts after a number of milliseconds
 */
export function readingDeadlineIn(
  milliseconds: number,
  timeout: (milliseconds: number) => AbortSignal = AbortSignal.timeout,
): Deadline {
  const after = (minutes: number) => timeout(Math.floor((milliseconds * minutes * MINUTE) / LONGEST_RUN));
  return { ...deadlineIn(milliseconds, timeout), facts: after(8), plans: after(12) };
}
