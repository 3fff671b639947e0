import type { Execution } from '../domain/blacklist/write.ts';
import { ACTIONS } from '../domain/decision.ts';
import { CeilingError, RunIncompleteError, type SpotBlacklistError } from '../domain/errors.ts';
import { countOf, shortList } from '../domain/words.ts';
import { reportCluster, reportUntouched } from '../report/cluster-result.ts';
import type { ClusterResult, RunResult } from '../report/result.ts';
import type { Settings } from '../settings/settings.ts';
import { osOf, reportBasis, warningsAbout } from './basis.ts';
import { warnOfOverload } from './capacity.ts';
import type { Selection } from './clusters.ts';
import type { Plans } from './plan-clusters.ts';
import {
  inReportOrder,
  isPlanned,
  type PlannedCluster,
  type SelectedCluster,
  type UnplannedCluster,
} from './planned.ts';
import type { Credentials } from './ports.ts';
import type { Preparation } from './prepare.ts';

/** The outcome of a run. A run that was carried out in part has both a result and an error. */
export interface RunOutcome {
  readonly result: RunResult;
  /** Null if the whole plan was carried out and confirmed. */
  readonly error: SpotBlacklistError | null;
}

/** The outcome of a cluster's plan; only an execution may have written. */
export type Done = Execution | 'dry' | 'not approved';

/** @returns the run's result, and the error that it ends with */
export function conclude(
  { settings, ports, startedAt, credentials, selection, circuitBreaker }: Preparation,
  plans: Plans,
  done: ReadonlyMap<PlannedCluster, Done>,
): RunOutcome {
  const factsOf = ({ id, name, region }: SelectedCluster) => {
    return { clusterId: id, clusterName: name, organizationId: credentials.organizationId, region };
  };
  const resultOf = (planned: PlannedCluster | UnplannedCluster): ClusterResult => {
    const facts = factsOf(planned.cluster);
    if (planned.plan === null) {
      const { status, problem, error } = planned;
      // With a ceiling error, its list was read.
      const uncovered = error instanceof CeilingError && !settings.dryRun ? error.uncovered : null;
      return reportUntouched(facts, status, problem, error, uncovered);
    }
    const how = done.get(planned) ?? 'not approved';
    if (how === 'not approved') return reportUntouched(facts, 'deferred', 'its plan was not approved');
    return reportCluster(facts, planned.plan, how === 'dry' ? null : how);
  };
  const clusters = [
    ...inReportOrder(plans.clusters).map(resultOf),
    ...selection.skipped.map((cluster) => reportUntouched(factsOf(cluster), 'skipped', cluster.reason)),
  ];
  const executions = [...done.values()].filter((how) => typeof how !== 'string');
  const errors = [
    ...plans.clusters.flatMap((planned) => (planned.plan === null ? (planned.error ?? []) : [])),
    ...plans.clusters.flatMap(({ cluster }) => circuitBreaker.stoppedByIn(cluster.id) ?? []),
  ];
  const error = errorOf(clusters, errors, credentials, settings);
  const [only] = selection.clusters;
  const region = settings.region ?? (credentials.clusterId === null ? null : (only?.region ?? null));
  const keptOff = new Set(
    plans.clusters.flatMap(({ cluster, plan }) =>
      (plan?.decisions ?? [])
        .filter(({ action }) => ACTIONS[action].keepsOff)
        .map(({ instanceType }) => `${cluster.region} ${instanceType}`),
    ),
  );
  const result: RunResult = {
    status: error === null ? 'completed' : 'failed',
    operation: settings.operation,
    dryRun: settings.dryRun,
    startedAt,
    target: { name: settings.targetName, region, os: osOf(plans.basis) },
    ...reportBasis(plans.basis, (region, type) => keptOff.has(`${region} ${type}`), plans.hidden),
    warnings: [
      ...warningsAbout(plans.basis, ports.now()),
      ...selection.warnings,
      ...skippedWarning(selection),
      ...plans.warnings,
      ...warnOfOverload(plans.clusters.filter(isPlanned), settings),
      ...capWarning(executions.flatMap(({ longestHours }) => longestHours ?? [])),
    ],
    clusters,
  };
  return { result, error };
}

/** Clusters that no longer exist need no warning: they stay in CAST AI's list for a long time. */
function skippedWarning({ skipped }: Selection): string[] {
  const shown = skipped.filter(({ isGone }) => !isGone);
  if (shown.length === 0) return [];
  const names = shown.map(({ id, name, reason }) => `${name ?? id} (${reason})`);
  return [`Clusters of the fleet were skipped: ${shortList(names)}.`];
}

/** @param caps CAST AI's longest lifetime of entries, in hours, as seen in the clusters' lists */
function capWarning(caps: readonly number[]): string[] {
  if (caps.length === 0) return [];
  return [
    `CAST AI keeps entries for at most ${Math.min(...caps)} h. Set BLACKLIST_HOURS to ${Math.min(...caps)}.`,
  ];
}

/**
 * The longest problem of a cluster in a fleet's error, in characters: no problem of this project is longer, so none is cut.
 */
const LONGEST_PROBLEM = 1_000;

/** The error that a run ends with: its cluster's own, or for a fleet one that names every cluster concerned. */
function errorOf(
  clusters: readonly ClusterResult[],
  errors: readonly SpotBlacklistError[],
  { clusterId }: Credentials,
  { operation }: Pick<Settings, 'operation'>,
): SpotBlacklistError | null {
  const unfinished = clusters.filter(({ status }) => status === 'failed' || status === 'deferred');
  if (unfinished.length === 0) return null;
  const [first] = errors;
  if (clusterId !== null && first !== undefined) return first;
  const names = unfinished.map((cluster) => {
    const problem = cluster.problem?.replace(/\.$/, '').slice(0, LONGEST_PROBLEM) ?? cluster.status;
    return `${cluster.clusterName ?? cluster.clusterId} (${cluster.status}: ${problem})`;
  });
  const rest =
    operation === 'clear'
      ? 'What was removed stays removed; clear again for the rest.'
      : 'What was written remains; the next run starts from a fresh list and does the rest.';
  return new RunIncompleteError(
    `${unfinished.length} of ${countOf(clusters.length, 'cluster')} ${unfinished.length === 1 ? 'is' : 'are'} not finished: ${shortList(names, '; ')}. ${rest}`,
  );
}
