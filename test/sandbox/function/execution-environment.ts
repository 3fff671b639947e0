import { type ChildProcess, fork } from 'node:child_process';
import { resolve as absolute, basename, dirname, join } from 'node:path';

/** The messages between the parent and the function's process, and Lambda's representation of errors. */

/** An error as Lambda's Invoke API returns it. */
export interface FunctionErrorPayload {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace?: readonly string[];
}

/** To the child: invoke the handler. */
export interface InvokeMessage {
  readonly requestId: string;
  readonly event: unknown;
  /** When Lambda would end the process, in milliseconds since the epoch. */
  readonly deadline: number;
}

/** From the child: the handler is loaded, or could not be. */
export interface LoadedMessage {
  readonly kind: 'loaded';
  readonly error?: FunctionErrorPayload;
}

/** From the child: the invocation has ended. `json` is the result as Lambda would send it. */
export interface DoneMessage {
  readonly kind: 'done';
  readonly json?: string;
  readonly error?: FunctionErrorPayload;
}

export type ChildMessage = LoadedMessage | DoneMessage;

/**
 * Marks the end of an invocation's output on stdout and stderr. Messages overtake output, so the parent reads until it has
 * seen this on both.
 */
export const endOfLog = (requestId: string): string => `\u0000end of ${requestId}\u0000`;

const CHILD = join(import.meta.dirname, 'function-child.ts');

export const FUNCTION_NAME = 'spot-blacklist';

/** How long Lambda lets a function load before it gives up, in milliseconds. */
const LOAD_TIMEOUT_MS = 10_000;

export interface FunctionOptions {
  /** The module that exports `handler`. */
  readonly bundle: string;
  /** The function's environment variables. The process also has those that Lambda sets, but none of the parent's. */
  readonly environment: Readonly<Record<string, string>>;
  /** When an invocation is killed. */
  readonly timeoutSeconds: number;
  /** In MB; also the limit of the process's heap. Default 256. */
  readonly memory?: number;
  /** The function's name. Default {@link FUNCTION_NAME}. */
  readonly name?: string;
}

/** How an invocation went: its result as JSON, or its error. */
export type Outcome = Pick<DoneMessage, 'json' | 'error'>;

/** One process with the bundle in it: what Lambda calls an execution environment. */
export class ExecutionEnvironment {
  /** Resolves when the handler is loaded, or with the error if it cannot be. */
  readonly loaded: Promise<Pick<LoadedMessage, 'error'>>;
  readonly #child: ChildProcess;
  readonly #timeoutMs: number;
  readonly #loaded = Promise.withResolvers<LoadedMessage>();
  #done = Promise.withResolvers<DoneMessage>();
  /** Resolves, with the reason in Lambda's words, when the process has exited and all its output was read. */
  readonly #gone = Promise.withResolvers<string>();
  #log = '';
  #logGrew = Promise.withResolvers<void>();

  constructor({ bundle, environment, timeoutSeconds, memory = 256, name = FUNCTION_NAME }: FunctionOptions) {
    this.#timeoutMs = timeoutSeconds * 1000;
    const file = absolute(bundle);
    this.#child = fork(CHILD, [file], {
      env: { ...lambdaEnvironment(file, name, memory), ...environment },
      execArgv: [`--max-old-space-size=${memory}`],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.#listen();
    this.loaded = this.#unlessGone(this.#loaded.promise, LOAD_TIMEOUT_MS);
  }

  /** Whether it can take another invocation. */
  get isAlive(): boolean {
    return this.#child.connected;
  }

  /** Invokes the handler, and kills the process after the timeout. */
  async run(requestId: string, event: unknown): Promise<Outcome> {
    const { error } = await this.loaded;
    if (error !== undefined) {
      await this.kill();
      return { error };
    }
    this.#done = Promise.withResolvers();
    const message: InvokeMessage = { requestId, event, deadline: Date.now() + this.#timeoutMs };
    // #unlessGone handles a process that has just exited; without a callback, `send` would throw as well.
    this.#child.send(message, () => {});
    const outcome = await this.#unlessGone(this.#done.promise, this.#timeoutMs);
    await this.#readLogOf(requestId);
    return outcome;
  }

  /** Returns what was written to stdout and stderr since the last call. */
  takeLog(requestId: string): string {
    const log = this.#log.replaceAll(endOfLog(requestId), '');
    this.#log = '';
    return log;
  }

  /** Resolves when the process has exited. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#gone.promise;
  }

  #listen(): void {
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#log += text;
        this.#logGrew.resolve();
      });
    }
    this.#child.on('message', (message: ChildMessage) => {
      if (message.kind === 'loaded') this.#loaded.resolve(message);
      else this.#done.resolve(message);
    });
    this.#child.on('error', (error) => this.#gone.resolve(error.message));
    this.#child.on('close', (code, signal) =>
      this.#gone.resolve(signal === null ? `exit status ${code}` : `signal: ${signal}`),
    );
  }

  /** Resolves with `expected`, or with Lambda's report if the process exits first or times out. */
  async #unlessGone<Expected>(expected: Promise<Expected>, timeoutMs: number): Promise<Expected | Outcome> {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.#child.kill('SIGKILL');
    }, timeoutMs);
    const gone = this.#gone.promise.then((reason) => ({
      error: late ? timedOut(timeoutMs) : exited(reason),
    }));
    try {
      return await Promise.race([expected, gone]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Messages overtake the output on the two pipes: read until both have shown the end marker. */
  async #readLogOf(requestId: string): Promise<void> {
    while (this.isAlive && this.#log.split(endOfLog(requestId)).length <= 2) {
      this.#logGrew = Promise.withResolvers();
      await Promise.race([this.#logGrew.promise, this.#gone.promise]);
    }
  }
}

const timedOut = (timeoutMs: number): FunctionErrorPayload => ({
  errorType: 'Sandbox.Timedout',
  errorMessage: `Task timed out after ${(timeoutMs / 1000).toFixed(2)} seconds`,
});

const exited = (reason: string): FunctionErrorPayload => ({
  errorType: 'Runtime.ExitError',
  errorMessage: `Runtime exited with error: ${reason}`,
});

/** The variables that Lambda sets by itself; its documentation calls them reserved. */
function lambdaEnvironment(bundle: string, name: string, memory: number): Record<string, string> {
  return {
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memory),
    AWS_LAMBDA_FUNCTION_NAME: name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: '2026/01/01/[$LATEST]sandbox',
    AWS_REGION: 'us-east-1',
    // As on Lambda, the home directory does not exist, so the developer's ~/.aws cannot affect the AWS SDK.
    HOME: '/home/sbx_user1051',
    LAMBDA_RUNTIME_DIR: '/var/runtime',
    LAMBDA_TASK_ROOT: dirname(bundle),
    LANG: 'en_US.UTF-8',
    PATH: '/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin',
    TZ: ':UTC',
    _HANDLER: `${basename(bundle, '.mjs')}.handler`,
  };
}
