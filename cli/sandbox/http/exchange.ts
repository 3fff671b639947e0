// What travels between the sandbox's server and its services: one request in, one answer out.
import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { findRoute, type Route } from './routes.ts';

/** One request as the sandbox saw it. The last two fields are filled in when the answer has left. */
export interface SandboxRequest {
  /** `undefined`: a path or a method that neither AWS nor CAST AI has. */
  readonly route: Route | undefined;
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body as it came. */
  readonly text: string;
  /** The body read as JSON; `undefined` where it is none. */
  readonly body: unknown;
  /** Milliseconds since the epoch, by the real clock: the pace of requests is judged by it. */
  readonly receivedAt: number;
  /** `undefined` while under way, and for ever after a hang, a reset or a caller that gave up. */
  answeredAt?: number;
  /** The status that was sent; `undefined` as long as none was. */
  status?: number;
}

/** A whole answer, before any fault is applied to it. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** One of the services that the sandbox stands in for. */
export interface Service {
  /** Does what `request` asks for and returns what the real service would answer. */
  answer(request: SandboxRequest): Answer;
  /** Does nothing and returns how the real service words a failure of its own with this status. */
  fail(request: SandboxRequest, status: number): Answer;
}

/** Reads a whole request. Rejects if the caller hangs up before its end. */
export async function readRequest(incoming: IncomingMessage): Promise<SandboxRequest> {
  const receivedAt = Date.now();
  const method = incoming.method ?? '';
  const { pathname, searchParams } = new URL(incoming.url ?? '/', 'http://sandbox');
  const headers = Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]);
  const body = await text(incoming);
  return {
    route: findRoute(method, pathname),
    method,
    path: pathname,
    query: Object.fromEntries(searchParams),
    headers: Object.fromEntries(headers),
    text: body,
    body: parseJson(body),
    receivedAt,
  };
}

/** Returns whatever JSON can hold as an answer. */
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

/** Reads `json`; `undefined`, which JSON cannot say, where it is none. */
export function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
