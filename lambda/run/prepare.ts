import type { Settings } from '../settings/settings.ts';
import { type Basis, readBasis, skipUnplannable, withRegionsOf } from './basis.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import { type Selection, selectClusters, selectOfFleet } from './clusters.ts';
import type { CastAi, Credentials, KnownEvidence, OrganizationList, RunPorts } from './ports.ts';
import { RateLimiter } from './rate-limiter.ts';

/** What a run knows before it reads any cluster's list. */
export interface Preparation {
  readonly settings: Settings;
  readonly ports: RunPorts;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly credentials: Credentials;
  readonly castai: CastAi;
  /** Null for `clear`. */
  readonly basis: Basis | null;
  /** What the larger run knew of own evidence; null for a run of its own. */
  readonly known: KnownEvidence | null;
  /** What is read about each cluster: all facts, or only those that decide. */
  readonly facts: 'all' | 'templates';
  readonly selection: Selection;
  /** Starts the writes at the configured pace. */
  readonly rateLimiter: RateLimiter;
  readonly circuitBreaker: CircuitBreaker;
  /** Reads the organization's list again: once for all concurrent callers, because it is large. */
  readonly relistOrganization: (signal: AbortSignal) => Promise<OrganizationList>;
}

/** The limits of a run that is part of a larger one. */
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
  const feed = settings.operation === 'apply' ? await readBasis(settings, ports) : null;
  const selection = await (clusterId === null
    ? selectClusters(castai, credentials, settings, ports.deadline.reads)
    : selectOfFleet(
        castai,
        credentials.clusterId ?? clusterId,
        credentials.organizationId,
        settings,
        ports.deadline.reads,
      ));
  const basis = feed && withRegionsOf(feed, selection.clusters);
  const isFleet = credentials.clusterId === null;
  return {
    settings,
    ports,
    startedAt,
    credentials,
    castai,
    basis,
    known: part?.evidence ?? null,
    // A cluster's job does not report the others.
    facts: clusterId === null ? 'all' : 'templates',
    selection: isFleet && basis !== null ? skipUnplannable(selection, basis) : selection,
    rateLimiter: new RateLimiter(settings, ports),
    circuitBreaker: new CircuitBreaker(),
    relistOrganization: (signal) => {
      relisted ??= castai.listOrganization(signal).finally(() => {
        relisted = undefined;
      });
      return relisted;
    },
  };
}
