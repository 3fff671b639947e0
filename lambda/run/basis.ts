import { ClusterError, type SpotBlacklistError, toSafeError } from '../domain/errors.ts';
import type { Feed, RegionFeed } from '../domain/instance-types/spot-type.ts';
import { type ClusterState, type Plan, planApply, planClear } from '../domain/plan.ts';
import { DAY, dateOf } from '../domain/words.ts';
import { reportFeed, reportMachines, reportPolicy, reportRegions } from '../report/evidence.ts';
import type { RunResult } from '../report/result.ts';
import type { ApplySettings } from '../settings/settings.ts';
import type { Selection } from './clusters.ts';
import type { OwnEvidenceReading } from './own-evidence.ts';
import type { SelectedCluster } from './planned.ts';
import type { KnownEvidence, RunPorts } from './ports.ts';

/** What the plans of a run are made from. `clear` has none: it must work when nothing else does. */
export interface Basis {
  readonly settings: ApplySettings;
  readonly feed: Feed;
  /** The parts of the feed for the clusters' regions, as far as it has them, with own figures. */
  readonly regions: readonly RegionFeed[];
  /** Null before the account's own figures were read, and where the settings do not ask for them. */
  readonly own: OwnEvidenceReading | null;
}

/**
 * Fetches the feed, once for all clusters, and validates what is possible before any request for a cluster.
 *
 * @throws {FeedError} if it cannot be trusted, or lacks the region of the settings
 */
export async function readBasis(settings: ApplySettings, ports: RunPorts): Promise<Basis> {
  const { spotAdvisorUrl, region, os } = settings;
  const feed = await ports.fetchFeed(spotAdvisorUrl, ports.deadline.reads);
  return { settings, feed, regions: region === null ? [] : [feed.of(region, os)], own: null };
}

/** @returns the basis with the regions of these clusters. A cluster that cannot be planned says so in its own result */
export function withRegionsOf(basis: Basis, clusters: readonly SelectedCluster[]): Basis {
  const regions = new Set(basis.regions);
  for (const cluster of clusters) {
    try {
      regions.add(regionFeed({ ...basis, regions: [...regions] }, cluster));
    } catch {}
  }
  return { ...basis, regions: [...regions] };
}

/** @throws {SpotBlacklistError} if the feed lacks the cluster's region or OS, or cannot be trusted there */
function regionFeed({ settings, feed, regions }: Basis, { id, name, region }: SelectedCluster): RegionFeed {
  if (region === null)
    throw new ClusterError(
      'CLUSTER_REGION_UNKNOWN',
      `CAST AI does not report the region of the cluster ${name ?? id}, so nothing was written. Set REGION.`,
    );
  return regions.find((known) => known.region === region) ?? feed.of(region, settings.os);
}

/**
 * Reads the account's own figures for the regions of the basis, if the settings ask for them. Never fails.
 *
 * @param startedAt when the run, or the one that it is a part of, started, ISO 8601
 * @param known what the larger run knew; null for a run of its own
 */
export async function withOwnEvidence(
  basis: Basis | null,
  { startedAt, known, ports }: { startedAt: string; known: KnownEvidence | null; ports: RunPorts },
): Promise<Basis | null> {
  if (basis === null || basis.settings.ownEvidence === 'off') return basis;
  const { settings, feed, regions } = basis;
  const { readOwnEvidence } = await import('./own-evidence.ts');
  const own = await readOwnEvidence({
    settings,
    feeds: regions,
    regionNames: feed.regions(),
    startedAt: Date.parse(startedAt),
    known,
    ports,
  });
  return { ...basis, regions: own.feeds, own };
}

/** @throws {SpotBlacklistError} if there can be no plan for this cluster */
export function planFor(
  basis: Basis | null,
  cluster: SelectedCluster,
  state: ClusterState,
  { asGiven = (warning) => warning }: Pick<RunPorts, 'asGiven'>,
): Plan {
  if (basis === null) return planClear(state);
  const plan = planApply(regionFeed(basis, cluster), basis.settings.policy, state);
  return { ...plan, warnings: plan.warnings.map(asGiven) };
}

/** @returns what is known of own evidence; null if it does not decide, or was not read */
export function decidingEvidence(basis: Basis | null): KnownEvidence | null {
  return (basis?.settings.ownEvidence === 'decide' && basis.own?.facts) || null;
}

/** @returns the operating system, as spelled in the feed; null if none is needed */
export function osOf(basis: Basis | null): string | null {
  return basis && (basis.regions[0]?.os ?? basis.settings.os);
}

/**
 * @param now milliseconds since 1970
 * @returns sentences about the feed and own evidence, for the user
 */
export function warningsAbout(basis: Basis | null, now: number): string[] {
  return basis === null
    ? []
    : [...warnOfOldFeed(basis.feed.lastModified, now), ...(basis.own?.warnings ?? [])];
}

/** AWS normally publishes a new feed within a few days. */
const MAX_AGE_DAYS = 7;

/**
 * @param lastModified when the feed was published (milliseconds since 1970); null where that is unknown
 * @param now milliseconds since 1970
 * @returns a warning if the feed is so old that its figures may no longer be true; otherwise nothing
 */
export function warnOfOldFeed(lastModified: number | null, now: number): string[] {
  if (lastModified === null || now - lastModified <= MAX_AGE_DAYS * DAY) return [];
  const days = Math.floor((now - lastModified) / DAY);
  return [
    `The Spot Advisor feed was last published on ${dateOf(lastModified)}, ${days} days ago, so this run used old figures. Check SPOT_ADVISOR_URL; if it is AWS's own address, wait for AWS.`,
  ];
}

/**
 * @param isKeptOff whether the plans keep a type off in any cluster of a region
 * @param hidden why interruptions may be missing, in words; null if they are not
 * @returns what the result says of the basis
 */
export function reportBasis(
  basis: Basis | null,
  isKeptOff: (region: string, instanceType: string) => boolean,
  hidden: string | null,
): Pick<RunResult, 'policy' | 'feed' | 'evidence' | 'regions' | 'machines'> {
  if (basis === null) return { policy: null, feed: null, evidence: null, regions: {}, machines: {} };
  const { settings, feed, regions, own } = basis;
  return {
    policy: reportPolicy(settings.policy, feed),
    feed: reportFeed(feed, regions),
    evidence: own?.factsFor(isKeptOff, hidden) ?? null,
    regions: reportRegions(regions),
    machines: reportMachines(regions),
  };
}

/** Errors that concern a cluster's region or OS, not the feed as a whole. */
const PLACE_PROBLEMS = ['UNKNOWN_REGION', 'UNKNOWN_OS', 'CLUSTER_REGION_UNKNOWN'];

/**
 * Skips clusters whose region or OS the feed lacks: they must not fail the rest of the fleet.
 *
 * @throws {SpotBlacklistError} if none remains: every blacklist would expire unnoticed
 */
export function skipUnplannable(selection: Selection, basis: Basis): Selection {
  const judged = selection.clusters.map((cluster) => ({ cluster, problem: placeProblem(basis, cluster) }));
  const clusters = judged.filter(({ problem }) => problem === null).map(({ cluster }) => cluster);
  const [first] = judged.flatMap(({ problem }) => problem ?? []);
  if (clusters.length === 0 && first !== undefined) throw first;
  const skipped = judged.flatMap(({ cluster, problem }) =>
    problem === null ? [] : [{ ...cluster, reason: whyOutside(cluster, problem), isGone: false }],
  );
  return { ...selection, clusters, skipped: [...selection.skipped, ...skipped] };
}

function placeProblem(basis: Basis, cluster: SelectedCluster): SpotBlacklistError | null {
  try {
    regionFeed(basis, cluster);
    return null;
  } catch (thrown) {
    const error = toSafeError(thrown);
    return PLACE_PROBLEMS.includes(error.code) ? error : null;
  }
}

function whyOutside({ region }: SelectedCluster, { code }: SpotBlacklistError): string {
  if (region === null) return 'CAST AI does not report its region';
  return code === 'UNKNOWN_OS'
    ? `the feed does not have this operating system in ${region}`
    : `the feed does not have its region, ${region}`;
}
