import { CastAiAuthError, type SpotBlacklistError } from './errors.ts';

/** How many requests have to be told to come back much later until all are taken to be meant. */
const BUSY = 3;

/** Stops a run, over all its clusters, when CAST AI would refuse whatever came next. */
export class Brake {
  readonly #stop = new AbortController();
  #stoppedBy: SpotBlacklistError | null = null;
  #timesBusy = 0;

  /** Aborted from the moment on that nothing more is to be asked. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** What stopped the run; null while it may go on. */
  get stoppedBy(): SpotBlacklistError | null {
    return this.#stoppedBy;
  }

  /** Takes account of a request's error: a key that is not accepted, or for the third time a much longer pause, stops. */
  note(error: SpotBlacklistError): void {
    if (error.code === 'CASTAI_BUSY') this.#timesBusy += 1;
    if (error.code !== 'KEY_REJECTED' && this.#timesBusy < BUSY) return;
    this.#stoppedBy ??= error;
    this.#stop.abort();
  }
}

/** @returns why the writing stopped, for the user */
export function whyStopped(error: SpotBlacklistError): string {
  return error instanceof CastAiAuthError
    ? 'the API key was refused'
    : 'CAST AI asked for a longer pause than a run waits for';
}
