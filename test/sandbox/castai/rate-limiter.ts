import { Refusal } from '../../../cli/demo/sandbox/castai/castai.ts';

/** The number of requests allowed in any such period; the others get 429 with Retry-After. */
export interface RateLimit {
  readonly requests: number;
  readonly perSeconds: number;
}

/** A request too many. */
export class TooManyRequests extends Refusal {
  readonly headers: Readonly<Record<string, string>>;

  /** @param seconds after which one more is allowed */
  constructor(seconds: number) {
    super(429, 'too many requests');
    this.headers = { 'retry-after': String(seconds) };
  }
}

/** Refuses what exceeds a limit. */
export class RateLimiter {
  /** When the period's requests were allowed, by a clock that no test changes. */
  #admitted: number[] = [];

  /** @throws {TooManyRequests} if one more request would exceed `limit`. */
  admit(limit: RateLimit | undefined): void {
    if (limit === undefined) return;
    const now = performance.now();
    const periodMs = limit.perSeconds * 1000;
    this.#admitted = this.#admitted.filter((time) => time > now - periodMs);
    // The oldest of the last `requests` ones must leave the period first.
    const blocking = this.#admitted.at(-limit.requests);
    if (blocking !== undefined) throw new TooManyRequests(Math.ceil((blocking + periodMs - now) / 1000));
    this.#admitted.push(now);
  }
}
