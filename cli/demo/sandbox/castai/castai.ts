import { randomUUID } from 'node:crypto';
import { type Answer, jsonAnswer, type SandboxRequest, type Service } from '../http/exchange.ts';
import {
  type Addition,
  parseAddition,
  parseListQuery,
  parseNoQuery,
  parseRemoval,
  Refusal,
  type Removal,
  withoutDefaults,
} from './castai-requests.ts';
import {
  type BlacklistEntry,
  type CastAiSwitches,
  type Cluster,
  DEFAULT_SWITCHES,
  FAKE_API_KEY,
  grantedExpiry,
  makeCluster,
  sameKey,
} from './castai-state.ts';
import { type AvailableType, evaluate, typesOfFeed } from './instance-types.ts';
import { Inventory } from './inventory.ts';
import { RateLimiter } from './rate-limiter.ts';

/** What takes a query; each parses it itself. */
const WITH_QUERY: ReadonlySet<SandboxRequest['route']> = new Set(['list', 'templates', 'nodes', 'filter']);

/** Options of a {@link CastAi}, including the switches of {@link CastAiSwitches}. */
export interface CastAiOptions extends Partial<CastAiSwitches> {
  /** The region of the initial cluster. */
  readonly region: string;
  /** The clock that expiries are measured by, in milliseconds since the epoch. */
  readonly now: () => number;
  /** The feed, whose types are those that CAST AI knows. */
  readonly feed: () => unknown;
}

/**
 * The part of CAST AI that this project calls: one organization, its clusters, one blacklist. Tests may change every
 * public property at any time, even during a run.
 */
export class CastAi implements Service {
  apiKey = FAKE_API_KEY;
  readonly organizationId = randomUUID();
  /** The whole blacklist: every cluster's entries, in the order in which they were added. */
  entries: BlacklistEntry[] = [];
  clusters: Cluster[];
  readonly inventory = new Inventory();
  readonly switches: CastAiSwitches;
  readonly #now: () => number;
  readonly #feed: () => unknown;
  /** The list before each write, and the time of that write, if the list lags. */
  #past: { entries: readonly BlacklistEntry[]; until: number }[] = [];
  readonly #rateLimiter = new RateLimiter();

  constructor({ region, now, feed, ...switches }: CastAiOptions) {
    this.#now = now;
    this.#feed = feed;
    this.switches = { ...DEFAULT_SWITCHES, ...switches };
    this.clusters = [makeCluster(region, { organizationId: this.organizationId })];
  }

  /** Adds an entry as another owner would: no expiry and all lifecycles by default. */
  seed(entry: Partial<BlacklistEntry>): BlacklistEntry {
    const seeded: BlacklistEntry = {
      organizationId: this.organizationId,
      clusterId: this.clusters[0]?.id ?? null,
      disabledAt: new Date(this.#now()).toISOString(),
      expiresAt: null,
      instanceFamily: null,
      instanceType: null,
      reason: '',
      lifecycle: 'all',
      ...entry,
    };
    this.entries.push(seeded);
    return seeded;
  }

  /** The live entries that block a type or family. */
  liveEntries(): BlacklistEntry[] {
    return this.entries.filter((entry) => this.#isLive(entry));
  }

  answer(request: SandboxRequest): Answer {
    try {
      this.#admit(request);
      const body = this.#handle(request);
      return withRequestId(jsonAnswer(200, this.switches.omitDefaults ? withoutDefaults(body) : body));
    } catch (error) {
      if (error instanceof Refusal) return this.#refuse(request, error);
      throw error;
    }
  }

  fail(request: SandboxRequest, status: number): Answer {
    return this.#refuse(request, new Refusal(status, 'a fault of the sandbox'));
  }

  #refuse(request: SandboxRequest, { status, message, fieldViolations, headers }: Refusal): Answer {
    const key = this.switches.echoKeyInErrors ? ` (key: ${request.headers['x-api-key'] ?? 'none'})` : '';
    return withRequestId(jsonAnswer(status, { message: `${message}${key}`, fieldViolations }, headers));
  }

  /** The checks that every request must pass. */
  #admit(request: SandboxRequest): void {
    if (request.headers['x-api-key'] !== this.apiKey) throw new Refusal(401, 'unauthorized');
    const organizationId = request.headers['x-castai-organization-id'];
    // An odd choice, but what the real API was observed to do.
    if (organizationId !== undefined && organizationId !== this.organizationId)
      throw new Refusal(500, 'internal server error');
    this.#rateLimiter.admit(this.switches.rateLimit);
  }

  #handle(request: SandboxRequest): unknown {
    if (!WITH_QUERY.has(request.route)) parseNoQuery(request.query);
    switch (request.route) {
      case 'clusters':
        return { items: this.#readClusters() };
      case 'cluster':
        return this.#cluster(request.path.slice(request.path.lastIndexOf('/') + 1));
      case 'list':
        return { items: this.#list(request.query) };
      case 'add':
        return this.#add(parseAddition(request.body, this.#now()));
      case 'remove':
        return this.#remove(parseRemoval(request.body));
      case 'templates':
      case 'nodes':
      case 'policies':
        return this.#readInventory(request);
      case 'filter':
        return this.#filter(request);
      default:
        throw new Refusal(404, 'not found');
    }
  }

  #readInventory(request: SandboxRequest): unknown {
    this.#clusterIn(request);
    return this.inventory.answer(request);
  }

  #clusterIn({ route, path }: SandboxRequest): Cluster {
    if (!this.switches.keyMayReadInventory) throw new Refusal(403, `permission denied: ${route}`);
    const [, id] = /clusters\/([^/]+)\//.exec(path) ?? [];
    const cluster = this.clusters.find((one) => one.id === id);
    if (cluster === undefined) throw new Refusal(404, 'cluster not found');
    return cluster;
  }

  #filter(request: SandboxRequest): unknown {
    const { id, region } = this.#clusterIn(request);
    const isOff = ({ name, family }: AvailableType) =>
      this.switches.filterHeedsBlacklist &&
      this.liveEntries().some(
        ({ clusterId, instanceType, instanceFamily }) =>
          (clusterId ?? id) === id && (instanceType === name || instanceFamily === family),
      );
    return { availableInstanceTypes: evaluate(request, typesOfFeed(this.#feed(), region.name), isOff) };
  }

  #readClusters(): Cluster[] {
    if (!this.switches.keyMayReadClusters) throw new Refusal(403, 'permission denied: clusters');
    return this.clusters;
  }

  /** Also finds clusters of other organizations: a key may belong to several. */
  #cluster(id: string): Cluster {
    const cluster = this.#readClusters().find((one) => one.id === id);
    if (cluster === undefined) throw new Refusal(404, 'cluster not found');
    return cluster;
  }

  #list(query: SandboxRequest['query']): unknown[] {
    const { organizationId, clusterId } = parseListQuery(query);
    this.#checkScope(organizationId, clusterId);
    const { listExpired, clusterQueryIncludesOrganization } = this.switches;
    return this.#listed()
      .filter((entry) => listExpired || this.#isLive(entry))
      .filter(
        (entry) =>
          clusterId === undefined ||
          entry.clusterId === clusterId ||
          (entry.clusterId === null && clusterQueryIncludesOrganization),
      )
      .map((entry) => this.#shown(entry));
  }

  /** The entries as the list shows them, possibly outdated. */
  #listed(): readonly BlacklistEntry[] {
    const asOf = performance.now() - this.switches.listLagMs;
    return this.#past.find(({ until }) => until > asOf)?.entries ?? this.entries;
  }

  #change(entries: BlacklistEntry[]): void {
    if (this.switches.listLagMs > 0) this.#past.push({ entries: this.entries, until: performance.now() });
    this.entries = entries;
  }

  #add(request: Addition): unknown {
    this.#checkWrite(request);
    const { alterReason, storeLifecycle, expiredRowsConflict } = this.switches;
    const added: BlacklistEntry = {
      ...request,
      reason: alterReason?.(request.reason) ?? request.reason,
      lifecycle: storeLifecycle ?? request.lifecycle,
      organizationId: this.organizationId,
      disabledAt: new Date(this.#now()).toISOString(),
      expiresAt: grantedExpiry(request.expiresAt, this.#now(), this.switches),
    };
    const index = this.entries.findIndex(
      (entry) => sameKey(entry, added) && (this.#isLive(entry) || expiredRowsConflict),
    );
    const entry = this.#store(added, index);
    return { id: randomUUID(), ...this.#shown(entry) };
  }

  /** Returns what the list contains for `added`, whose live duplicate, if any, is at `index`. */
  #store(added: BlacklistEntry, index: number): BlacklistEntry {
    const existing = this.entries[index];
    if (existing !== undefined) {
      switch (this.switches.onAddExisting) {
        case 'conflict':
          throw new Refusal(409, 'already blacklisted');
        case 'ignore':
          return existing;
        case 'extend':
          this.#change(this.entries.with(index, added));
          return added;
        case 'duplicate':
      }
    }
    this.#change([...this.entries, added]);
    return added;
  }

  #remove(request: Removal): unknown {
    this.#checkWrite(request);
    const key = { ...request, organizationId: this.organizationId };
    this.#change(this.entries.filter((entry) => !sameKey(entry, key)));
    return {};
  }

  #checkWrite({ organizationId, clusterId }: Removal): void {
    if (!this.switches.keyMayWrite) throw new Refusal(403, 'permission denied: blacklist');
    this.#checkScope(organizationId, clusterId);
  }

  #checkScope(organizationId?: string | null, clusterId?: string | null): void {
    if ((organizationId ?? this.organizationId) !== this.organizationId)
      throw new Refusal(403, 'permission denied: organization');
    if (clusterId != null && !this.clusters.some((one) => one.id === clusterId))
      throw new Refusal(404, 'cluster not found');
  }

  #isLive(entry: BlacklistEntry): boolean {
    return entry.expiresAt === null || Date.parse(entry.expiresAt) > this.#now();
  }

  #shown(entry: BlacklistEntry): Partial<BlacklistEntry> {
    const { reason, ...rest } = entry;
    return this.switches.echoReason ? entry : rest;
  }
}

function withRequestId(answer: Answer): Answer {
  return { ...answer, headers: { ...answer.headers, 'x-castai-request-id': randomUUID() } };
}
