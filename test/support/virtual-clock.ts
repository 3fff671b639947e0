import { setImmediate } from 'node:timers/promises';

/** A clock that stands still while there is work to do, and then jumps to the next awaited moment. */
export class VirtualClock {
  #now: number;
  readonly #waiting = new Map<number, Set<() => void>>();

  /** @param now milliseconds since 1970 */
  constructor(now: number) {
    this.#now = now;
  }

  readonly now = (): number => this.#now;

  /** As the run's own: for so many milliseconds, or until the signal is aborted. */
  readonly wait = (milliseconds: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const giveUp = () => {
        this.#forget(time, done);
        resolve();
      };
      const done = () => {
        signal?.removeEventListener('abort', giveUp);
        resolve();
      };
      const time = this.#at(milliseconds, done);
      signal?.addEventListener('abort', giveUp, { once: true });
    });

  /** As `AbortSignal.timeout`. */
  readonly timeout = (milliseconds: number): AbortSignal => {
    const controller = new AbortController();
    this.#at(milliseconds, () => controller.abort());
    return controller.signal;
  };

  /**
   * Lets time pass until some work is done, which must wait for nothing but this clock.
   *
   * @throws {Error} if it waits for something else
   */
  async play<T>(work: Promise<T>): Promise<T> {
    let isDone = false;
    const end = work.finally(() => {
      isDone = true;
    });
    // The caller who awaits the result gets its error.
    end.catch(() => undefined);
    for (;;) {
      await setImmediate();
      if (isDone) return end;
      const next = Math.min(...this.#waiting.keys());
      if (next === Number.POSITIVE_INFINITY) throw new Error('The work waits for something but the clock.');
      this.#jumpTo(next);
    }
  }

  /** Lets time pass, up to a moment. */
  skipTo(moment: number): void {
    for (;;) {
      const next = Math.min(...this.#waiting.keys());
      if (next > moment) break;
      this.#jumpTo(next);
    }
    this.#now = Math.max(this.#now, moment);
  }

  #jumpTo(time: number): void {
    this.#now = Math.max(this.#now, time);
    const due = this.#waiting.get(time) ?? [];
    this.#waiting.delete(time);
    for (const call of due) call();
  }

  #at(milliseconds: number, call: () => void): number {
    const time = this.#now + Math.max(0, milliseconds);
    const others = this.#waiting.get(time) ?? new Set();
    this.#waiting.set(time, others.add(call));
    return time;
  }

  #forget(time: number, call: () => void): void {
    const others = this.#waiting.get(time);
    others?.delete(call);
    if (others?.size === 0) this.#waiting.delete(time);
  }
}
