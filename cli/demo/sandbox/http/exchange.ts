import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { findRoute, type RouteRow } from './routes.ts';

// What passes between the sandbox's server and its services: a request in, a response out.

/** A request as the sandbox received it. The last two fields are set after the response. */
export interface SandboxRequest {
  /** `undefined`: a path or a method that neither AWS nor CAST AI has. */
  readonly route: string | undefined;
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  /** The raw body. */
  readonly text: string;
  /** The body parsed as JSON; `undefined` if it is not JSON. */
  readonly body: unknown;
  /** Milliseconds since the epoch, by the real clock: tests check the request rate by it. */
  readonly receivedAt: number;
  /** `undefined` while in flight, and after a hang, a reset or a caller's disconnect. */
  answeredAt?: number;
  /** The status sent; `undefined` if none was. */
  status?: number;
}

/** A complete response. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** One of the services that the sandbox simulates. */
export interface Service {
  /** Carries out `request` and returns the real service's response. */
  answer(request: SandboxRequest): Answer;
}

/** Reads a whole request. Rejects if the caller disconnects before its end. */
export async function readRequest(
  incoming: IncomingMessage,
  routes: readonly RouteRow[],
): Promise<SandboxRequest> {
  const receivedAt = Date.now();
  const method = incoming.method ?? '';
  const { pathname, searchParams } = new URL(incoming.url ?? '/', 'http://sandbox');
  const headers = Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]);
  const body = await text(incoming);
  return {
    route: findRoute(routes, method, pathname),
    method,
    path: pathname,
    query: Object.fromEntries(searchParams),
    headers: Object.fromEntries(headers),
    text: body,
    body: parseJson(body),
    receivedAt,
  };
}

/** Returns any JSON value as a response. */
export function jsonAnswer(
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return textAnswer(status, 'application/json', JSON.stringify(body), headers);
}

export function textAnswer(
  status: number,
  contentType: string,
  body: string | Buffer,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return { status, headers: { 'content-type': contentType, ...headers }, body: Buffer.from(body) };
}

/** Parses `json`; `undefined`, which JSON cannot represent, if it is not JSON. */
export function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

/** An HTTP server that only this machine can reach. */
export class LoopbackServer {
  readonly #server: Server;

  /** @param respond handles one request; if it rejects, the connection is destroyed. */
  constructor(respond: (incoming: IncomingMessage, response: ServerResponse) => Promise<void>) {
    this.#server = createServer((incoming, response) => {
      // Usually the caller disconnected, or the server was closed, during a response.
      respond(incoming, response).catch(() => response.destroy());
    });
  }

  /**
   * Starts to listen, by default on any free port.
   * @throws {Error} Node's own, if the port is taken.
   */
  async listen(port = 0): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#server.once('error', reject).listen(port, '127.0.0.1', resolve);
    await promise;
  }

  /** `http://127.0.0.1:PORT`. @throws {Error} if the server does not listen. */
  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('The server does not listen.');
    return `http://127.0.0.1:${address.port}`;
  }

  /** Stops listening and destroys every connection, those that hang included. */
  async close(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    this.#server.closeAllConnections();
    await promise;
  }
}

/** Sends a whole response. Resolves when all data is written or the caller has disconnected. */
export function send(response: ServerResponse, answer: Answer): Promise<void> {
  setHead(response, answer);
  return finished(response, () => response.end(answer.body));
}

/** Sets headers one by one, so that a later `Content-Type` replaces an earlier `content-type`. */
export function setHead(response: ServerResponse, { status, headers, body }: Answer): void {
  response.statusCode = status;
  response.setHeader('content-length', body.length);
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
}

/** Resolves when all data is written or the caller has disconnected; `end`'s own callback misses the latter. */
export function finished(response: ServerResponse, act: () => void): Promise<void> {
  if (response.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    response.once('finish', resolve).once('close', resolve);
    act();
  });
}

/** Handles requests to no known service: 405 if only the method is wrong, else 404. */
export function noService(routes: readonly RouteRow[]): Service {
  return {
    answer({ path }: SandboxRequest): Answer {
      const allow = routes.find((one) => one.path.test(path))?.method;
      return allow === undefined ? refuse(404, 'not found') : refuse(405, 'method not allowed', { allow });
    },
  };
}

/** In CAST AI's format: its paths are the ones that a client could get wrong. */
function refuse(status: number, message: string, headers: Record<string, string> = {}): Answer {
  const body = { message, fieldViolations: [] };
  return jsonAnswer(status, body, { 'x-castai-request-id': randomUUID(), ...headers });
}
