// A run on what is served of a cluster beside its blacklist.
import { expect } from 'vitest';
import type { FaultRule } from '../../sandbox/http/faults.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import { smallFeed } from '../../support/deployment.ts';
import { runHere, writesSeenBy } from '../../support/run-here.ts';
import { iso, LIFE, MARKER, NOW, startFuzzSandbox } from './fuzz-run.ts';

export const RISKY = ['m5.large', 'm5.xlarge', 'm6g.large', 'm6g.xlarge', 'g5.xlarge', 'g5.2xlarge'];
const FEED = smallFeed({
  ...Object.fromEntries(RISKY.map((type) => [type, 4])),
  'c5.large': 0,
  'c6g.large': 0,
});
/** What every template keeps. */
export const FLOOR = 2;
const SETTINGS = {
  ...{ minTypesPerArchitecture: 0, minFamiliesPerArchitecture: 0 },
  ...{ minTypesPerTemplate: FLOOR, maxBlacklistShare: 1 },
};

/**
 * One run on this answer, and on own entries of these types: it has to be done, or to have added nothing because the
 * templates are not known.
 */
export async function runOn(
  sandbox: Sandbox,
  route: 'templates' | 'nodes' | 'policies',
  body: string,
  own: readonly string[] = [],
  matching: FaultRule['when']['matching'] = () => true,
) {
  sandbox.castai.entries = [];
  sandbox.requests.length = 0;
  for (const instanceType of own)
    sandbox.castai.seed({
      instanceType,
      lifecycle: 'spot',
      reason: `${MARKER}x`,
      expiresAt: iso(NOW + LIFE),
    });
  sandbox.faults.clear();
  const fault = { kind: 'body', body, contentType: 'application/json' } as const;
  sandbox.faults.push({ when: { route, matching }, fault });
  const { result, error } = await runHere(sandbox, {
    settings: SETTINGS,
    now: () => NOW,
    wait: async () => {},
  });
  const [cluster] = result.clusters;
  if (cluster === undefined) throw new Error('no cluster');
  const isHeld = cluster.templates === null;
  expect(error?.code).toBe(isHeld ? 'RUN_INCOMPLETE' : undefined);
  expect(cluster.status).toBe(isHeld ? 'deferred' : 'completed');
  const { add, renew, release } = cluster.actions;
  expect(writesSeenBy(sandbox)).toHaveLength(isHeld ? 0 : add + renew + release);
  expect(JSON.stringify(result)).not.toContain(sandbox.castai.apiKey);
  return cluster;
}

/** A sandbox with the types of these runs. */
export async function startClusterSandbox(): Promise<Sandbox> {
  const sandbox = await startFuzzSandbox();
  sandbox.feed.replace(FEED);
  return sandbox;
}
