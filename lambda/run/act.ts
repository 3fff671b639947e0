import { isPlacement } from '../domain/decision.ts';
import { toSafeError } from '../domain/errors.ts';
import { entryReason } from '../domain/plan.ts';
import type { Write } from '../domain/write.ts';
import type { Brake } from './brake.ts';
import type { Deadline } from './deadline.ts';
import type { Pace } from './pace.ts';
import type { Job, PlannedCluster } from './planned.ts';
import type { CastAi } from './ports.ts';
import type { Preparation } from './prepare.ts';
import { inSequence } from './sequence.ts';

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
