import { randomUUID } from 'node:crypto';
import {
  ExecutionEnvironment,
  type FunctionErrorPayload,
  type FunctionOptions,
} from './execution-environment.ts';

export { FUNCTION_NAME, type FunctionOptions } from './execution-environment.ts';

/** The outcome of an invocation: a result, or Lambda's error. */
export type Invocation = (Success | Failure) & {
  readonly requestId: string;
  /** Everything written to stdout and stderr since the previous invocation. */
  readonly log: string;
  /** When the handler was called, in milliseconds since the epoch. */
  readonly startedAt: number;
  readonly milliseconds: number;
};

interface Success {
  readonly functionError?: never;
  /** The handler's result after a JSON round trip. */
  readonly payload: unknown;
}

/** The handler threw, timed out, exited, or could not be loaded. */
interface Failure {
  readonly functionError: 'Unhandled';
  readonly payload: FunctionErrorPayload;
}

/**
 * A bundle in its own process, run as Lambda runs it: loaded once, invoked once at a time, killed at the timeout, and
 * reloaded after a kill or a crash.
 */
export class LocalFunction implements AsyncDisposable {
  readonly #options: FunctionOptions;
  #environment: ExecutionEnvironment;
  /** The last requested invocation; the next one waits for it. */
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;

  /** Use {@link startFunction}. */
  constructor(options: FunctionOptions) {
    this.#options = options;
    this.#environment = new ExecutionEnvironment(options);
  }

  /**
   * Invokes the handler with `payload` (default: `{}`), after earlier invocations. Whatever the bundle does is part of the
   * outcome.
   * @throws {Error} only if the function is closed.
   */
  invoke(payload: unknown = {}): Promise<Invocation> {
    const invocation = this.#last.then(() => this.#invoke(payload));
    this.#last = invocation.catch(() => {});
    return invocation;
  }

  /** Resolves when the bundle is loaded, or has failed to load, which the next invocation reports. */
  async ready(): Promise<void> {
    await this.#environment.loaded;
  }

  /** Kills the process; an invocation in progress ends with an error. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#environment.kill();
    await this.#last;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #invoke(event: unknown): Promise<Invocation> {
    if (this.#closed) throw new Error('The local function is closed.');
    const startedAt = Date.now();
    const started = performance.now();
    const requestId = randomUUID();
    const environment = this.#environment;
    const { json = 'null', error } = await environment.run(requestId, event);
    const milliseconds = Math.round(performance.now() - started);
    const log = environment.takeLog(requestId);
    if (!environment.isAlive && !this.#closed) this.#environment = new ExecutionEnvironment(this.#options);
    return error === undefined
      ? { requestId, payload: JSON.parse(json), log, startedAt, milliseconds }
      : { requestId, payload: error, functionError: 'Unhandled', log, startedAt, milliseconds };
  }
}

/**
 * Starts a process with the bundle and resolves when the bundle is loaded. A bundle that cannot be loaded does not throw
 * here: every invocation then reports why, as on Lambda.
 */
export async function startFunction(options: FunctionOptions): Promise<LocalFunction> {
  const localFunction = new LocalFunction(options);
  await localFunction.ready();
  return localFunction;
}
