import { randomUUID } from 'node:crypto';
import { type Sandbox, startSandbox } from '../sandbox/sandbox.ts';

const HOUR = 3_600_000;

/** Own entries of `default`, until so many hours from now: fresh ones are kept, old ones renewed, calm ones lapse. */
const OWN: Readonly<Record<string, number>> = {
  'm5ad.2xlarge': 4.5,
  'm6i.2xlarge': 4.5,
  'r5d.xlarge': 1,
  'r5d.2xlarge': 1,
  'r8gn.16xlarge': 2,
  'c7gn.4xlarge': 2,
};

/**
 * A cluster in the middle of its life: entries of this target, some by hand, one family shut out for the whole
 * organization. What `SCENE_FLAGS` decide about it has every action but `release` and `remove`.
 */
export async function startScene(): Promise<Sandbox> {
  const sandbox = await startSandbox();
  const { castai, feed } = sandbox;
  feed.lastModified = new Date();
  const [cluster] = castai.clusters;
  if (cluster !== undefined) castai.clusters = [{ ...cluster, name: 'production' }];
  for (const [instanceType, hours] of Object.entries(OWN)) {
    const expiresAt = new Date(Date.now() + hours * HOUR).toISOString();
    const reason = "spot-blacklist/default: AWS's band is >20%, above the tolerated 20%";
    castai.seed({ instanceType, lifecycle: 'spot', expiresAt, reason });
  }
  castai.seed({ instanceFamily: 'g5g', reason: 'no driver for it yet', clusterId: null });
  castai.seed({ instanceType: 'c5d.9xlarge', lifecycle: 'spot', reason: 'ran out on Tuesday' });
  return sandbox;
}

/** Adds clusters to a scene, named by numbers from 0; in each third, from 1, somebody has blacklisted a family by hand. */
export function growFleet({ castai }: Sandbox, clusters: number): void {
  const [first] = castai.clusters;
  if (first === undefined) throw new Error('no cluster');
  castai.clusters = Array.from({ length: clusters }, (_, index) => {
    return { ...first, id: index === 0 ? first.id : randomUUID(), name: `production-${index}` };
  });
  for (const [index, { id }] of castai.clusters.entries())
    if (index % 3 === 1) castai.seed({ clusterId: id, instanceFamily: 'm5', lifecycle: 'spot' });
}

export const SCENE_FLAGS = [
  '--os',
  'Linux',
  '--interruption-threshold',
  '20',
  '--never-blacklist',
  'm7g.*,r7g.*',
];
