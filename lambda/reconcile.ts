import PQueue from 'p-queue';
import { Attempts, type WritePorts } from './attempts.ts';
import { type Blacklist, readBlacklist } from './blacklist.ts';
import { type Deadline, whyWritesEnded } from './deadline.ts';
import { type Decision, isPlacement, isWrite, type Placement, shownTime } from './decision.ts';
import { type CastAiAuthError, presentable } from './errors.ts';
import type { ClusterState, Plan } from './plan.ts';

/** What came of a plan. */
export interface Reconciliation {
  /** Every decision of the plan; an `add` or `renew` whose key somebody else holds has become `covered`. */
  readonly decisions: readonly Decision[];
  /** What came of each decision that had to be written. */
  readonly written: readonly Written[];
  /** How many writes the list confirms; null if there was nothing to confirm. */
  readonly verified: number | null;
  /** The refusal of the key that stopped the writing, if there was one. */
  readonly stoppedBy: CastAiAuthError | null;
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
  /** Told of every write whose request is over, however it ended: for whoever watches. */
  readonly onWritten?: (decision: Decision) => void;
}

/** An API may round an expiry to a second (milliseconds). */
const ROUNDING = 1_000;

/** A queue that starts at most `batchSize` requests in any `batchPause` seconds, with at most `batchSize` under way. */
export function pacedQueue(batchSize: number, batchPause: number): PQueue {
  const pace = { intervalCap: batchSize, interval: batchPause * 1000, strict: true };
  return new PQueue({ concurrency: batchSize, ...(batchPause > 0 && pace) });
}

/**
 * Carries a plan out, riskiest first, then lists once more and believes only that list. What CAST AI did not take
 * over, although nobody else holds its key, is removed and added: the first alone, and the others if that works.
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
    return { decisions: plan.decisions, written: [], verified: null, stoppedBy: null };
  }
  const attempts = new Attempts(state, ports);
  await attempts.make(writes, async (decision) => {
    await attempts.write(decision).finally(() => ports.onWritten?.(decision));
  });
  let listing = await listAgain(state, ports);
  const [first, ...others] = writes
    .filter(isPlacement)
    .filter((decision) => wasIgnored(decision, attempts, listing));
  if (first !== undefined) {
    await attempts.replace([first]);
    listing = await listAgain(state, ports);
    // What is removed and then not taken is uncovered until the next run: that must not happen to more than one.
    if (others.length > 0 && listing.blacklist !== null && isConfirmed(first, listing.blacklist)) {
      await attempts.replace(others);
      listing = await listAgain(state, ports);
    }
  }
  return outcomeOf(plan, writes, attempts, listing, ports.deadline);
}

/** The list as it is after writing; without a blacklist, the reason why it could not be read. */
type Listing = { blacklist: Blacklist; problem: null } | { blacklist: null; problem: string };

async function listAgain({ clusterId, targetName }: ClusterState, ports: ReconcilePorts): Promise<Listing> {
  try {
    const entries = await ports.castai.listEntries(clusterId, ports.deadline.reads);
    return { blacklist: readBlacklist(entries, clusterId, targetName, ports.now()), problem: null };
  } catch (error) {
    return { blacklist: null, problem: `it could not be confirmed: ${presentable(error).message}` };
  }
}

/** @returns whether the list shows what a decision wanted */
function isConfirmed(decision: Decision, { own, blacklistedUntil }: Blacklist): boolean {
  if (!isPlacement(decision)) return !own.has(decision.instanceType);
  // An own entry without an end is not what was asked for: it would outlive this project.
  if (own.get(decision.instanceType) === Number.POSITIVE_INFINITY) return false;
  return blacklistedUntil(decision.instanceType) >= decision.expiresAt - ROUNDING;
}

/**
 * Whether CAST AI accepted a placement, but kept an own entry as it was. Only then is removing safe: what the API
 * refuses to add must not be removed first, and neither must what somebody else holds.
 */
function wasIgnored(decision: Placement, attempts: Attempts, { blacklist }: Listing): boolean {
  return (
    blacklist !== null &&
    !isConfirmed(decision, blacklist) &&
    attempts.wasMade(decision) &&
    attempts.problemOf(decision) === null &&
    blacklist.ownKeys.has(decision.instanceType) &&
    !blacklist.foreignKeys.has(decision.instanceType)
  );
}

function outcomeOf(
  plan: Plan,
  writes: readonly Decision[],
  attempts: Attempts,
  { blacklist, problem }: Listing,
  deadline: Deadline,
): Reconciliation {
  const covered = new Map<string, Decision>();
  const written = writes.flatMap((decision): Written[] => {
    const { instanceType } = decision;
    if (blacklist !== null && isConfirmed(decision, blacklist)) {
      return [{ instanceType, state: 'succeeded', problem: null }];
    }
    if (!attempts.wasMade(decision)) {
      const cause = attempts.stoppedBy === null ? whyWritesEnded(deadline) : 'the API key was refused';
      return [{ instanceType, state: 'deferred', problem: `${cause} before it was done` }];
    }
    if (blacklist === null) return [{ instanceType, state: 'failed', problem }];
    const refused = attempts.problemOf(decision);
    if (refused === null && isPlacement(decision) && blacklist.foreignKeys.has(instanceType)) {
      covered.set(instanceType, coveredInstead(decision, blacklist));
      return [];
    }
    return [{ instanceType, state: 'failed', problem: refused ?? NOT_LISTED }];
  });
  return {
    decisions: plan.decisions.map((decision) => covered.get(decision.instanceType) ?? decision),
    written,
    verified: written.filter(({ state }) => state === 'succeeded').length,
    stoppedBy: attempts.stoppedBy,
  };
}

const NOT_LISTED = 'CAST AI took the request, but its list does not show what was asked for';

/** CAST AI kept somebody else's entry instead of taking a second one for the same key. It is not ours to remove. */
function coveredInstead(decision: Placement, { coveredUntil }: Blacklist): Decision {
  return {
    ...decision,
    action: 'covered',
    reason: `${decision.reason}; somebody else already blacklists it, and CAST AI took no second entry`,
    expiresAt: shownTime(coveredUntil(decision.instanceType)),
  };
}
