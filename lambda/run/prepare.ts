import type { Settings } from '../settings/settings.ts';
import { Brake } from './circuit-breaker.ts';
import { type Selection, selectClusters, selectOfFleet } from './clusters.ts';
import { CLEARING, feedPlanner, type Planner, skipUnplannable } from './planning.ts';
import type { CastAi, Credentials, KnownEvidence, OrganizationList, RunPorts } from './ports.ts';
import { Pace } from './rate-limiter.ts';

/** What a run knows before it reads any cluster's list. */
export interface Preparation {
  readonly settings: Settings;
  readonly ports: RunPorts;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly credentials: Credentials;
  readonly castai: CastAi;
  readonly planner: Planner;
  /** What the run that this is a part of knew of own evidence; null for a run of its own. */
  readonly known: KnownEvidence | null;
  /** What is read about each cluster: all facts, or only those that decide. */
  readonly facts: 'all' | 'templates';
  readonly selection: Selection;
  /** Starts the writes at the configured pace. */
  readonly pace: Pace;
  readonly brake: Brake;
  /** Reads the organization's list again, once however often it is called, because it is large. */
  readonly relistOrganization: (signal: AbortSignal) => Promise<OrganizationList>;
}

/** What a run is limited to that is a part of a larger one. */
export interface PartOfRun {
  /** When the larger one started, ISO 8601. */
  readonly startedAt: string;
  /** The only cluster of the fleet; null for all. */
  readonly clusterId: string | null;
  /** What the larger one knew of the account's own machines; omitted where that does not decide. */
  readonly evidence?: KnownEvidence;
}

/**
 * Reads the secret and the feed, and verifies every cluster.
 *
 * @throws {SpotBlacklistError} if any of these fails as a whole
 */
export async function prepare(settings: Settings, ports: RunPorts, part?: PartOfRun): Promise<Preparation> {
  const startedAt = part?.startedAt ?? new Date(ports.now()).toISOString();
  const clusterId = part?.clusterId ?? null;
  const credentials = await ports.fetchCredentials(settings.secretId, ports.deadline.reads);
  const castai = ports.connectCastAi(settings.castaiApiUrl, credentials);
  let relisted: Promise<OrganizationList> | undefined;
  const planner =
    settings.operation === 'apply'
      ? await feedPlanner(settings, Date.parse(startedAt), part?.evidence, ports)
      : CLEARING;
  const selection = await (clusterId === null
    ? selectClusters(castai, credentials, settings, ports.deadline.reads)
    : selectOfFleet(
        castai,
        credentials.clusterId ?? clusterId,
        credentials.organizationId,
        settings,
        ports.deadline.reads,
      ));
  return {
    settings,
    ports,
    startedAt,
    credentials,
    castai,
    planner,
    known: part?.evidence ?? null,
    // Of a part, nobody reads the others.
    facts: clusterId === null ? 'all' : 'templates',
    selection: credentials.clusterId === null ? skipUnplannable(selection, planner) : selection,
    pace: new Pace(settings, ports),
    brake: new Brake(),
    relistOrganization: (signal) => {
      relisted ??= castai.listOrganization(signal);
      return relisted;
    },
  };
}
