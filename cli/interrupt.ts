import { type Deadline, StoppedByHand } from '../lambda/run/deadline.ts';

/** Ctrl-C (SIGINT), SIGTERM and a closed terminal (SIGHUP), as a run's deadline. There is no other. */
export class Interrupt {
  readonly deadline: Deadline;
  /** Whether writes may be under way. Until they are, stopping means giving up at once. */
  #isWriting = false;
  readonly #writes = new AbortController();
  readonly #rest = new AbortController();
  readonly #say: (text: string) => void;

  /** @param say shows the user that requests under way are still waited for */
  constructor(say: (text: string) => void) {
    this.#say = say;
    this.deadline = {
      facts: this.#rest.signal,
      plans: this.#rest.signal,
      writes: this.#writes.signal,
      answers: this.#rest.signal,
      reads: this.#rest.signal,
    };
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => this.stop());
    // Both the shell and the kernel may send it, so a repeated one does not count as a second Ctrl-C.
    process.on('SIGHUP', () => {
      if (!this.isStopped) this.stop();
    });
  }

  get isStopped(): boolean {
    return this.#writes.signal.aborted;
  }

  /** From now on the first stop waits for the requests under way. */
  startWriting(): void {
    this.#isWriting = true;
  }

  /** No write starts any more; a second call, or one before the writing, gives up on everything. */
  stop(): void {
    const isFirst = !this.isStopped;
    this.#writes.abort(new StoppedByHand());
    if (isFirst && this.#isWriting)
      this.#say('\nStopping after the requests under way. Ctrl-C again gives up on them.');
    else this.#rest.abort(new StoppedByHand());
  }
}
