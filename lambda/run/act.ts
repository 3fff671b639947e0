import type { Write } from '../domain/blacklist/write.ts';
import { isPlacement, type Placement } from '../domain/decision.ts';
import { type SpotBlacklistError, toSafeError } from '../domain/errors.ts';
import { entryReason } from '../domain/plan.ts';
import type { PendingWrite, PlannedCluster } from './planned.ts';
import type { CastAi } from './ports.ts';
import type { Preparation } from './prepare.ts';
import { inSequence } from './sequence.ts';

/**
 * Carries out all plans, in one sequence over all clusters. A failed request is part of the result.
 *
 * @returns the writes of each cluster, in the order of its plan
 */
export async function act(
  preparation: Preparation,
  planned: readonly PlannedCluster[],
): Promise<ReadonlyMap<PlannedCluster, readonly Write[]>> {
  const { castai, ports } = preparation;
  const writes = await sendAll(preparation, inSequence(planned), (write) =>
    send(castai, write, ports.deadline.responses).finally(() => ports.onWritten?.(write.decision)),
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
function send(castai: CastAi, { planned, decision }: PendingWrite, signal: AbortSignal): Promise<void> {
  const { clusterId, targetName } = planned.state;
  const { instanceType } = decision;
  if (!isPlacement(decision)) return castai.remove({ clusterId, instanceType }, signal);
  const reason = entryReason(targetName, decision);
  return castai.add({ clusterId, instanceType, expiresAt: decision.expiresAt, reason }, signal);
}

/**
 * Sends writes in order, until time runs out or something stops it: the circuit breaker, for one cluster or all, or `enough`.
 *
 * @returns the outcome of each, in the same order
 */
async function sendAll(
  { ports: { deadline }, rateLimiter, circuitBreaker }: Preparation,
  pending: readonly PendingWrite[],
  sendOne: (write: PendingWrite) => Promise<void>,
  enough?: AbortSignal,
): Promise<Write[]> {
  const attempt = async ({ planned, decision }: PendingWrite): Promise<Write> => {
    try {
      await sendOne({ planned, decision });
      return { decision, state: 'accepted', error: null };
    } catch (thrown) {
      const error = toSafeError(thrown);
      circuitBreaker.note(error, planned.cluster.id);
      return { decision, state: deadline.responses.aborted ? 'unanswered' : 'refused', error };
    }
  };
  const stops = [deadline.writes, ...(enough ? [enough] : [])];
  const clusters = new Set(pending.map(({ planned }) => planned));
  const signals = new Map(
    [...clusters].map((planned) => [
      planned,
      AbortSignal.any([...stops, circuitBreaker.signalFor(planned.cluster.id)]),
    ]),
  );
  const writes: Write[] = [];
  const underWay = new Set<Promise<void>>();
  for (const [index, next] of pending.entries()) {
    const signal = signals.get(next.planned) ?? deadline.writes;
    if (!(await rateLimiter.turn(signal))) {
      const error = circuitBreaker.stoppedByIn(next.planned.cluster.id);
      writes[index] = { decision: next.decision, state: 'unsent', error };
      continue;
    }
    const written = attempt(next).then((write) => {
      writes[index] = write;
      rateLimiter.end();
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
  preparation: Preparation,
  planned: PlannedCluster,
  placements: readonly Placement[],
  writes: readonly Write[],
): Promise<readonly Write[]> {
  const { castai, circuitBreaker, ports } = preparation;
  const { deadline } = ports;
  const failed = new AbortController();
  /**
   * Both take one turn: between them the type is uncovered, so the second does not wait for another turn,
   * is sent whatever the outcome of the first, and may take longer.
   */
  const sendBoth = async (write: PendingWrite) => {
    const { clusterId } = planned.state;
    const { instanceType } = write.decision;
    let refused: SpotBlacklistError | null = null;
    try {
      await castai.remove({ clusterId, instanceType }, deadline.responses);
    } catch (thrown) {
      refused = toSafeError(thrown);
      circuitBreaker.note(refused, planned.cluster.id);
    }
    await send(castai, write, deadline.reads).catch((thrown: unknown) => {
      failed.abort();
      throw thrown;
    });
    if (refused !== null) throw refused;
  };
  const pending = placements.map((decision): PendingWrite => ({ planned, decision }));
  const again = await sendAll(preparation, pending, sendBoth, failed.signal);
  const sent = new Map(
    again.filter(({ state }) => state !== 'unsent').map((write) => [write.decision, write]),
  );
  return writes.map((write) => sent.get(write.decision) ?? write);
}
