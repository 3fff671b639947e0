import { type Deadline, StoppedByHand } from '../../lambda/run/deadline.ts';
import type { Host } from '../terminal/host.ts';

/** Ctrl-C (SIGINT), SIGTERM and a closed terminal (SIGHUP), which are a run's only deadline. */
export class Interrupt {
  readonly deadline: Deadline;
  /** Whether writes may be in flight. Until then, a stop aborts everything at once. */
  #isWriting = false;
  readonly #writes = new AbortController();
  readonly #rest = new AbortController();
  readonly #say: (text: string) => void;

  /** @param say tells the user that the run waits for requests in flight */
  constructor(host: Pick<Host, 'on'>, say: (text: string) => void) {
    this.#say = say;
    this.deadline = {
      evidence: () => this.#rest.signal,
      facts: this.#rest.signal,
      plans: this.#rest.signal,
      writes: this.#writes.signal,
      responses: this.#rest.signal,
      reads: this.#rest.signal,
    };
    for (const signal of ['SIGINT', 'SIGTERM'] as const) host.on(signal, () => this.stop());
    // The shell and the kernel may both send it, so a repeated one does not count as a second Ctrl-C.
    host.on('SIGHUP', () => {
      if (!this.isStopped) this.stop();
    });
  }

  get isStopped(): boolean {
    return this.#writes.signal.aborted;
  }

  /** From now on, the first stop waits for the requests in flight. */
  startWriting(): void {
    this.#isWriting = true;
  }

  /** Starts no further write; a second call, or one before writing, aborts everything. */
  stop(): void {
    const isFirst = !this.isStopped;
    this.#writes.abort(new StoppedByHand());
    if (isFirst && this.#isWriting)
      this.#say('\nStopping after the requests in flight. Press Ctrl-C again to abort them.');
    else this.#rest.abort(new StoppedByHand());
  }
}
