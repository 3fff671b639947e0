import { CastAiError, ClusterError } from '../../lambda/domain/errors.ts';
import { familyOf } from '../../lambda/domain/instance-types/instance-type.ts';
import { isSameId } from '../../lambda/domain/words.ts';
import { isRecord } from '../../lambda/input/json.ts';
import type { RawAnswer } from './raw-api.ts';

/**
 * Types that no one misses for an hour: of AWS's earlier generations, of which hardly any are left; and, for younger regions,
 * which have none of these, the largest sizes of common families.
 */
export const CANDIDATES = [
  ...['m1.small', 'm1.medium', 'c1.medium', 'm2.xlarge', 'm1.xlarge', 't1.micro'],
  ...['m3.medium', 'c3.large', 'r3.large', 'm3.large', 'c3.xlarge', 'r3.xlarge', 'm3.xlarge', 'm4.large'],
  ...['m5.24xlarge', 'i3en.24xlarge', 'm6g.16xlarge'],
];

/** The items of a list, whatever else is in the answer. */
export function itemsOf({ body }: Pick<RawAnswer, 'body'>): Record<string, unknown>[] {
  const items = isRecord(body) ? body['items'] : undefined;
  return Array.isArray(items) ? items.filter(isRecord) : [];
}

/**
 * The items of a list that what is written depends on: an entry of another owner must not be overlooked.
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
 * @param entries every entry that is known, of the cluster and of the organization
 * @param nodes the cluster's Spot nodes, as far as they could be read
 * @param offered the types that CAST AI says it may choose: with one of them, it shows whether an entry has an effect
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

/** @returns the entries of this type in this cluster, or of an unnamed one */
export function entriesOf(
  items: readonly Record<string, unknown>[],
  { clusterId, instanceType }: { readonly clusterId: string; readonly instanceType: string },
): Record<string, unknown>[] {
  return items.filter(
    (item) =>
      item['instanceType'] === instanceType &&
      (typeof item['clusterId'] !== 'string' ||
        item['clusterId'] === '' ||
        isSameId(item['clusterId'], clusterId)),
  );
}
