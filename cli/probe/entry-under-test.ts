import { BLACKLIST } from '../../lambda/castai/client.ts';
import { markerOf } from '../../lambda/domain/blacklist/ownership.ts';
import type { RawAnswer, RawApi } from './raw-api.ts';
import { entriesOf, trustedItems } from './subject.ts';

/** The name under which a probe writes, so that `clear --target-name probe` finds what it could not remove. */
export const PROBE_TARGET = 'probe';

/** Milliseconds after a write at which the list is read again. */
const LOOKS = [0, 500, 1_500, 3_000];

export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Waits for so many milliseconds; throws once the probe is stopped. */
  wait(milliseconds: number): Promise<void>;
}

/** The one entry that a probe writes, for Spot only, and the list as CAST AI shows it. */
export class EntryUnderTest {
  readonly #api: RawApi;
  readonly #clock: Clock;
  readonly #key: {
    readonly organizationId: string;
    readonly clusterId: string;
    readonly instanceType: string;
  };
  /** Whether an add may have taken effect that is not known to be undone. */
  mayExist = false;

  constructor(api: RawApi, clock: Clock, key: EntryUnderTest['key']) {
    this.#api = api;
    this.#clock = clock;
    this.#key = key;
  }

  get key() {
    return this.#key;
  }

  /**
   * @param lifetime milliseconds from now
   * @param length of the reason, in characters; the marker is in it
   * @returns the answer, and what was asked for
   */
  async add(lifetime: number, length: number) {
    const expiresAt = unrounded(this.#clock.now() + lifetime, lifetime);
    const reason = markerOf(PROBE_TARGET).padEnd(length, 'may be removed at any time, ');
    this.mayExist = true;
    const answer = await this.#api.post(`${BLACKLIST}/add`, {
      ...{ ...this.#key, lifecycle: 'spot', expiresAt: new Date(expiresAt).toISOString(), reason },
    });
    return { answer, expiresAt, reason };
  }

  remove(lifecycle = 'spot'): Promise<RawAnswer> {
    return this.#api.post(`${BLACKLIST}/remove`, { ...this.#key, lifecycle });
  }

  /**
   * @returns the key's entries as they are listed
   * @throws {CastAiError} if the list could not be read as a whole
   */
  async listed(): Promise<Record<string, unknown>[]> {
    const { organizationId, clusterId } = this.#key;
    const answer = await this.#api.get(`${BLACKLIST}?${new URLSearchParams({ organizationId, clusterId })}`);
    return entriesOf(trustedItems(answer), this.#key);
  }

  /**
   * Lists until the list shows what is expected, or five seconds have passed.
   *
   * @returns the last list, and whether it shows that; `after` is the time in milliseconds
   */
  async listedUntil(isExpected: (entries: readonly Record<string, unknown>[]) => boolean) {
    const from = this.#clock.now();
    let entries: Record<string, unknown>[] = [];
    for (const pause of LOOKS) {
      if (pause > 0) await this.#clock.wait(pause);
      entries = await this.listed();
      if (isExpected(entries)) return { entries, isShown: true, after: this.#clock.now() - from };
    }
    return { entries, isShown: false, after: this.#clock.now() - from };
  }

  /**
   * Removes the entry, also under another lifecycle than the one that was asked for: an API that changes it must not keep
   * on-demand machines away.
   *
   * @returns whether the list shows no such entry any more
   * @throws {CastAiError} if the list could not be read as a whole
   */
  async removeForGood(): Promise<boolean> {
    if (!this.mayExist) return true;
    await this.remove();
    const { entries } = await this.listedUntil((listed) => listed.length === 0);
    // Empty, unless the API has stored something else.
    for (const { lifecycle, reason } of entries) {
      const isOwn = typeof reason !== 'string' || reason === '' || reason.startsWith(markerOf(PROBE_TARGET));
      // Left out, it means all.
      if (isOwn) await this.remove(typeof lifecycle === 'string' && lifecycle !== '' ? lifecycle : 'all');
    }
    const { isShown } = await this.listedUntil((listed) => listed.length === 0);
    this.mayExist = !isShown;
    return isShown;
  }
}

const MINUTE = 60_000;

/** Not a whole minute or second, so that rounding shows. */
function unrounded(time: number, lifetime: number): number {
  return lifetime < MINUTE ? time : time - (time % MINUTE) + 37_123;
}
