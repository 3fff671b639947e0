import type { Decision } from '../../lambda/domain/decision.ts';
import type { Settings } from '../../lambda/settings/settings.ts';
import type { Progress, Terminal } from './terminal.ts';

/** The writes of a run, as a bar with the remaining time. */
export class WriteProgress {
  readonly #terminal: Pick<Terminal, 'progress'>;
  readonly #pace: Pick<Settings, 'batchSize' | 'batchPause'>;
  #bar: Progress | null = null;
  #total = 0;
  #done = 0;
  #startedAt = 0;

  constructor(terminal: Pick<Terminal, 'progress'>, pace: Pick<Settings, 'batchSize' | 'batchPause'>) {
    this.#terminal = terminal;
    this.#pace = pace;
  }

  /** @param total how many writes there are */
  start(total: number): void {
    this.#total = total;
    this.#startedAt = Date.now();
    if (total > 0) this.#bar = this.#terminal.progress(total, estimate(total, this.#pace) !== null);
  }

  advance({ action, instanceType }: Decision): void {
    this.#done += 1;
    const elapsed = Date.now() - this.#startedAt;
    const left = timeLeft(this.#total, this.#done, elapsed, this.#pace);
    const isLast = this.#done === this.#total;
    // The list may lag behind, and is then read again.
    if (isLast) this.#bar?.advance('', 'reading the list as proof');
    else this.#bar?.advance(`${action} ${instanceType}`, `${left} left`);
  }

  stop(): void {
    this.#bar?.stop();
    this.#bar = null;
  }
}

/** @returns the minimum time for a number of writes, in words; null if there are too few for a pause */
export function estimate(total: number, pace: Pick<Settings, 'batchSize' | 'batchPause'>): string | null {
  return total > pace.batchSize && pace.batchPause > 0 ? timeLeft(total, 1, 0, pace) : null;
}

/**
 * Estimates the remaining time: at least what the pace allows, or what the writes so far have taken.
 *
 * @param elapsed milliseconds since the first write
 */
export function timeLeft(
  total: number,
  done: number,
  elapsed: number,
  { batchSize, batchPause }: Pick<Settings, 'batchSize' | 'batchPause'>,
): string {
  const left = total - done;
  const pauses = Math.ceil(total / batchSize) - Math.ceil(done / batchSize);
  // The first responses are slow and not representative.
  const measured = done < batchSize ? 0 : (elapsed / 1000 / done) * left;
  const seconds = Math.ceil(Math.max(pauses * batchPause, measured));
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
