// What the command line says about results. Pure: facts in, text out.
import type { ClusterResult, RunResult } from '../../lambda/report/result.ts';
import { ASSUMED } from '../run/no-castai.ts';
import { viewEvidence } from './evidence-view.ts';
import type { Look } from './types-list.ts';

type Style = Pick<Look, 'style'>;

/**
 * The outcome of a run: the bands that it blacklists, in words, then cluster by cluster. Why a cluster was not done is not
 * repeated.
 *
 * @param error is shown too; and the result's warnings have been
 */
export function viewResult(result: RunResult, look: Style, error: Error | null): string {
  const { policy, warnings, clusters } = result;
  const isSaid = (text: string) => [...warnings, error?.message ?? ''].some((said) => said.includes(text));
  const lines = clusters.flatMap((cluster) => {
    const problem = cluster.problem ?? '';
    if (cluster.status === 'skipped' && isSaid(`${nameOf(cluster)} (${problem})`)) return [];
    return viewCluster(
      isSaid(problem.replace(/\.$/, '')) ? { ...cluster, problem: null } : cluster,
      result,
      look,
    );
  });
  return [...(policy === null ? [] : [viewThreshold(policy)]), ...viewEvidence(result), ...lines].join('\n');
}

function viewThreshold({
  interruptionThreshold,
  blacklistedBands,
}: NonNullable<RunResult['policy']>): string {
  const [first, ...others] = blacklistedBands;
  const bands =
    first === undefined
      ? 'no band'
      : `the band${others.length > 0 ? 's' : ''} ${blacklistedBands.join(', ')}`;
  return `A threshold of ${interruptionThreshold}% makes ${bands} risky.`;
}

function nameOf({ clusterName, clusterId }: Pick<ClusterResult, 'clusterName' | 'clusterId'>): string {
  return clusterName ?? clusterId;
}

/** @returns one line about a cluster's outcome */
export function viewCluster(
  cluster: ClusterResult,
  { dryRun, operation }: Pick<RunResult, 'dryRun' | 'operation'>,
  look: Style,
): string {
  const { succeeded, failed, deferred, postponed, verified } = cluster.outcome;
  const writes = succeeded + failed + deferred + postponed;
  const name = nameOf(cluster);
  const left = cluster.decisions.filter(({ outcome }) => outcome === 'deferred');
  const leftNames = left.slice(0, 5).map(({ instanceType }) => instanceType);
  const mark = cluster.status === 'completed' ? look.style('green', 'Done') : look.style('red', 'Not done');
  if (cluster.status !== 'completed' && (dryRun || writes === 0)) {
    const why = cluster.problem === null ? '.' : `: ${cluster.problem}`;
    return `${cluster.status === 'skipped' ? 'Skipped' : mark}: ${name}${why}`;
  }
  if (cluster.clusterId === ASSUMED.clusterId)
    return `${mark}: a dry run without a cluster; nothing was written.`;
  if (dryRun) return `${mark}: ${name}: a dry run; nothing was written.`;
  if (writes === 0) return `${mark}: ${name}: everything was as it should be; nothing was written.`;
  const counts = [
    `${succeeded} ${operation === 'clear' ? 'removed' : 'written'}, ${verified ?? 0} of them confirmed by CAST AI's list`,
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(deferred > 0 ? [`${deferred} left`] : []),
    ...(postponed > 0 ? [`${postponed} postponed to the next run`] : []),
  ].join(', ');
  const names = left.length === 0 ? '' : ` (${leftNames.join(', ')}${left.length > 5 ? ', …' : ''})`;
  return `${mark}: ${name}: ${counts}${names}.`;
}
