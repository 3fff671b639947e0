import type { Decision } from '../domain/decision.ts';
import type { SpotBlacklistError } from '../domain/errors.ts';
import type { ClusterState, Plan } from '../domain/plan.ts';

/** A cluster that a run works on. */
export interface SelectedCluster {
  readonly id: string;
  /** Null if the key may not read clusters. */
  readonly name: string | null;
  /** The AWS region to look up in the feed; null if neither the settings nor CAST AI say. */
  readonly region: string | null;
}

/** A cluster with its plan, complete before the first write to any cluster. */
export interface PlannedCluster {
  readonly cluster: SelectedCluster;
  readonly state: ClusterState;
  readonly plan: Plan;
}

/** A decision that has to be written, and where. */
export interface Job {
  readonly planned: PlannedCluster;
  readonly decision: Decision;
}

/** A cluster for which there is no plan. */
export interface UnplannedCluster {
  readonly cluster: SelectedCluster;
  readonly plan: null;
  readonly status: 'failed' | 'deferred';
  /** For the user. */
  readonly problem: string;
  /** Null where its turn did not come. */
  readonly error: SpotBlacklistError | null;
}

/** @returns whether there is a plan for a cluster */
export function isPlanned(cluster: PlannedCluster | UnplannedCluster): cluster is PlannedCluster {
  return cluster.plan !== null;
}
