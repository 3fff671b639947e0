import { Refusal } from './castai-requests.ts';

/** The number of requests allowed in any such period; the others get 429 with Retry-After. */
export interface RateLimit {
  readonly requests: number;
  readonly perSeconds: number;
}

export class RateLimiter {
  /** When the period's requests were allowed, by a clock that no test changes. */
  #admitted: number[] = [];

  /** @throws {Refusal} 429 if one more request would exceed `limit`. */
  admit(limit: RateLimit | undefined): void {
    if (limit === undefined) return;
    const now = performance.now();
    const periodMs = limit.perSeconds * 1000;
    this.#admitted = this.#admitted.filter((time) => time > now - periodMs);
    // The oldest of the last `requests` ones must leave the period first.
    const blocking = this.#admitted.at(-limit.requests);
    if (blocking !== undefined) {
      const seconds = Math.ceil((blocking + periodMs - now) / 1000);
      throw new Refusal(429, 'too many requests', { headers: { 'retry-after': String(seconds) } });
    }
    this.#admitted.push(now);
  }
}
