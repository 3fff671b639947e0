import { readBlacklist } from '../domain/blacklist/blacklist.ts';
import type { Write } from '../domain/blacklist/write.ts';
import { drawFrom } from '../domain/decide.ts';
import { type Decision, isCalmRelease, isPlacement, isWrite, type Placement } from '../domain/decision.ts';
import { type SpotBlacklistError, toSafeError } from '../domain/errors.ts';
import { edgesOf, riskByRatio } from '../domain/instance-types/spot-type.ts';
import { entryReason } from '../domain/plan.ts';
import type { Brake } from './circuit-breaker.ts';
import type { Deadline } from './deadline.ts';
import type { Job, PlannedCluster } from './planned.ts';
import type { CastAi } from './ports.ts';
import type { Preparation } from './prepare.ts';
import type { Pace } from './rate-limiter.ts';
import { compareRanks, type Rank } from './turns.ts';

const REMOVED = 0;
const UNCOVERED = 1;
const COVERED = 2;
const RELEASED = 3;

/**
 * Puts the writes of all plans into one order, the most urgent first: removals that were asked for or that a floor needs,
 * the least risky type first; then uncovered types, riskiest first; then entries that expire soonest; then calm releases. A
 * cluster's place in a list gives it no priority: among writes of equal urgency, each cluster has its first write before any
 * has its second.
 *
 * @param planned in any order, which makes no difference
 */
export function inSequence(planned: readonly PlannedCluster[]): Job[] {
  return planned
    .flatMap(ranked)
    .sort((a, b) => compareRanks(a.rank, b.rank))
    .map(({ job }) => job);
}

function ranked(planned: PlannedCluster): { job: Job; rank: Rank }[] {
  const { state, plan, cluster } = planned;
  const blacklist = readBlacklist(state.entries, state.clusterId, state, state.now);
  const urgencyOf = (decision: Decision): Rank => {
    if (isCalmRelease(decision)) return [RELEASED, 0];
    if (!isPlacement(decision)) return [REMOVED, riskOf(decision)];
    const until = blacklist.offUntil(decision.instanceType);
    return until > 0 ? [COVERED, until] : [UNCOVERED, -riskOf(decision)];
  };
  /** The number of earlier writes of the cluster, by urgency. */
  const before = new Map<string, number>();
  return plan.decisions.filter(isWrite).map((decision) => {
    const urgency = urgencyOf(decision);
    const count = before.get(urgency.join()) ?? 0;
    before.set(urgency.join(), count + 1);
    const draw = drawFrom(`${cluster.id} ${decision.instanceType}`);
    return { job: { planned, decision }, rank: [...urgency, count, draw] };
  });
}

/** By own evidence if that is the reason, otherwise by the band, in percent; 0 if the band is unknown. */
function riskOf({ band, cause, own }: Decision): number {
  if (own !== undefined && cause === 'own evidence') return riskByRatio(own.ratio);
  return band === null ? 0 : (edgesOf(band)?.lower ?? 0);
}

/** What sending needs. */
export interface Sending {
  readonly pace: Pace;
  readonly deadline: Deadline;
  readonly brake: Brake;
}

/**
 * Carries out all plans, in one sequence over all clusters. A failed request is part of the result.
 *
 * @returns the writes of each cluster, in the order of its plan
 */
export async function act(
  { ports, castai, pace, brake }: Preparation,
  planned: readonly PlannedCluster[],
): Promise<ReadonlyMap<PlannedCluster, readonly Write[]>> {
  const { deadline, onWritten } = ports;
  const writes = await sendAll(inSequence(planned), { pace, deadline, brake }, (job) =>
    send(castai, job, deadline.answers).finally(() => onWritten?.(job.decision)),
  );
  const byDecision = new Map(writes.map((write) => [write.decision, write]));
  return new Map(
    planned.map((cluster) => [
      cluster,
      cluster.plan.decisions.flatMap((decision) => byDecision.get(decision) ?? []),
    ]),
  );
}

/** Sends the request that a decision requires. */
export function send(castai: CastAi, { planned, decision }: Job, signal: AbortSignal): Promise<void> {
  const { clusterId, targetName } = planned.state;
  const { instanceType } = decision;
  if (!isPlacement(decision)) return castai.remove({ clusterId, instanceType }, signal);
  const reason = entryReason(targetName, decision);
  return castai.add({ clusterId, instanceType, expiresAt: decision.expiresAt, reason }, signal);
}

/**
 * Sends jobs in order, until time runs out or something stops it: the brake, `enough`, or, for one cluster, a key that may
 * not write there.
 *
 * @returns a write for each job, in their order
 */
export async function sendAll(
  jobs: readonly Job[],
  { pace, deadline, brake }: Sending,
  sendOne: (job: Job) => Promise<void>,
  enough?: AbortSignal,
): Promise<Write[]> {
  const attempt = async ({ planned, decision }: Job): Promise<Write> => {
    try {
      await sendOne({ planned, decision });
      return { decision, state: 'accepted', error: null };
    } catch (thrown) {
      const error = toSafeError(thrown);
      brake.note(error, planned.cluster.id);
      return { decision, state: deadline.answers.aborted ? 'unanswered' : 'refused', error };
    }
  };
  const stops = [deadline.writes, ...(enough ? [enough] : [])];
  const clusters = new Set(jobs.map(({ planned }) => planned));
  const signals = new Map(
    [...clusters].map((planned) => [
      planned,
      AbortSignal.any([...stops, brake.signalFor(planned.cluster.id)]),
    ]),
  );
  const writes: Write[] = [];
  const underWay = new Set<Promise<void>>();
  for (const [index, job] of jobs.entries()) {
    const signal = signals.get(job.planned) ?? deadline.writes;
    if (!(await pace.turn(signal))) {
      const error = brake.stoppedByIn(job.planned.cluster.id);
      writes[index] = { decision: job.decision, state: 'unsent', error };
      continue;
    }
    const written = attempt(job).then((write) => {
      writes[index] = write;
      pace.end();
      underWay.delete(written);
    });
    underWay.add(written);
  }
  await Promise.all(underWay);
  return writes;
}

/**
 * Removes entries and adds them again. After a failed add, no further type is started.
 *
 * @param writes what was sent before
 * @returns these, with the repeated ones replaced
 */
export async function replace(
  { ports, castai, pace, brake }: Preparation,
  planned: PlannedCluster,
  placements: readonly Placement[],
  writes: readonly Write[],
): Promise<readonly Write[]> {
  const { deadline } = ports;
  const failed = new AbortController();
  /**
   * Both take one turn: between them the type is uncovered, so the second does not wait for another turn,
   * is sent whatever the outcome of the first, and may take longer.
   */
  const sendBoth = async (job: Job) => {
    const { clusterId } = planned.state;
    const { instanceType } = job.decision;
    let refused: SpotBlacklistError | null = null;
    try {
      await castai.remove({ clusterId, instanceType }, deadline.answers);
    } catch (thrown) {
      refused = toSafeError(thrown);
      brake.note(refused, planned.cluster.id);
    }
    await send(castai, job, deadline.reads).catch((thrown: unknown) => {
      failed.abort();
      throw thrown;
    });
    if (refused !== null) throw refused;
  };
  const jobs = placements.map((decision): Job => ({ planned, decision }));
  const again = await sendAll(jobs, { pace, deadline, brake }, sendBoth, failed.signal);
  const sent = new Map(
    again.filter(({ state }) => state !== 'unsent').map((write) => [write.decision, write]),
  );
  return writes.map((write) => sent.get(write.decision) ?? write);
}
