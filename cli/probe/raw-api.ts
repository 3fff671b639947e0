import { requestError } from '../../lambda/castai/errors.ts';
import { readWholeList } from '../../lambda/castai/list.ts';
import { CastAiAuthError, CastAiError } from '../../lambda/domain/errors.ts';
import { exchange, HttpError } from '../../lambda/http/exchange.ts';
import { isRecord, parsedJson } from '../../lambda/input/json.ts';
import { withoutKeys } from '../../lambda/input/plain-text.ts';
import type { Credentials } from '../../lambda/run/ports.ts';

/** Milliseconds for one attempt. */
const TIMEOUT = 20_000;
const RETRIES = 2;
const MAX_BYTES = 24 * 1024 * 1024;

/** A response as received. */
export interface RawAnswer {
  readonly status: number;
  /** Undefined if it is not JSON, or the status is not 2xx. */
  readonly body: unknown;
  /** The items of a list that a run would accept as complete; null for any other response. */
  readonly wholeList: readonly unknown[] | null;
  /** The names of the keys in a refusal's body, such as `{message, fieldViolations[{field}]}`; null for other responses. */
  readonly shape: string | null;
  /** The same of any other body. */
  readonly fields: string | null;
}

/** The items of a list, whatever else is in the response; none without a list. */
export function itemsOf(answer: RawAnswer | null): Record<string, unknown>[] {
  const items = isRecord(answer?.body) ? answer.body['items'] : undefined;
  return Array.isArray(items) ? items.filter(isRecord) : [];
}

/**
 * The items of a list that writes depend on: another owner's entry must not be overlooked.
 *
 * @throws {CastAiError} if the list could not be read as a whole
 */
export function trustedItems({ wholeList, status }: RawAnswer): Record<string, unknown>[] {
  if (wholeList?.every(isRecord)) return [...wholeList];
  throw new CastAiError(
    'CASTAI_MALFORMED',
    `CAST AI's blacklist could not be read as a whole (status ${status}). Check that the key may read it, and try again.`,
    status,
  );
}

/**
 * CAST AI's responses, without this project's parsing. Error bodies are reduced to their shape before they get here,
 * because they may quote the key.
 */
export class RawApi {
  readonly #baseUrl: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #signal: AbortSignal;
  /** Names of headers about limits, as seen in any response. */
  readonly limitHeaders = new Set<string>();
  requests = 0;

  constructor(baseUrl: string, { apiKey, organizationId }: Credentials, signal: AbortSignal) {
    this.#baseUrl = baseUrl;
    this.#headers = { 'x-api-key': apiKey, 'x-castai-organization-id': organizationId };
    this.#signal = signal;
  }

  get(path: string): Promise<RawAnswer> {
    return this.#send('GET', path);
  }

  post(path: string, json: unknown): Promise<RawAnswer> {
    return this.#send('POST', path, json);
  }

  /** @returns null without a readable response: nothing depends on it */
  tryToGet(path: string, maxBytes: number): Promise<RawAnswer | null> {
    return this.#unlessLost(this.#send('GET', path, undefined, maxBytes));
  }

  /** @returns null without a readable response: nothing depends on it */
  tryToPost(path: string, json: unknown, maxBytes: number): Promise<RawAnswer | null> {
    return this.#unlessLost(this.#send('POST', path, json, maxBytes));
  }

  async #unlessLost(answer: Promise<RawAnswer>): Promise<RawAnswer | null> {
    try {
      return await answer;
    } catch (error) {
      if (error instanceof CastAiAuthError || this.#signal.aborted) throw error;
      return null;
    }
  }

  /** @throws {SpotBlacklistError} without a response, and if the key is rejected */
  async #send(
    method: 'GET' | 'POST',
    path: string,
    json?: unknown,
    maxBytes = MAX_BYTES,
  ): Promise<RawAnswer> {
    this.requests += 1;
    const limits = { timeout: TIMEOUT, retries: RETRIES, maxBytes };
    try {
      const answer = await exchange({
        ...{ url: this.#baseUrl + path, method, headers: this.#headers, signal: this.#signal, ...limits },
        ...(json !== undefined && { json }),
        explain: shapeOf,
      });
      const { status, text, headers } = answer;
      for (const name of Object.keys(headers))
        if (/rate-?limit|retry-after/i.test(name)) this.limitHeaders.add(name);
      const wholeList = readWholeList(answer).value;
      return { status, body: parsedJson(text), wholeList, shape: null, fields: shapeOf(text) };
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      if (error.status === null || error.status === 401) throw requestError(error, 'answer the probe');
      const { status, explanation: shape } = error;
      return { status, body: undefined, wholeList: null, shape, fields: null };
    }
  }
}

/** Deeper than CAST AI's documented errors. */
const DEEPEST = 3;
/** More keys than an error has. */
const SHOWN_KEYS = 8;

/** @returns the keys of a body, and none of its values: it may quote the request */
function shapeOf(body: string): string {
  const value = parsedJson(body);
  if (value === undefined) return body.trim() === '' ? 'empty' : 'not JSON';
  return withoutKeys(described(value, DEEPEST));
}

function described(value: unknown, depth: number): string {
  if (Array.isArray(value))
    return value.length === 0 || depth === 0 ? '[]' : `[${described(value[0], depth - 1)}]`;
  if (!isRecord(value)) return value === null ? 'null' : typeof value;
  const keys = Object.entries(value).slice(0, SHOWN_KEYS);
  const shown = keys.map(([key, inside]) => {
    const name = /^[a-z]\w{0,30}$/i.test(key) ? key : '?';
    return typeof inside === 'object' && inside !== null && depth > 0
      ? `${name}${described(inside, depth - 1)}`
      : name;
  });
  return `{${shown.join(', ')}}`;
}
