import type { RunResult } from '../../lambda/report/result.ts';

/** What must be shown as text, wherever it comes from. */
export const ATTACKS = [
  '<script>window.pwned = 1</script>',
  '"><img src=x onerror="window.pwned = 1">',
  "'><svg onload='window.pwned = 1'>",
  '</title></style></script><b>bold</b>',
  'javascript:window.pwned=1',
] as const;

/** A result in which every text is an attack. */
export function hostileResult(): unknown {
  const all = ATTACKS.join(' ');
  const decisions = ATTACKS.map((attack, index) => ({
    instanceType: `${attack}.${attack}`,
    band: index === 0 ? '>20%' : attack,
    savings: 10 * index,
    action: index === 1 ? attack : 'add',
    reason: all,
    expiresAt: attack,
    outcome: 'failed',
    problem: all,
  }));
  return {
    status: all,
    operation: all,
    dryRun: false,
    startedAt: all,
    target: { name: all, region: all, os: all },
    policy: {
      interruptionThreshold: 20,
      blacklistedBands: ['>20%', all],
      blacklistHours: 5,
      neverBlacklist: [all],
      alwaysBlacklist: [all],
    },
    feed: { types: 5, noEvidence: 0, inNoSize: 0, etag: all, lastModified: all },
    warnings: [all],
    clusters: [1, 2].map(() => ({
      clusterId: all,
      clusterName: all,
      organizationId: all,
      region: all,
      status: all,
      problem: all,
      actions: { add: 5, [all]: 1 },
      outcome: { succeeded: 0, failed: 5, deferred: 0, verified: 0 },
      available: { [all]: { types: 1, families: 1 } },
      unavailable: [all],
      warnings: [all],
      decisions,
    })),
    regions: { [all]: { '>20%': { [all]: 5, 'm5.large': 60 }, __proto__: { 'm5.xlarge': 1 } } },
  };
}

/** A result that is as large as a fleet's. */
export function fleetOf(result: RunResult, clusters: number): RunResult {
  const [first] = result.clusters;
  if (first === undefined) return result;
  const named = Array.from({ length: clusters }, (_, index) => ({
    ...first,
    clusterName: `a-cluster-with-quite-a-long-name-${index}`,
  }));
  return { ...result, clusters: named };
}
