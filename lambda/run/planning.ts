import { ClusterError, type SpotBlacklistError, toSafeError } from '../domain/errors.ts';
import { warnOfOldFeed } from '../domain/feed-age.ts';
import type { RegionFeed } from '../domain/instance-types/spot-type.ts';
import { type ClusterState, type Plan, planApply, planClear } from '../domain/plan.ts';
import { reportFeed, reportMachines, reportPolicy, reportRegions } from '../report/evidence.ts';
import type { RunResult } from '../report/result.ts';
import type { ApplySettings } from '../settings/settings.ts';
import type { Selection } from './clusters.ts';
import type { Learned } from './own-evidence.ts';
import type { SelectedCluster } from './planned.ts';
import type { KnownEvidence, RunPorts } from './ports.ts';

/** How a run makes its plans, and what it reports about that. */
export interface Planner {
  readonly policy: RunResult['policy'];
  /** Sentences about the feed and own evidence, for the user. */
  warnings(): readonly string[];
  /** What is known of own evidence; null if it does not decide, or was not read. */
  known(): KnownEvidence | null;
  /** Tells one feed from another; null if none is needed. */
  feedDigest(): string | null;
  /** Reads the account's own figures for these clusters, if the settings ask for them. Never fails. */
  learn(clusters: readonly SelectedCluster[]): Promise<void>;
  /** @returns the error if a cluster cannot be planned because of its region or OS: unknown, or not in the feed */
  placeProblem(cluster: SelectedCluster): SpotBlacklistError | null;
  /** @throws {SpotBlacklistError} if there can be no plan for this cluster */
  plan(cluster: SelectedCluster, state: ClusterState): Plan;
  /** The operating system, as spelled in the feed; null if none is needed. */
  os(): string | null;
  /** The parts of the feed that were read for plans. */
  facts(): RunResult['feed'];
  /**
   * The account's own figures in those regions; null if they are not asked for.
   *
   * @param judged whether the plans keep a type off in any cluster of a region, and why interruptions may be missing
   */
  evidence(...judged: Parameters<Learned['factsFor']>): RunResult['evidence'];
  /** Every type of those parts of the feed. */
  regions(): Pick<RunResult, 'regions' | 'machines'>;
}

/** `clear` must work when nothing else does, so it needs no feed or policy. */
export const CLEARING: Planner = {
  policy: null,
  warnings: () => [],
  known: () => null,
  feedDigest: () => null,
  learn: async () => {},
  placeProblem: () => null,
  plan: (_, state) => planClear(state),
  os: () => null,
  facts: () => null,
  evidence: () => null,
  regions: () => ({ regions: {}, machines: {} }),
};

/**
 * Fetches the feed, once for all clusters, and validates what is possible before any request for a cluster.
 *
 * @param startedAt when the run, or its round, started: milliseconds since 1970
 * @param round what the round's planner knew of own evidence; undefined for a run of its own
 */
export async function feedPlanner(
  settings: ApplySettings,
  startedAt: number,
  round: KnownEvidence | undefined,
  ports: RunPorts,
): Promise<Planner> {
  const { spotAdvisorUrl, region, os, policy } = settings;
  const feed = await ports.fetchFeed(spotAdvisorUrl, ports.deadline.reads);
  const regions = new Map<string, RegionFeed>();
  const regionFeed = (name: string) => {
    const known = regions.get(name) ?? feed.of(name, os);
    regions.set(name, known);
    return known;
  };
  if (region !== null) regionFeed(region);
  const feedOf = (cluster: SelectedCluster) => {
    if (cluster.region !== null) return regionFeed(cluster.region);
    throw new ClusterError(
      'CLUSTER_REGION_UNKNOWN',
      `CAST AI does not report the region of the cluster ${cluster.name ?? cluster.id}, so nothing was written. Set REGION.`,
    );
  };
  let own: Learned | null = null;
  /** What cannot be planned says so in its cluster's result. */
  const decode = (cluster: SelectedCluster) => {
    try {
      feedOf(cluster);
    } catch {}
  };
  return {
    policy: reportPolicy(policy, feed),
    warnings: () => [...warnOfOldFeed(feed.lastModified, ports.now()), ...(own?.warnings ?? [])],
    known: () => (settings.ownEvidence === 'decide' && own?.facts) || null,
    feedDigest: () => feed.digest,
    async learn(clusters) {
      if (settings.ownEvidence === 'off') return;
      for (const cluster of clusters) decode(cluster);
      const { learn } = await import('./own-evidence.ts');
      own = await learn(settings, [...regions.values()], feed.regions(), startedAt, round, ports);
      for (const one of own.feeds) regions.set(one.region, one);
    },
    placeProblem(cluster) {
      try {
        feedOf(cluster);
        return null;
      } catch (thrown) {
        const error = toSafeError(thrown);
        return PLACE_PROBLEMS.includes(error.code) ? error : null;
      }
    },
    plan(cluster, state) {
      const plan = planApply(feedOf(cluster), policy, state);
      return { ...plan, warnings: plan.warnings.map((warning) => ports.asGiven?.(warning) ?? warning) };
    },
    os: () => [...regions.values()][0]?.os ?? os,
    facts: () => reportFeed(feed, [...regions.values()]),
    evidence: (...judged) => own?.factsFor(...judged) ?? null,
    regions: () => {
      const used = [...regions.values()];
      return { regions: reportRegions(used), machines: reportMachines(used) };
    },
  };
}

/** Errors that concern a cluster's region or OS, not the feed as a whole. */
const PLACE_PROBLEMS = ['UNKNOWN_REGION', 'UNKNOWN_OS', 'CLUSTER_REGION_UNKNOWN'];

/**
 * Skips clusters whose region or OS the feed lacks: they must not fail the rest of the fleet.
 *
 * @throws {SpotBlacklistError} if none remains: every blacklist would expire unnoticed
 */
export function skipUnplannable(selection: Selection, planner: Planner): Selection {
  const judged = selection.clusters.map((cluster) => ({ cluster, problem: planner.placeProblem(cluster) }));
  const clusters = judged.filter(({ problem }) => problem === null).map(({ cluster }) => cluster);
  const [first] = judged.flatMap(({ problem }) => problem ?? []);
  if (clusters.length === 0 && first !== undefined) throw first;
  const skipped = judged.flatMap(({ cluster, problem }) =>
    problem === null ? [] : [{ ...cluster, reason: whyOutside(cluster, problem), isGone: false }],
  );
  return { ...selection, clusters, skipped: [...selection.skipped, ...skipped] };
}

function whyOutside({ region }: SelectedCluster, { code }: SpotBlacklistError): string {
  if (region === null) return 'CAST AI does not report its region';
  return code === 'UNKNOWN_OS'
    ? `the feed does not have this operating system in ${region}`
    : `the feed does not have its region, ${region}`;
}
