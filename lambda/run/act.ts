import type PQueue from 'p-queue';
import { type Decision, isPlacement, isWrite } from '../domain/decision.ts';
import { toSafeError } from '../domain/errors.ts';
import { entryReason } from '../domain/plan.ts';
import type { Write } from '../domain/write.ts';
import type { Brake } from './brake.ts';
import type { Deadline } from './deadline.ts';
import type { PlannedCluster } from './planned.ts';
import type { CastAi } from './ports.ts';
import type { Preparation } from './prepare.ts';

/** A decision to be written, and its cluster. */
export interface Job {
  readonly planned: PlannedCluster;
  readonly decision: Decision;
}

/** What sending needs. */
export interface Sending {
  readonly queue: PQueue;
  readonly deadline: Deadline;
  readonly brake: Brake;
}

/**
 * Carries out all plans, in one sequence over all clusters. A failed request is part of the result.
 *
 * @param planned in the order of writing, each riskiest first
 * @returns the writes of each cluster, in the order of its plan
 */
export async function act(
  { ports, castai, queue, brake }: Preparation,
  planned: readonly PlannedCluster[],
): Promise<ReadonlyMap<PlannedCluster, readonly Write[]>> {
  const jobs = planned.flatMap((cluster) =>
    cluster.plan.decisions.filter(isWrite).map((decision): Job => ({ planned: cluster, decision })),
  );
  const { deadline, onWritten } = ports;
  const writes = await sendAll(jobs, { queue, deadline, brake }, (job) =>
    send(castai, job, deadline.answers).finally(() => onWritten?.(job.decision)),
  );
  const byCluster = Map.groupBy(jobs.keys(), (index) => jobs[index]?.planned);
  return new Map(
    planned.map((cluster) => [
      cluster,
      (byCluster.get(cluster) ?? []).flatMap((index) => writes[index] ?? []),
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
  { queue, deadline, brake }: Sending,
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
  const clusters = new Set(jobs.map(({ planned }) => planned));
  const stops = [deadline.writes, ...(enough ? [enough] : [])];
  const signals = new Map(
    [...clusters].map((planned) => [
      planned,
      AbortSignal.any([...stops, brake.signalFor(planned.cluster.id)]),
    ]),
  );
  return Promise.all(
    jobs.map(async (job): Promise<Write> => {
      let underWay: Promise<Write> | null = null;
      const begin = () => {
        underWay = attempt(job);
        return underWay;
      };
      const signal = signals.get(job.planned);
      // When aborted, the queue drops waiting jobs and no longer waits for those in flight.
      await queue.add(begin, signal && { signal }).catch(() => undefined);
      const stoppedBy = brake.stoppedByIn(job.planned.cluster.id);
      return (await underWay) ?? { decision: job.decision, state: 'unsent', error: stoppedBy };
    }),
  );
}
