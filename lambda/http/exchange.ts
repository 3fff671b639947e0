import got, { type RequestError } from 'got';
import { createAgents } from './agents.ts';

/** How one HTTP exchange failed, with nothing in it of the request, and of the answer only what is safe. */
export class HttpError extends Error {
  /** The answer's status, or null when there was no complete answer. */
  readonly status: number | null;
  /**
   * The system's or got's code, e.g. `ECONNREFUSED`, `ETIMEDOUT`. With a status: `HTTP_STATUS`, or `RETRY_LATER` if the
   * server asked for a longer pause than is waited for. `ERR_ABORTED` if the request's signal ended it.
   */
  readonly code: string;
  /** CAST AI's `X-Castai-Request-Id`, for its support; null when there is none. */
  readonly requestId: string | null;
  /** What `explain` made of the answer's body; null when there is nothing to say. */
  readonly explanation: string | null;

  constructor(facts: {
    status?: number;
    code: string;
    requestId?: string | null;
    explanation?: string | null;
  }) {
    super(facts.status === undefined ? facts.code : `HTTP status ${facts.status}`);
    this.name = 'HttpError';
    this.status = facts.status ?? null;
    this.code = facts.code;
    this.requestId = facts.requestId ?? null;
    this.explanation = facts.explanation ?? null;
  }
}

/** The answer to a request. */
export interface HttpAnswer {
  /** From 200 to 299. */
  readonly status: number;
  readonly text: string;
  /** CAST AI's `X-Castai-Request-Id`, for its support; null when there is none. */
  readonly requestId: string | null;
  /** As they came, several of one name joined; by their names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface HttpRequest {
  readonly url: string;
  readonly method: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  /** Milliseconds for one attempt, from its start to the last byte of its answer. */
  readonly timeout: number;
  /** Further attempts after the first. */
  readonly retries: number;
  /** The largest body that is read, in bytes after decompression; a larger one is `ERR_BODY_TOO_LARGE`. */
  readonly maxBytes: number;
  /** Ends the exchange, with all its attempts. */
  readonly signal?: AbortSignal | undefined;
  /** Reads out of a refusal's body what may be shown; whatever it leaves out is never seen again. */
  readonly explain?: (body: string) => string | null;
}

/** A server that asks for a longer pause than this (milliseconds) is not waited for: the request fails at once. */
const MAX_RETRY_AFTER = 30_000;

const client = got.extend({
  headers: { 'user-agent': 'spot-blacklist', accept: 'application/json' },
  // A redirect could carry the API key to another host, or lead from https to http.
  followRedirect: false,
  retry: {
    // Those of servers, and those of the networks before them (Cloudflare's 520 to 524, 529).
    statusCodes: [408, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529],
    errorCodes: [
      'ETIMEDOUT',
      'ECONNRESET',
      'ECONNREFUSED',
      'EPIPE',
      'ENOTFOUND',
      'ENETUNREACH',
      'EAI_AGAIN',
      'ERR_PROXY_TUNNEL',
      // An answer that was cut off.
      'ERR_HTTP_CONTENT_LENGTH_MISMATCH',
      'ERR_READING_RESPONSE_STREAM',
    ],
    maxRetryAfter: MAX_RETRY_AFTER,
  },
});

/** Shared by all requests, so that connections are used again. */
let agents: ReturnType<typeof createAgents> | null = null;

/**
 * One HTTP exchange. 408, 429, 5xx and broken connections are tried again with a growing pause that honours
 * `Retry-After`, POST included: everything that this project posts may be posted twice.
 *
 * @returns the answer, if its status is 2xx
 * @throws {SettingsError} if the environment names a proxy that is unusable
 * @throws {HttpError} in every other case, and nothing else
 */
export async function exchange(request: HttpRequest): Promise<HttpAnswer> {
  const { url, method, json, signal, timeout, retries: limit, maxBytes } = request;
  agents ??= createAgents();
  const tooLarge = new AbortController();
  const pending = client(url, {
    method,
    agent: agents,
    headers: { ...request.headers },
    ...(json !== undefined && { json }),
    signal: signal ? AbortSignal.any([signal, tooLarge.signal]) : tooLarge.signal,
    timeout: { request: timeout },
    retry: { limit, methods: [method] },
    hooks: { beforeError: [(error) => sanitised(error, request)] },
  });
  pending.on('downloadProgress', ({ transferred }) => {
    if (transferred > maxBytes) tooLarge.abort();
  });
  try {
    const { statusCode, headers, body } = await pending;
    if (statusCode >= 300) throw new HttpError({ status: statusCode, code: 'HTTP_STATUS' });
    return {
      status: statusCode,
      text: body,
      requestId: readableId(headers['x-castai-request-id']),
      headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])),
    };
  } catch (error) {
    if (tooLarge.signal.aborted) throw new HttpError({ code: 'ERR_BODY_TOO_LARGE' });
    if (signal?.aborted) throw new HttpError({ code: 'ERR_ABORTED' });
    throw error instanceof HttpError ? error : new HttpError({ code: 'ERR_REQUEST' });
  }
}

/** got's own errors hold the request with its headers, the key among them: none may leave this file. */
function sanitised({ code, response }: RequestError, { explain, retries }: HttpRequest): HttpError {
  if (response === undefined || code !== 'ERR_NON_2XX_3XX_RESPONSE') return new HttpError({ code });
  const asksForPause = response.headers['retry-after'] !== undefined && response.retryCount < retries;
  return new HttpError({
    status: response.statusCode,
    // got gives up before its last attempt only where the pause would be too long.
    code: asksForPause ? 'RETRY_LATER' : 'HTTP_STATUS',
    requestId: readableId(response.headers['x-castai-request-id']),
    explanation: (typeof response.body === 'string' && explain?.(response.body)) || null,
  });
}

/** Ids are shown only in the form that ids have, whatever a server may put there. */
function readableId(header: string | string[] | undefined): string | null {
  return typeof header === 'string' && /^[0-9a-f-]{8,40}$/i.test(header) ? header : null;
}
