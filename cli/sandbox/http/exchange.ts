// What passes between the sandbox's server and its services: a request in, a response out.
import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import * as v from 'valibot';
import { findRoute, type Route } from './routes.ts';

/** A request as the sandbox received it. The last two fields are set after the response. */
export interface SandboxRequest {
  /** `undefined`: a path or a method that neither AWS nor CAST AI has. */
  readonly route: Route | undefined;
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  /** The raw body. */
  readonly text: string;
  /** The body parsed as JSON; `undefined` if it is not JSON. */
  readonly body: unknown;
  /** Milliseconds since the epoch, by the real clock: the pace of requests is judged by it. */
  readonly receivedAt: number;
  /** `undefined` while in flight, and after a hang, a reset or a caller's disconnect. */
  answeredAt?: number;
  /** The status sent; `undefined` if none was. */
  status?: number;
}

/** A complete response, before any fault is applied. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** A request that a service answered, before any fault is applied. */
export interface Exchange {
  readonly request: SandboxRequest;
  readonly answer: Answer;
}

/** The diagnostics channel that every {@link Exchange} is published on, for tests to judge. */
export const EXCHANGES = 'spot-blacklist:sandbox';

/** One of the services that the sandbox simulates. */
export interface Service {
  /** Carries out `request` and returns the real service's response. */
  answer(request: SandboxRequest): Answer;
  /** Does nothing and returns the real service's error response with this status. */
  fail(request: SandboxRequest, status: number): Answer;
}

/** Reads a whole request. Rejects if the caller disconnects before its end. */
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

/** An object with these members and no others. To Valibot, an array is an object, too. */
export function objectOf<Entries extends v.ObjectEntries>(entries: Entries) {
  return v.pipe(
    v.unknown(),
    v.check((value) => !Array.isArray(value), 'must be an object'),
    v.strictObject(entries),
  );
}

/** Parses `json`; `undefined`, which JSON cannot represent, if it is not JSON. */
export function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
