import type { Placement } from '../domain/decision.ts';
import { type SpotBlacklistError, toSafeError } from '../domain/errors.ts';
import type { Write } from '../domain/write.ts';
import { send, sendAll } from './act.ts';
import type { Job, PlannedCluster } from './planned.ts';
import type { Preparation } from './prepare.ts';

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
