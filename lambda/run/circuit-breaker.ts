import { CastAiAuthError, type SpotBlacklistError } from '../domain/errors.ts';

/** After so many responses that ask for a long pause, it is taken to apply to the whole run. */
const BUSY = 3;

/** Stops a run, or its requests for one cluster, when CAST AI would refuse any further request. */
export class CircuitBreaker {
  readonly #run = new Stop();
  readonly #clusters = new Map<string, Stop>();
  #timesBusy = 0;

  /** What stopped the whole run; null while it may go on. */
  get stoppedBy(): SpotBlacklistError | null {
    return this.#run.cause;
  }

  /** What stopped the requests for a cluster, the run's stop included; null while they may go on. */
  stoppedByIn(clusterId: string): SpotBlacklistError | null {
    return this.#clusters.get(clusterId)?.cause ?? this.#run.cause;
  }

  /** Aborted once no further request may be sent for a cluster. */
  signalFor(clusterId: string): AbortSignal {
    return AbortSignal.any([this.#run.signal, this.#of(clusterId).signal]);
  }

  /**
   * Records a request's error. A rejected key, or the third request for a long pause, stops the run; a key that lacks
   * permission for one cluster may have it for others, so that stops only the cluster.
   */
  note(error: SpotBlacklistError, clusterId: string): void {
    if (error.code === 'KEY_FORBIDDEN') this.#of(clusterId).pull(error);
    if (error.code === 'CASTAI_BUSY') this.#timesBusy += 1;
    if (error.code === 'KEY_REJECTED' || this.#timesBusy >= BUSY) this.#run.pull(error);
  }

  #of(clusterId: string): Stop {
    const stop = this.#clusters.get(clusterId) ?? new Stop();
    this.#clusters.set(clusterId, stop);
    return stop;
  }
}

class Stop {
  cause: SpotBlacklistError | null = null;
  readonly #controller = new AbortController();

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  pull(cause: SpotBlacklistError): void {
    this.cause ??= cause;
    this.#controller.abort();
  }
}

/** @returns why writing stopped, for the user */
export function whyStopped(error: SpotBlacklistError): string {
  return error instanceof CastAiAuthError
    ? 'the API key was refused'
    : 'CAST AI asked for a longer pause than a run can wait';
}
