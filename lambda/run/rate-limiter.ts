import { SECOND } from '../domain/words.ts';
import type { Settings } from '../settings/settings.ts';
import type { RunPorts } from './ports.ts';

/** Starts requests at the configured rate, first come, first served, by the run's clock. */
export class RateLimiter {
  readonly #size: number;
  /** Milliseconds. */
  readonly #pause: number;
  readonly #clock: Pick<RunPorts, 'now' | 'wait'>;
  /** When the latest `#size` requests started, oldest first: milliseconds since 1970. */
  readonly #starts: number[] = [];
  #underWay = 0;
  /** Settles when all earlier requests have had their turn. */
  #queue: Promise<unknown> = Promise.resolve();
  /** Wakes the request whose turn waits for another one to end. */
  #wake: () => void = () => {};

  /** At most `batchSize` requests start in any `batchPause` seconds, and at most `batchSize` are in flight at once. */
  constructor(
    { batchSize, batchPause }: Pick<Settings, 'batchSize' | 'batchPause'>,
    clock: Pick<RunPorts, 'now' | 'wait'>,
  ) {
    this.#size = batchSize;
    this.#pause = batchPause * SECOND;
    this.#clock = clock;
  }

  /**
   * Waits until a request may start. A caller that gets a turn calls `end` when its request has ended.
   *
   * @returns false if the signal was aborted before
   */
  turn(signal: AbortSignal): Promise<boolean> {
    const turn = this.#queue.then(() => this.#next(signal));
    this.#queue = turn;
    return turn;
  }

  /** Reports that a request that had its turn has ended. */
  end(): void {
    this.#underWay -= 1;
    this.#wake();
  }

  /** Waits until another run with a rate limiter of its own may start requests. */
  async settle(signal: AbortSignal): Promise<void> {
    const latest = this.#starts.at(-1);
    const pause = latest === undefined ? 0 : latest + this.#pause - this.#clock.now();
    if (pause > 0) await this.#clock.wait(Math.min(pause, this.#pause), signal);
  }

  async #next(signal: AbortSignal): Promise<boolean> {
    if (this.#underWay >= this.#size) await this.#endOfOne(signal);
    const [oldest] = this.#starts.length < this.#size ? [] : this.#starts;
    const pause = oldest === undefined ? 0 : oldest + this.#pause - this.#clock.now();
    // A clock that is set back must not lengthen the pause.
    if (pause > 0 && !signal.aborted) await this.#clock.wait(Math.min(pause, this.#pause), signal);
    if (signal.aborted) return false;
    this.#underWay += 1;
    this.#starts.push(this.#clock.now());
    if (this.#starts.length > this.#size) this.#starts.shift();
    return true;
  }

  async #endOfOne(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    const giveUp = () => resolve();
    signal.addEventListener('abort', giveUp);
    await promise;
    // A run's signals outlive this wait, and thousands of requests listen to one.
    signal.removeEventListener('abort', giveUp);
  }
}
