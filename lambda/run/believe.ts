import { type Entry, keyOf, UNKNOWN_KEY } from '../domain/blacklist/blacklist.ts';
import { CastAiError, toSafeError } from '../domain/errors.ts';
import { MINUTE } from '../domain/words.ts';
import type { EntryEnds } from './ports.ts';
import type { Preparation } from './prepare.ts';

/** Entries that expire within this time (milliseconds) may have expired already by CAST AI's clock. */
const SKEW = MINUTE;

/** How long to wait (milliseconds) before a list that is not believed is read again: it may lag behind. */
const RETRY_DELAY = 1_000;

/**
 * By error code: why the organization's list cannot be read in cases where a run continues without it. A key can be limited
 * to one cluster, and the list grows with every cluster.
 */
export const WITHOUT_ORGANIZATION: Readonly<Record<string, string>> = {
  KEY_FORBIDDEN: 'The API key may not list organization-wide entries',
  CASTAI_TOO_LARGE: "The organization's list is too large to read its organization-wide entries",
};

/**
 * Lists the entries that affect a cluster. A list is not believed while it lacks live entries of the cluster that another
 * list of the run has: they would be overwritten. Others may have removed them meanwhile, so it is read again, and then the
 * organization's list, too.
 *
 * @param expected the cluster's entries in the other list
 * @throws {CastAiError} if the lists still contradict each other
 */
export async function listBelieved(
  { castai, ports, relistOrganization }: Preparation,
  clusterId: string,
  expected: EntryEnds,
  signal: AbortSignal,
): Promise<Entry[]> {
  const entries = await castai.listEntries(clusterId, signal);
  if (lackingIn(entries, expected, ports.now()).length === 0) return entries;
  await ports.wait(RETRY_DELAY, signal);
  const again = await castai.listEntries(clusterId, signal);
  const lacking = lackingIn(again, expected, ports.now());
  if (lacking.length === 0) return again;
  const organization = await relistOrganization(signal).catch((thrown: unknown) => {
    if (!Object.hasOwn(WITHOUT_ORGANIZATION, toSafeError(thrown).code)) throw thrown;
    return null;
  });
  const ends = organization?.ofClusters.get(clusterId.toLowerCase());
  const isContradicted = lacking.some((key) => (ends?.get(key) ?? 0) > ports.now() + SKEW);
  // If that list cannot be read, a cluster's list that has lost everything is not believed.
  if (isContradicted || (organization === null && !again.some(isOfCluster))) throw contradictory();
  return again;
}

/**
 * Lists the entries of a cluster that is to be cleared. Its list is enough, unless it is empty: then the organization's list,
 * if it can be read, says whether there is nothing to clear.
 *
 * @throws {CastAiError} if the lists contradict each other
 */
export async function listToClear(
  preparation: Preparation,
  clusterId: string,
  signal: AbortSignal,
): Promise<Entry[]> {
  const { castai, ports, relistOrganization } = preparation;
  const entries = await castai.listEntries(clusterId, signal);
  if (entries.some(isOfCluster)) return entries;
  const organization = await relistOrganization(ports.deadline.facts).catch(() => null);
  const ends = organization?.ofClusters.get(clusterId.toLowerCase());
  return ends === undefined ? entries : listBelieved(preparation, clusterId, ends, signal);
}

/** @returns the keys of the expected entries that are live, and that a list lacks */
function lackingIn(entries: readonly Entry[], expected: EntryEnds, now: number): string[] {
  const ofCluster = entries.filter(isOfCluster);
  const keys = new Set(ofCluster.map(keyOf));
  // All that is known of an unreadable entry is that it exists.
  if (ofCluster.length > 0) keys.add(UNKNOWN_KEY);
  return [...expected].filter(([key, end]) => end > now + SKEW && !keys.has(key)).map(([key]) => key);
}

function isOfCluster({ clusterId }: Entry): boolean {
  return clusterId !== null;
}

function contradictory(): CastAiError {
  return new CastAiError(
    'CASTAI_CONTRADICTORY',
    "CAST AI's list for this cluster lacks entries of it that another list of the same run has, so it was not believed. The next run reads it again; if this persists, ask CAST AI's support.",
    200,
  );
}
