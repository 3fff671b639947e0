import PQueue from 'p-queue';
import { Attempts, type WritePorts } from './attempts.ts';
import { type Blacklist, readBlacklist } from './blacklist.ts';
import { whyStopped } from './brake.ts';
import { type Deadline, whyWritesEnded } from './deadline.ts';
import { type Decision, isPlacement, isWrite, type Placement, shownTime } from './decision.ts';
import { presentable, type SpotBlacklistError } from './errors.ts';
import { warningsAboutList } from './list-warnings.ts';
import type { ClusterState, Plan } from './plan.ts';

/** What came of a plan. */
export interface Reconciliation {
  /** Every decision of the plan; an `add` or `renew` whose key another owner holds has become `covered`. */
  readonly decisions: readonly Decision[];
  /** What came of each decision that had to be written. */
  readonly written: readonly Written[];
  /** How many writes the list confirms; null if there was nothing to confirm. */
  readonly verified: number | null;
  /** What stopped the writing before its end, other than time. */
  readonly stoppedBy: SpotBlacklistError | null;
  /** For how many hours CAST AI keeps entries at most; null where it keeps them as long as it is asked to. */
  readonly longestHours: number | null;
  /** What the user should know of the list as it is after writing, in sentences. */
  readonly warnings: readonly string[];
}

export interface Written {
  readonly instanceType: string;
  readonly state: 'succeeded' | 'failed' | 'deferred';
  /** Why it did not succeed, for people; null if it did. */
  readonly problem: string | null;
}

export interface ReconcilePorts extends WritePorts {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Waits for so many milliseconds, or until the signal is aborted. */
  readonly wait: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  /** Told of every write whose request is over, however it ended: for whoever watches. */
  readonly onWritten?: (decision: Decision) => void;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** The default schedule runs every hour, and a blacklist has to last two intervals. */
const SHORTEST_COVER = 2 * HOUR;

/**
 * The list may lag behind the writes. While it lacks something that CAST AI has accepted, it is read again after these
 * times (milliseconds), before anything is called lost or repaired.
 */
const LAGS = [500, 2_000];

/** A queue that starts at most `batchSize` requests in any `batchPause` seconds, with at most `batchSize` under way. */
export function pacedQueue(batchSize: number, batchPause: number): PQueue {
  const pace = { intervalCap: batchSize, interval: batchPause * 1000, strict: true };
  return new PQueue({ concurrency: batchSize, ...(batchPause > 0 && pace) });
}

/**
 * Carries a plan out, riskiest first, then lists once more and believes only that list. What CAST AI did not take
 * over, although no other owner holds its key, is removed and added: the first alone, and the others if that works.
 *
 * A request that fails is part of the outcome; nothing is thrown for it.
 */
export async function reconcile(
  plan: Plan,
  state: ClusterState,
  ports: ReconcilePorts,
): Promise<Reconciliation> {
  const writes = plan.decisions.filter(isWrite);
  if (writes.length === 0) {
    return {
      decisions: plan.decisions,
      written: [],
      verified: null,
      stoppedBy: null,
      longestHours: null,
      warnings: [],
    };
  }
  const before = readBlacklist(state.entries, state.clusterId, state, state.now);
  const attempts = new Attempts(state, ports);
  await attempts.make(writes, async (decision) => {
    await attempts.write(decision).finally(() => ports.onWritten?.(decision));
  });
  const list = () => settledList(writes, attempts, before, state, ports);
  let listing = await list();
  const ignored = () =>
    writes.filter(isPlacement).filter((decision) => wasIgnored(decision, attempts, before, listing));
  const [first] = ignored();
  if (first !== undefined) {
    await attempts.replace([first]);
    listing = await list();
    // What is removed and then not taken is uncovered until the next run: that must not happen to more than one.
    if (listing.blacklist !== null && isConfirmed(first, listing.blacklist)) {
      const others = ignored();
      if (others.length > 0) {
        await attempts.replace(others);
        listing = await list();
      }
    }
  }
  return outcomeOf({ plan, state, writes, attempts, before }, listing, ports.deadline);
}

/** The list as it is after writing; without a blacklist, the reason why it could not be read. */
type Listing = { blacklist: Blacklist; problem: null } | { blacklist: null; problem: string };

async function listOnce(state: ClusterState, ports: ReconcilePorts): Promise<Listing> {
  try {
    const entries = await ports.castai.listEntries(state.clusterId, ports.deadline.reads);
    return { blacklist: readBlacklist(entries, state.clusterId, state, ports.now()), problem: null };
  } catch (error) {
    return { blacklist: null, problem: `it could not be confirmed: ${presentable(error).message}` };
  }
}

/** Lists until the list shows all that was accepted, or no longer seems to lag. */
async function settledList(
  writes: readonly Decision[],
  attempts: Attempts,
  before: Blacklist,
  state: ClusterState,
  ports: ReconcilePorts,
): Promise<Listing> {
  let listing = await listOnce(state, ports);
  for (const lag of LAGS) {
    const { blacklist } = listing;
    const isAwaited = (decision: Decision) =>
      blacklist !== null &&
      attempts.wasAccepted(decision) &&
      standingOf(decision, before, blacklist) === 'unchanged';
    if (!writes.some(isAwaited)) break;
    await ports.wait(lag, ports.deadline.reads);
    const next = await listOnce(state, ports);
    if (next.blacklist !== null) listing = next;
  }
  return listing;
}

/**
 * How a list shows what a decision wanted: as it was asked for; for a shorter time; under another owner's entry; or not
 * at all, because nothing has changed.
 */
type Standing = 'confirmed' | 'shortened' | 'foreign' | 'unchanged';

function standingOf(decision: Decision, before: Blacklist, after: Blacklist): Standing {
  if (isConfirmed(decision, after)) return 'confirmed';
  if (!isPlacement(decision)) return 'unchanged';
  const { instanceType } = decision;
  const until = after.own.get(instanceType)?.until;
  if (until !== undefined && until !== before.own.get(instanceType)?.until) return 'shortened';
  return after.foreignKeys.has(instanceType) ? 'foreign' : 'unchanged';
}

/** @returns whether the list shows what a decision wanted; an API may cut an expiry to whole minutes */
function isConfirmed(decision: Decision, { own, blacklistedUntil }: Blacklist): boolean {
  if (!isPlacement(decision)) return !own.has(decision.instanceType);
  // An own entry without expiry is not what was asked for: it would outlive this project.
  if (own.get(decision.instanceType)?.until === Number.POSITIVE_INFINITY) return false;
  return blacklistedUntil(decision.instanceType) >= decision.expiresAt - MINUTE;
}

/**
 * Whether CAST AI accepted a placement, but kept what was there just as it was. Only then does removing help, and is it
 * safe: not where the API refuses to add, or moves the expiry to where it likes, or where another owner holds the key.
 */
function wasIgnored(
  decision: Placement,
  attempts: Attempts,
  before: Blacklist,
  { blacklist }: Listing,
): boolean {
  return (
    blacklist !== null &&
    attempts.wasAccepted(decision) &&
    standingOf(decision, before, blacklist) === 'unchanged' &&
    blacklist.removableKeys.has(decision.instanceType)
  );
}

/** What was to be done, and what was tried. */
interface Work {
  readonly plan: Plan;
  readonly state: ClusterState;
  readonly writes: readonly Decision[];
  readonly attempts: Attempts;
  readonly before: Blacklist;
}

function outcomeOf(work: Work, listing: Listing, deadline: Deadline): Reconciliation {
  const { plan, state, writes, attempts, before } = work;
  const { blacklist } = listing;
  const covered = new Map<string, Decision>();
  const shortened: number[] = [];
  const written = writes.flatMap((decision): Written[] => {
    const { instanceType } = decision;
    const done: Written = { instanceType, state: 'succeeded', problem: null };
    const standing = blacklist === null ? null : standingOf(decision, before, blacklist);
    if (standing === 'confirmed') return [done];
    if (!attempts.wasMade(decision)) {
      const why = attempts.stoppedBy === null ? whyWritesEnded(deadline) : whyStopped(attempts.stoppedBy);
      return [{ instanceType, state: 'deferred', problem: `${why} before it was done` }];
    }
    if (blacklist === null) return [{ instanceType, state: 'failed', problem: listing.problem }];
    const refused = attempts.problemOf(decision);
    if (refused === null && isPlacement(decision)) {
      const { until = 0 } = blacklist.own.get(instanceType) ?? {};
      const isEnough = until - state.now >= Math.min(SHORTEST_COVER, (decision.expiresAt - state.now) / 2);
      if (standing === 'shortened' && Number.isFinite(until) && isEnough) {
        shortened.push(until);
        return [done];
      }
      if (standing === 'foreign') {
        covered.set(instanceType, coveredInstead(decision, blacklist));
        return [];
      }
    }
    return [{ instanceType, state: 'failed', problem: refused ?? notTakenOver(decision, blacklist) }];
  });
  return {
    decisions: plan.decisions.map((decision) => covered.get(decision.instanceType) ?? decision),
    written,
    verified: written.filter(({ state }) => state === 'succeeded').length,
    stoppedBy: attempts.stoppedBy,
    longestHours:
      shortened.length === 0 ? null : Math.round((Math.min(...shortened) - state.now) / (HOUR / 10)) / 10,
    warnings: blacklist === null ? [] : warningsAboutList(blacklist),
  };
}

function notTakenOver(decision: Decision, { blacklistedUntil }: Blacklist): string {
  const listed = shownTime(blacklistedUntil(decision.instanceType));
  if (!isPlacement(decision) || listed === null) {
    return 'CAST AI took the request, but its list does not show what was asked for';
  }
  const asked = new Date(decision.expiresAt).toISOString();
  return `CAST AI took the request, but lists the entry until ${new Date(listed).toISOString()} and not until ${asked}`;
}

/** CAST AI kept another owner's entry instead of taking a second one for the same key. It is not ours to remove. */
function coveredInstead(decision: Placement, { coveredUntil }: Blacklist): Decision {
  return {
    ...decision,
    action: 'covered',
    reason: `${decision.reason}; another owner already blacklists it, and CAST AI took no second entry`,
    expiresAt: shownTime(coveredUntil(decision.instanceType)),
  };
}
