import got, { type RequestError } from 'got';
import { createAgents } from './agents.ts';

/** A failed HTTP exchange. Holds nothing from the request but its origin, and only what is safe from the response. */
export class HttpError extends Error {
  /** The response's status; null without a complete response. */
  readonly status: number | null;
  /**
   * The system's or got's code, e.g. `ECONNREFUSED`, `ETIMEDOUT`. With a status: `HTTP_STATUS`, or `RETRY_LATER` if the
   * server's `Retry-After` is longer than the maximum. `ERR_ABORTED` if the request's signal was aborted.
   */
  readonly code: string;
  /** The origin that did not respond; null with a response, or if it does not matter. */
  readonly origin: string | null;
  /** CAST AI's `X-Castai-Request-Id`, for its support; null if absent. */
  readonly requestId: string | null;
  /** What `explain` returned for the response's body; null if nothing. */
  readonly explanation: string | null;

  constructor(facts: {
    status?: number;
    code: string;
    origin?: string;
    requestId?: string | null;
    explanation?: string | null;
  }) {
    super(facts.status === undefined ? facts.code : `HTTP status ${facts.status}`);
    this.name = 'HttpError';
    this.status = facts.status ?? null;
    this.code = facts.code;
    this.origin = facts.origin ?? null;
    this.requestId = facts.requestId ?? null;
    this.explanation = facts.explanation ?? null;
  }

  /** For messages: the status, or the error instead of a response, and where. */
  get what(): string {
    if (this.status !== null) return String(this.status);
    return this.origin === null ? this.code : `${this.code} from ${this.origin}`;
  }
}

/** A successful response. */
export interface HttpResponse {
  /** From 200 to 299; also 304, if the request is conditional. */
  readonly status: number;
  readonly text: string;
  /** CAST AI's `X-Castai-Request-Id`, for its support; null if absent. */
  readonly requestId: string | null;
  /** By lower-case name; repeated headers are joined. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface HttpRequest {
  readonly url: string;
  readonly method: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  /** Whether 304 is a response, not an error: the request's headers say which version of the body the caller has. */
  readonly isConditional?: boolean;
  /** Milliseconds for one attempt, from its start to the last byte of the response. */
  readonly timeout: number;
  /** Retries after the first attempt. */
  readonly retries: number;
  /** The largest body to accept, in bytes after decompression; a larger one is `ERR_BODY_TOO_LARGE`. */
  readonly maxBytes: number;
  /** Aborts the exchange, with all its attempts. */
  readonly signal?: AbortSignal | undefined;
  /** Extracts from an error response's body what may be shown; the rest is discarded. */
  readonly explain?: (body: string) => string | null;
}

/** The longest `Retry-After` to honour, in milliseconds; with a longer one, the request fails at once. */
const MAX_RETRY_AFTER = 30_000;

const client = got.extend({
  headers: { 'user-agent': 'spot-blacklist', accept: 'application/json' },
  // A redirect could carry the API key to another host, or lead from https to http.
  followRedirect: false,
  retry: {
    // The standard statuses, and those of a CDN in front of the server (Cloudflare's 520 to 524, 529).
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
      // A truncated response.
      'ERR_HTTP_CONTENT_LENGTH_MISMATCH',
      'ERR_READING_RESPONSE_STREAM',
    ],
    maxRetryAfter: MAX_RETRY_AFTER,
  },
});

/** Shared by all requests, so that connections are reused. */
let agents: ReturnType<typeof createAgents> | null = null;

/**
 * One HTTP exchange. 408, 429, 5xx and broken connections are retried with exponential backoff that honours
 * `Retry-After`, POST included: everything that this project posts is idempotent.
 *
 * @returns the response, if its status is 2xx (or 304, if the request is conditional)
 * @throws {SettingsError} if the environment sets an unusable proxy
 * @throws {HttpError} in every other case, and nothing else
 */
export async function exchange(request: HttpRequest): Promise<HttpResponse> {
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
    const isSame = statusCode === 304 && request.isConditional === true;
    if (statusCode >= 300 && !isSame) throw new HttpError({ status: statusCode, code: 'HTTP_STATUS' });
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

/** got's errors hold the request's headers, the API key included: none may leave this file. */
function sanitised({ code, response }: RequestError, { url, explain, retries }: HttpRequest): HttpError {
  if (response === undefined || code !== 'ERR_NON_2XX_3XX_RESPONSE')
    return new HttpError({ code, origin: new URL(url).origin });
  const asksForPause = response.headers['retry-after'] !== undefined && response.retryCount < retries;
  return new HttpError({
    status: response.statusCode,
    // got gives up before its last attempt only if the pause would be too long.
    code: asksForPause ? 'RETRY_LATER' : 'HTTP_STATUS',
    requestId: readableId(response.headers['x-castai-request-id']),
    explanation: (typeof response.body === 'string' && explain?.(response.body)) || null,
  });
}

/** Shown only if it has the form of an id: a server may send anything. */
function readableId(header: string | string[] | undefined): string | null {
  return typeof header === 'string' && /^[0-9a-f-]{8,40}$/i.test(header) ? header : null;
}
