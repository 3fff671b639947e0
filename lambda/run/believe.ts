import type { Entry } from '../domain/entry.ts';
import { CastAiError } from '../domain/errors.ts';
import type { Preparation } from './prepare.ts';

/** Entries that end within this time (milliseconds) may be gone already, by the clock of CAST AI. */
const SKEW = 60_000;

/** How long (milliseconds) a list that is not believed may need to catch up. */
const LAG = 1_000;

/**
 * Lists the entries that affect a cluster. A list without any entry of the cluster itself is not believed, and is read
 * again, while another list of the run has live ones: what it lacks would be overwritten.
 *
 * @param liveUntil when the last of these ends: milliseconds since 1970; 0 if there are none
 * @throws {CastAiError} if the second list has none either
 */
export async function listBelieved(
  { castai, ports }: Preparation,
  clusterId: string,
  liveUntil: number,
  signal: AbortSignal,
): Promise<Entry[]> {
  const isBelieved = (entries: readonly Entry[]) =>
    entries.some((entry) => entry.clusterId !== null) || liveUntil <= ports.now() + SKEW;
  const entries = await castai.listEntries(clusterId, signal);
  if (isBelieved(entries)) return entries;
  await ports.wait(LAG, signal);
  const again = await castai.listEntries(clusterId, signal);
  if (isBelieved(again)) return again;
  throw new CastAiError(
    'CASTAI_CONTRADICTORY',
    "CAST AI's list for this cluster has no entry of it, although another one of the same run has, so it was not believed. The next run reads it again; if this persists, ask CAST AI's support.",
    200,
  );
}
