import { BLACKLIST } from '../../lambda/castai/client.ts';
import { markerOf } from '../../lambda/domain/blacklist/ownership.ts';
import { ClusterError } from '../../lambda/domain/errors.ts';
import { familyOf } from '../../lambda/domain/instance-types/instance-type.ts';
import { isSameId, MINUTE } from '../../lambda/domain/words.ts';
import { type RawAnswer, type RawApi, trustedItems } from './raw-api.ts';

/** The name under which a probe writes, so that `clear --target-name probe` finds what it could not remove. */
export const PROBE_TARGET = 'probe';

/** Milliseconds after a write at which the list is read again. */
const LOOKS = [0, 500, 1_500, 3_000];

/**
 * Types that no one will miss for an hour: AWS's earlier generations, which are hardly used; and the largest sizes of
 * common families, for newer regions that have no earlier generations.
 */
export const CANDIDATES = [
  ...['m1.small', 'm1.medium', 'c1.medium', 'm2.xlarge', 'm1.xlarge', 't1.micro'],
  ...['m3.medium', 'c3.large', 'r3.large', 'm3.large', 'c3.xlarge', 'r3.xlarge', 'm3.xlarge', 'm4.large'],
  ...['m5.24xlarge', 'i3en.24xlarge', 'm6g.16xlarge'],
];

/**
 * @param entries every known entry of the cluster and of the organization
 * @param nodes the cluster's Spot nodes, as far as they could be read
 * @param offered the types that CAST AI says it may choose: only they show whether an entry has an effect
 * @returns a type that is neither blacklisted by anyone nor running, an offered one if there is one
 * @throws {ClusterError} if there is none
 */
export function chooseType(
  entries: readonly Record<string, unknown>[],
  nodes: readonly Record<string, unknown>[],
  offered: ReadonlySet<string>,
): string {
  const taken = new Set(
    [...entries, ...nodes].flatMap(({ instanceType, instanceFamily }) => [instanceType, instanceFamily]),
  );
  const free = CANDIDATES.filter((type) => !taken.has(type) && !taken.has(familyOf(type)));
  const chosen = free.find((type) => offered.has(type)) ?? free[0];
  if (chosen !== undefined) return chosen;
  throw new ClusterError(
    'CLUSTER_NOT_WORKABLE',
    `Each of ${CANDIDATES.join(', ')} is blacklisted or running in this cluster, so nothing was written. Run \`spot-blacklist clear\` first if these entries are this project's, or probe another cluster.`,
  );
}

export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Waits for this many milliseconds; throws once the probe is stopped. */
  wait(milliseconds: number): Promise<void>;
}

interface Key {
  readonly organizationId: string;
  readonly clusterId: string;
  readonly instanceType: string;
}

/** The one entry that a probe writes, for Spot only, and the list as CAST AI shows it. */
export class EntryUnderTest {
  readonly #api: RawApi;
  readonly #clock: Clock;
  readonly key: Key;
  /** Whether an add may have taken effect, and its removal is not confirmed. */
  mayExist = false;

  constructor(api: RawApi, clock: Clock, key: Key) {
    this.#api = api;
    this.#clock = clock;
    this.key = key;
  }

  /**
   * @param lifetime milliseconds from now
   * @param length of the reason, in characters; the marker is in it
   * @returns the response, and the requested expiry and reason
   */
  async add(lifetime: number, length: number) {
    const expiresAt = unrounded(this.#clock.now() + lifetime, lifetime);
    const reason = markerOf(PROBE_TARGET).padEnd(length, 'may be removed at any time, ');
    this.mayExist = true;
    const answer = await this.#api.post(`${BLACKLIST}/add`, {
      ...{ ...this.key, lifecycle: 'spot', expiresAt: new Date(expiresAt).toISOString(), reason },
    });
    return { answer, expiresAt, reason };
  }

  remove(lifecycle = 'spot'): Promise<RawAnswer> {
    return this.#api.post(`${BLACKLIST}/remove`, { ...this.key, lifecycle });
  }

  /**
   * @returns the key's entries as they are listed
   * @throws {CastAiError} if the list could not be read as a whole
   */
  async listed(): Promise<Record<string, unknown>[]> {
    const { organizationId, clusterId } = this.key;
    const answer = await this.#api.get(`${BLACKLIST}?${new URLSearchParams({ organizationId, clusterId })}`);
    return entriesOf(trustedItems(answer), this.key);
  }

  /**
   * Lists until the list meets the condition, or five seconds have passed.
   *
   * @returns the last list, and whether it meets it; `after` is the time in milliseconds
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
   * Removes the entry, even under a lifecycle other than the requested one: if the API changes it, on-demand machines must
   * not stay blocked.
   *
   * @returns whether the list no longer shows such an entry
   * @throws {CastAiError} if the list could not be read as a whole
   */
  async removeForGood(): Promise<boolean> {
    if (!this.mayExist) return true;
    await this.remove();
    const { entries } = await this.listedUntil((listed) => listed.length === 0);
    // Empty, unless the API has stored something else.
    for (const { lifecycle, reason } of entries) {
      const isOwn = typeof reason !== 'string' || reason === '' || reason.startsWith(markerOf(PROBE_TARGET));
      // If omitted, it means all.
      if (isOwn) await this.remove(typeof lifecycle === 'string' && lifecycle !== '' ? lifecycle : 'all');
    }
    const { isShown } = await this.listedUntil((listed) => listed.length === 0);
    this.mayExist = !isShown;
    return isShown;
  }
}

/** Not a whole minute or second, so that rounding is visible. */
function unrounded(time: number, lifetime: number): number {
  return lifetime < MINUTE ? time : time - (time % MINUTE) + 37_123;
}

/** @returns the entries of this type in this cluster, or of an unnamed one */
function entriesOf(
  items: readonly Record<string, unknown>[],
  { clusterId, instanceType }: Key,
): Record<string, unknown>[] {
  return items.filter(
    (item) =>
      item['instanceType'] === instanceType &&
      (typeof item['clusterId'] !== 'string' ||
        item['clusterId'] === '' ||
        isSameId(item['clusterId'], clusterId)),
  );
}
