import { type Blacklist, readBlacklist } from '../domain/blacklist.ts';
import { type Decision, isPlacement, type Placement } from '../domain/decision.ts';
import { toSafeError } from '../domain/errors.ts';
import type { Execution, Write } from '../domain/write.ts';
import { safePast } from './capacity.ts';
import { executionOf } from './execution.ts';
import type { PlannedCluster } from './planned.ts';
import type { Preparation } from './prepare.ts';
import { replace } from './replace.ts';
import { isConfirmed, type Listing, standingOf } from './standing.ts';

/**
 * The list may lag behind the writes. While it lacks something that CAST AI has accepted, it is read again after these
 * times (milliseconds), before anything is called lost or repaired.
 */
const LAGS = [500, 2_000];

/**
 * Lists once more and believes only that list. What CAST AI did not take over, although no other owner holds its key, is
 * removed and added: the first alone, and the others, as far as the newest list still lacks them, if that worked.
 *
 * @param writes what was sent for this cluster
 */
export async function verify(
  preparation: Preparation,
  planned: PlannedCluster,
  writes: readonly Write[],
): Promise<Execution> {
  const { plan, state } = planned;
  if (writes.length === 0) {
    return {
      decisions: plan.decisions,
      outcomes: [],
      verified: null,
      uncovered: 0,
      longestHours: null,
      warnings: [],
    };
  }
  const before = readBlacklist(state.entries, state.clusterId, state, state.now);
  let attempts = writes;
  let listing = await settledList(preparation, planned, attempts, before);
  const [first] = ignoredIn(attempts, before, listing);
  if (first !== undefined) {
    attempts = await replace(preparation, planned, [first], attempts);
    listing = await settledList(preparation, planned, attempts, before);
    // What is removed and then not taken is uncovered until the next run: that must not happen to more than one.
    const others =
      listing.blacklist !== null && isConfirmed(first, listing.blacklist)
        ? ignoredIn(attempts, before, listing)
        : [];
    if (others.length > 0) {
      attempts = await replace(preparation, planned, others, attempts);
      listing = await settledList(preparation, planned, attempts, before);
    }
  }
  const { settings, ports } = preparation;
  return executionOf(planned, attempts, before, listing, ports.deadline, safePast(settings));
}

async function listOnce({ castai, ports, brake }: Preparation, { state }: PlannedCluster): Promise<Listing> {
  try {
    const entries = await castai.listEntries(state.clusterId, ports.deadline.reads);
    return { blacklist: readBlacklist(entries, state.clusterId, state, ports.now()), problem: null };
  } catch (thrown) {
    const error = toSafeError(thrown);
    brake.note(error, state.clusterId);
    return { blacklist: null, problem: `it could not be confirmed: ${error.message}` };
  }
}

/** Lists until the list shows all that was accepted, or no longer seems to lag. */
async function settledList(
  preparation: Preparation,
  planned: PlannedCluster,
  writes: readonly Write[],
  before: Blacklist,
): Promise<Listing> {
  const { ports } = preparation;
  let listing = await listOnce(preparation, planned);
  for (const lag of LAGS) {
    const { blacklist } = listing;
    if (blacklist === null || !writes.some((write) => isMissing(write, before, blacklist))) break;
    await ports.wait(lag, ports.deadline.reads);
    const next = await listOnce(preparation, planned);
    if (next.blacklist !== null) listing = next;
  }
  return listing;
}

/** Whether CAST AI accepted a write, and the list does not show it. */
function isMissing({ state, decision }: Write, before: Blacklist, after: Blacklist): boolean {
  return state === 'accepted' && standingOf(decision, before, after) === 'unchanged';
}

/**
 * The placements that CAST AI accepted, but kept what was there just as it was: an own entry, or an expired one, which its
 * list may hide. Only then does removing help, and is it safe: not where the API refuses to add, or moves the expiry to
 * where it likes, or where another owner holds the key.
 */
function ignoredIn(writes: readonly Write[], before: Blacklist, { blacklist }: Listing): Placement[] {
  if (blacklist === null) return [];
  return writes
    .filter((write) => isMissing(write, before, blacklist))
    .map(({ decision }): Decision => decision)
    .filter(isPlacement)
    .filter(({ instanceType }) => !blacklist.foreignKeys.has(instanceType));
}
