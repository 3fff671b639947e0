import type PQueue from 'p-queue';
import type { Brake } from './brake.ts';
import type { CastAi } from './castai.ts';
import type { Deadline } from './deadline.ts';
import { type Decision, isPlacement, type Placement } from './decision.ts';
import { presentable, type SpotBlacklistError } from './errors.ts';
import { type ClusterState, entryReason } from './plan.ts';

/** What writing needs of the world. */
export interface WritePorts {
  readonly castai: CastAi;
  /** Starts the writes at the agreed pace. */
  readonly queue: PQueue;
  readonly deadline: Deadline;
  /** Shared by all clusters of a run. */
  readonly brake: Brake;
}

/** The writes of one cluster, at the queue's pace, and what went wrong with them. */
export class Attempts {
  readonly #made = new Set<string>();
  readonly #problems = new Map<string, SpotBlacklistError>();
  /** A key that may not write here may write elsewhere: only this cluster's writing stops. */
  readonly #forbidden = new AbortController();
  #forbiddenBy: SpotBlacklistError | null = null;
  readonly #state: ClusterState;
  readonly #ports: WritePorts;

  constructor(state: ClusterState, ports: WritePorts) {
    this.#state = state;
    this.#ports = ports;
  }

  /** What stopped the writing: the key was refused, or CAST AI asked for a longer pause than a run waits for. */
  get stoppedBy(): SpotBlacklistError | null {
    return this.#forbiddenBy ?? this.#ports.brake.stoppedBy;
  }

  /** Whether the request for a decision was sent, and not given up. */
  wasMade({ instanceType }: Decision): boolean {
    return this.#made.has(instanceType);
  }

  /** Whether the request for a decision was sent, and not refused. */
  wasAccepted(decision: Decision): boolean {
    return this.wasMade(decision) && this.problemOf(decision) === null;
  }

  /** Why the request for a decision failed, for people; null if it did not. */
  problemOf({ instanceType }: Decision): string | null {
    return this.#problems.get(instanceType)?.message ?? null;
  }

  /** Sends the decisions' requests in their order, until time runs out, the key is refused, or `enough`. */
  async make<T extends Decision>(
    decisions: readonly T[],
    send: (decision: T) => Promise<void>,
    enough?: AbortSignal,
  ): Promise<void> {
    const { queue, deadline, brake } = this.#ports;
    const stops = [deadline.writes, brake.signal, this.#forbidden.signal, ...(enough ? [enough] : [])];
    const signal = AbortSignal.any(stops);
    const underWay: Promise<void>[] = [];
    const start = async (decision: T) => {
      this.#made.add(decision.instanceType);
      try {
        await send(decision);
      } catch (error) {
        // Given up, whatever came of it: the list tells.
        if (deadline.answers.aborted) this.#made.delete(decision.instanceType);
        this.#note(decision, presentable(error));
      }
    };
    const enqueue = (decision: T) => {
      const begin = () => {
        const request = start(decision);
        underWay.push(request);
        return request;
      };
      return queue.add(begin, { signal });
    };
    // At the signal the queue gives up those whose turn did not come, and no longer waits for those under way.
    await Promise.allSettled(decisions.map(enqueue));
    await Promise.all(underWay);
  }

  /** Sends what a decision asks for. */
  async write(decision: Decision): Promise<void> {
    const signal = this.#ports.deadline.answers;
    await (isPlacement(decision) ? this.#add(decision, signal) : this.#remove(decision, signal));
  }

  /** Removes and adds. After an adding that failed no other type is started. */
  async replace(decisions: readonly Placement[]): Promise<void> {
    const failed = new AbortController();
    const send = async (decision: Placement) => {
      try {
        await this.#replace(decision);
      } catch (error) {
        failed.abort();
        throw error;
      }
    };
    await this.make(decisions, send, failed.signal);
  }

  /**
   * Both take one place in the queue: between them the type is uncovered, so the second does not wait for its turn,
   * follows whatever became of the first, and may take longer.
   */
  async #replace(decision: Placement): Promise<void> {
    await this.#remove(decision, this.#ports.deadline.answers).catch((error: unknown) => {
      this.#note(decision, presentable(error));
    });
    await this.#add(decision, this.#ports.deadline.reads);
  }

  #add(decision: Placement, signal: AbortSignal): Promise<void> {
    const { clusterId, targetName } = this.#state;
    const { instanceType, expiresAt } = decision;
    const reason = entryReason(targetName, decision);
    return this.#ports.castai.add({ clusterId, instanceType, expiresAt, reason }, signal);
  }

  #remove({ instanceType }: Decision, signal: AbortSignal): Promise<void> {
    return this.#ports.castai.remove({ clusterId: this.#state.clusterId, instanceType }, signal);
  }

  #note({ instanceType }: Decision, error: SpotBlacklistError): void {
    this.#problems.set(instanceType, error);
    this.#ports.brake.note(error);
    if (error.code !== 'KEY_FORBIDDEN') return;
    this.#forbiddenBy ??= error;
    this.#forbidden.abort();
  }
}
