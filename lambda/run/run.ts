import pLimit from 'p-limit';
import type { Settings } from '../settings/settings.ts';
import { act } from './act.ts';
import { conclude, type Done, type RunOutcome } from './conclude.ts';
import { type Plans, planClusters, withholdAdditions } from './plan-clusters.ts';
import { isPlanned, type PlannedCluster } from './planned.ts';
import type { RunPorts } from './ports.ts';
import { type Preparation, prepare } from './prepare.ts';
import { verify } from './verify.ts';

/**
 * Reads, decides, acts, verifies and reports, once, for one target.
 *
 * @throws {SpotBlacklistError} if the run cannot start; nothing was written
 */
export async function run(settings: Settings, ports: RunPorts): Promise<RunOutcome> {
  return runPrepared(await prepare(settings, ports));
}

/** A run from the lists on. @throws {SpotBlacklistError} if it cannot start; nothing was written */
export async function runPrepared(preparation: Preparation): Promise<RunOutcome> {
  const plans = withholdAdditions(await planClusters(preparation));
  const done = await carryOut(preparation, plans);
  return conclude(preparation, plans, done);
}

/** Acts and verifies, unless it is a dry run or the plans are not approved. */
async function carryOut(preparation: Preparation, plans: Plans): Promise<Map<PlannedCluster, Done>> {
  const { settings, ports } = preparation;
  const planned = plans.clusters.filter(isPlanned);
  const all = (how: Done) => new Map(planned.map((cluster) => [cluster, how]));
  if (settings.dryRun) return all('dry');
  if (ports.approve !== undefined) {
    const { result } = conclude(preparation, plans, all('dry'));
    if (!(await ports.approve(result))) return all('not approved');
  }
  const written = await act(preparation, planned);
  // A large fleet's lists, one by one, would take longer than Lambda leaves after the last write.
  const done = await pLimit(settings.batchSize).map(written, async ([cluster, writes]) => {
    return [cluster, await verify(preparation, cluster, writes)] as const;
  });
  return new Map<PlannedCluster, Done>(done);
}
