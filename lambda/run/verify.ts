import {
  type Blacklist,
  expiryOf,
  extend,
  keyOf,
  readBlacklist,
  uncoveredIn,
} from '../domain/blacklist/blacklist.ts';
import type { Execution, Write } from '../domain/blacklist/write.ts';
import { type Decision, isPlacement, type Placement } from '../domain/decision.ts';
import { toSafeError } from '../domain/errors.ts';
import type { ClusterState } from '../domain/plan.ts';
import { replace } from './act.ts';
import { listBelieved } from './believe.ts';
import { effectOf, executionOf, isConfirmed, type Listing } from './execution.ts';
import type { PlannedCluster } from './planned.ts';
import type { EntryEnds } from './ports.ts';
import type { Preparation } from './prepare.ts';

/**
 * The list may lag behind the writes. While it lacks an accepted write, it is read again after these delays (milliseconds),
 * before anything counts as lost or is replaced.
 */
const RETRY_DELAYS = [500, 2_000];

/**
 * Lists again, and trusts only that list. Accepted writes that CAST AI ignored, although no other owner holds the key, are
 * replaced (removed and added): first one alone, and if that worked, those that the newest list still lacks.
 *
 * @param writes this cluster's writes
 */
export async function verify(
  preparation: Preparation,
  planned: PlannedCluster,
  writes: readonly Write[],
): Promise<Execution> {
  const { plan } = planned;
  const before = plan.blacklist;
  if (writes.length === 0) {
    return {
      decisions: plan.decisions,
      outcomes: [],
      verified: null,
      uncovered: uncoveredIn(plan.decisions, (type) => before.offUntil(type) > 0),
      longestHours: null,
      warnings: [],
    };
  }
  let attempts = writes;
  let listing = await settledList(preparation, planned, attempts, before);
  const [first] = ignoredIn(attempts, before, listing);
  if (first !== undefined) {
    attempts = await replace(preparation, planned, [first], attempts);
    listing = await settledList(preparation, planned, attempts, before);
    // A type that is removed but not added again is uncovered until the next run: risk only one.
    const others =
      listing.blacklist !== null && isConfirmed(first, listing.blacklist)
        ? ignoredIn(attempts, before, listing)
        : [];
    if (others.length > 0) {
      attempts = await replace(preparation, planned, others, attempts);
      listing = await settledList(preparation, planned, attempts, before);
    }
  }
  return executionOf(planned, attempts, listing, preparation);
}

async function listOnce(
  preparation: Preparation,
  { state }: PlannedCluster,
  writes: readonly Write[],
): Promise<Listing> {
  const { ports, circuitBreaker } = preparation;
  try {
    const untouched = untouchedBy(writes, state);
    const entries = await listBelieved(preparation, state.clusterId, untouched, ports.deadline.reads);
    return { blacklist: readBlacklist(entries, state.clusterId, state, ports.now()), problem: null };
  } catch (thrown) {
    const error = toSafeError(thrown);
    circuitBreaker.note(error, state.clusterId);
    return { blacklist: null, problem: `it could not be confirmed: ${error.message}` };
  }
}

/** @returns the cluster's entries that no write concerned */
function untouchedBy(writes: readonly Write[], { entries, now }: ClusterState): EntryEnds {
  const written = new Set<string | null>(writes.map(({ decision }) => decision.instanceType));
  const ends = new Map<string, number>();
  for (const entry of entries)
    if (entry.clusterId !== null && !written.has(entry.instanceType))
      extend(ends, keyOf(entry), expiryOf(entry, now));
  return ends;
}

/** Lists until all accepted writes show, or the retries are used up. */
async function settledList(
  preparation: Preparation,
  planned: PlannedCluster,
  writes: readonly Write[],
  before: Blacklist,
): Promise<Listing> {
  const { ports } = preparation;
  let listing = await listOnce(preparation, planned, writes);
  for (const delay of RETRY_DELAYS) {
    const { blacklist } = listing;
    if (blacklist === null || !writes.some((write) => isMissing(write, before, blacklist))) break;
    await ports.wait(delay, ports.deadline.reads);
    const next = await listOnce(preparation, planned, writes);
    if (next.blacklist !== null) listing = next;
  }
  return listing;
}

/** Whether CAST AI accepted a write that the list does not show. */
function isMissing({ state, decision }: Write, before: Blacklist, after: Blacklist): boolean {
  return state === 'accepted' && effectOf(decision, before, after) === 'unchanged';
}

/**
 * The placements that CAST AI accepted but ignored, keeping the existing entry unchanged: an own one, or an expired one,
 * which its list may hide. Only then does removing help, and only then is it safe: not if the API refuses to add, or
 * changes the expiry, or another owner holds the key.
 */
function ignoredIn(writes: readonly Write[], before: Blacklist, { blacklist }: Listing): Placement[] {
  if (blacklist === null) return [];
  return writes
    .filter((write) => isMissing(write, before, blacklist))
    .map(({ decision }): Decision => decision)
    .filter(isPlacement)
    .filter(({ instanceType }) => !blacklist.foreignKeys.has(instanceType));
}
