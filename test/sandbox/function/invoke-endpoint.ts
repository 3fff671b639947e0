import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { LoopbackServer, parseJson } from '../../../cli/demo/sandbox/http/exchange.ts';
import { FUNCTION_NAME, type Invocation, type LocalFunction } from './function.ts';

/** How much of the log `X-Amz-Log-Type: Tail` gets, in bytes. */
const LOG_TAIL_BYTES = 4096;

export interface InvokeEndpointOptions {
  /** The only function's name. Default {@link FUNCTION_NAME}. */
  readonly functionName?: string;
  /** Default: any free port. */
  readonly port?: number;
  /** Called after every invocation; the only way to see the outcome of an asynchronous one. */
  readonly onInvocation?: (invocation: Invocation) => void;
}

/** Lambda's Invoke API for a {@link LocalFunction}, as used by the AWS CLI and the SDKs. */
export class InvokeEndpoint implements AsyncDisposable {
  readonly #function: LocalFunction;
  readonly #name: string;
  readonly #onInvocation: (invocation: Invocation) => void;
  readonly #server = new LoopbackServer((incoming, response) => this.#exchange(incoming, response));

  /** Use {@link startInvokeEndpoint}. */
  constructor(localFunction: LocalFunction, options: InvokeEndpointOptions) {
    this.#function = localFunction;
    this.#name = options.functionName ?? FUNCTION_NAME;
    this.#onInvocation = options.onInvocation ?? (() => {});
  }

  /** Starts to listen. @throws {Error} Node's own, if the port is taken. */
  async listen(port?: number): Promise<void> {
    await this.#server.listen(port);
  }

  /** The value for `--endpoint-url`: `http://127.0.0.1:PORT`. */
  get url(): string {
    return this.#server.url;
  }

  /** Stops listening; the function keeps running. */
  async close(): Promise<void> {
    await this.#server.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #exchange(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(incoming);
    const name = functionNameOf(incoming);
    if (name === undefined) return refuse(response, 404, 'UnknownOperationException', 'Invoke only, here.');
    if (name !== this.#name)
      return refuse(response, 404, 'ResourceNotFoundException', `Function not found: ${name}`);

    // An invocation without a payload gets an empty event.
    const payload = body.length === 0 ? {} : parseJson(body.toString());
    if (payload === undefined) {
      const message = 'Could not parse request body into json';
      return refuse(response, 400, 'InvalidRequestContentException', message);
    }
    switch (incoming.headers['x-amz-invocation-type'] ?? 'RequestResponse') {
      case 'RequestResponse': {
        const withLog = incoming.headers['x-amz-log-type'] === 'Tail';
        return answer(response, await this.#invoke(payload), withLog);
      }
      case 'Event':
        // Nothing awaits it, so its only possible failure, a closed function, is ignored.
        this.#invoke(payload).catch(() => {});
        return acknowledge(response, 202);
      case 'DryRun':
        return acknowledge(response, 204);
      default:
        return refuse(response, 400, 'InvalidParameterValueException', 'Unknown invocation type');
    }
  }

  async #invoke(payload: unknown): Promise<Invocation> {
    const invocation = await this.#function.invoke(payload);
    this.#onInvocation(invocation);
    return invocation;
  }
}

/**
 * Starts Lambda's Invoke API on loopback for `localFunction`, which the caller must close.
 * @throws {Error} Node's own, if the port is taken.
 */
export async function startInvokeEndpoint(
  localFunction: LocalFunction,
  options: InvokeEndpointOptions = {},
): Promise<InvokeEndpoint> {
  const endpoint = new InvokeEndpoint(localFunction, options);
  await endpoint.listen(options.port);
  return endpoint;
}

/** Returns the name of the invoked function, also from an ARN; `undefined` if this is no invocation. */
function functionNameOf({ method, url = '' }: IncomingMessage): string | undefined {
  const { pathname } = new URL(url, 'http://lambda');
  const encoded = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/.exec(pathname)?.[1];
  if (method !== 'POST' || encoded === undefined) return undefined;
  const name = decodeURIComponent(encoded);
  return /^arn:.*:function:([^:]+)$/.exec(name)?.[1] ?? name;
}

function answer(response: ServerResponse, invocation: Invocation, withLog: boolean): void {
  const { requestId, payload, functionError, log } = invocation;
  response.setHeader('x-amzn-requestid', requestId).setHeader('x-amz-executed-version', '$LATEST');
  if (functionError !== undefined) response.setHeader('x-amz-function-error', functionError);
  if (withLog) {
    const tail = Buffer.from(log).subarray(-LOG_TAIL_BYTES);
    response.setHeader('x-amz-log-result', tail.toString('base64'));
  }
  response.setHeader('content-type', 'application/json').end(JSON.stringify(payload));
}

function acknowledge(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'x-amzn-requestid': randomUUID() }).end();
}

function refuse(response: ServerResponse, status: number, type: string, message: string): void {
  response.writeHead(status, {
    'content-type': 'application/json',
    'x-amzn-errortype': type,
    'x-amzn-requestid': randomUUID(),
  });
  response.end(JSON.stringify({ Type: 'User', Message: message }));
}
