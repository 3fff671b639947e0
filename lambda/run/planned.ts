import type { Decision } from '../domain/decision.ts';
import type { SpotBlacklistError } from '../domain/errors.ts';
import type { Template } from '../domain/instance-types/template.ts';
import type { ClusterState, Plan } from '../domain/plan.ts';

/** A cluster that a run manages. */
export interface SelectedCluster {
  readonly id: string;
  /** Null if the key may not read clusters. */
  readonly name: string | null;
  /** The AWS region to look up in the feed; null if neither the settings nor CAST AI provide it. */
  readonly region: string | null;
  /** Why the blacklist may have no effect there: sentences for the user. None if the key may not read clusters. */
  readonly doubts: readonly string[];
}

/** What is known about a cluster besides its blacklist. */
export interface ClusterFacts {
  /** The templates that may buy Spot; null if unknown. */
  readonly templates: readonly Template[] | null;
  /** Why nothing new may be added, for the user: the templates cannot be read for the moment. Null if it may. */
  readonly problem: string | null;
  /** The number of running Spot nodes by type; null if unknown. */
  readonly spotNodes: ReadonlyMap<string, number> | null;
  /** Sentences about what is unknown, and about whether the blacklist has an effect. */
  readonly warnings: readonly string[];
}

/** A cluster with its plan, complete before the first write to any cluster. */
export interface PlannedCluster {
  readonly cluster: SelectedCluster;
  readonly state: ClusterState;
  /** Includes the warnings about what is unknown about the cluster. */
  readonly plan: Plan;
  readonly facts: ClusterFacts;
}

/** A decision that has to be written, and where. */
export interface PendingWrite {
  readonly planned: PlannedCluster;
  readonly decision: Decision;
}

/** A cluster without a plan. */
export interface UnplannedCluster {
  readonly cluster: SelectedCluster;
  readonly plan: null;
  readonly status: 'failed' | 'deferred';
  /** For the user. */
  readonly problem: string;
  /** Null if its turn did not come. */
  readonly error: SpotBlacklistError | null;
}

/** Sorts clusters by region and name, so that two equal runs give equal results. */
export function inReportOrder<T extends { readonly cluster: SelectedCluster }>(clusters: readonly T[]): T[] {
  const place = ({ cluster: { region, name, id } }: T) => JSON.stringify([region, name, id]);
  return clusters.toSorted((a, b) => (place(a) < place(b) ? -1 : 1));
}

/** @returns whether there is a plan for a cluster */
export function isPlanned(cluster: PlannedCluster | UnplannedCluster): cluster is PlannedCluster {
  return cluster.plan !== null;
}
