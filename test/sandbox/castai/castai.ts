import {
  type Addition,
  type BlacklistEntry,
  CastAi,
  type CastAiOptions,
  type Cluster,
  Refusal,
  sameKey,
} from '../../../cli/demo/sandbox/castai/castai.ts';
import { type ClusterNode, Inventory } from '../../../cli/demo/sandbox/castai/inventory.ts';
import type { Answer, SandboxRequest } from '../../../cli/demo/sandbox/http/exchange.ts';
import { type AvailableType, evaluate, typesOfFeed } from './instance-types.ts';
import { RateLimiter, TooManyRequests } from './rate-limiter.ts';
import { accepted } from './requests.ts';
import { type CastAiSwitches, DEFAULT_SWITCHES, grantedExpiry, withoutDefaults } from './switches.ts';

/** Options of a {@link SwitchableCastAi}, including its switches. */
interface Options extends CastAiOptions, Partial<CastAiSwitches> {
  /** The feed, whose types are those that CAST AI knows. */
  readonly feed: () => unknown;
}

/**
 * CAST AI in each of the ways in which the real one may behave, with its evaluation of templates. Tests may change every
 * public property at any time, even during a run.
 */
export class SwitchableCastAi extends CastAi {
  override readonly inventory = new SwitchableInventory();
  readonly switches: CastAiSwitches;
  readonly #feed: () => unknown;
  /** The list before each write, and the time of that write, if the list lags. */
  #past: { entries: readonly BlacklistEntry[]; until: number }[] = [];
  readonly #rateLimiter = new RateLimiter();

  constructor({ region, now, feed, ...switches }: Options) {
    super({ region, now });
    this.#feed = feed;
    this.switches = { ...DEFAULT_SWITCHES, ...switches };
  }

  /** Adds an entry as another owner would: no expiry and all lifecycles by default. */
  seed(entry: Partial<BlacklistEntry>): BlacklistEntry {
    const seeded: BlacklistEntry = {
      organizationId: this.organizationId,
      clusterId: this.clusters[0]?.id ?? null,
      disabledAt: new Date(this.now()).toISOString(),
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
    return this.entries.filter((entry) => this.isLive(entry));
  }

  /** Answers with this status, and does nothing. */
  fail(request: SandboxRequest, status: number): Answer {
    return this.refuse(request, new Refusal(status, 'a fault of the sandbox'));
  }

  protected override refuse(request: SandboxRequest, refusal: Refusal): Answer {
    const { status, message, fieldViolations } = refusal;
    const key = this.switches.echoKeyInErrors ? ` (key: ${request.headers['x-api-key'] ?? 'none'})` : '';
    const answer = super.refuse(request, new Refusal(status, `${message}${key}`, fieldViolations));
    if (!(refusal instanceof TooManyRequests)) return answer;
    return { ...answer, headers: { ...answer.headers, ...refusal.headers } };
  }

  protected override admit(request: SandboxRequest): void {
    super.admit(request);
    this.#rateLimiter.admit(this.switches.rateLimit);
  }

  protected override handle(request: SandboxRequest): unknown {
    const body = request.route === 'filter' ? this.#filter(request) : super.handle(this.#accepted(request));
    return this.switches.omitDefaults ? withoutDefaults(body) : body;
  }

  protected override clusterIn(request: SandboxRequest): Cluster {
    if (!this.switches.keyMayReadInventory) throw new Refusal(403, `permission denied: ${request.route}`);
    return super.clusterIn(request);
  }

  protected override readClusters(): Cluster[] {
    if (!this.switches.keyMayReadClusters) throw new Refusal(403, 'permission denied: clusters');
    return super.readClusters();
  }

  /** @throws {Refusal} unless the contract and the key allow it */
  #accepted(request: SandboxRequest): SandboxRequest {
    const checked = accepted(request, this.now());
    const isWrite = request.route === 'add' || request.route === 'remove';
    if (!isWrite && request.route !== 'list') return checked;
    if (isWrite && !this.switches.keyMayWrite) throw new Refusal(403, 'permission denied: blacklist');
    const scope = (isWrite ? checked.body : checked.query) as Readonly<Record<string, string | null>>;
    if ((scope['organizationId'] ?? this.organizationId) !== this.organizationId)
      throw new Refusal(403, 'permission denied: organization');
    const clusterId = scope['clusterId'] ?? null;
    if (clusterId !== null && !this.clusters.some(({ id }) => id === clusterId))
      throw new Refusal(404, 'cluster not found');
    return checked;
  }

  #filter(request: SandboxRequest): unknown {
    const { id, region } = this.clusterIn(request);
    const isOff = ({ name, family }: AvailableType) =>
      this.switches.filterHeedsBlacklist &&
      this.liveEntries().some(
        ({ clusterId, instanceType, instanceFamily }) =>
          (clusterId ?? id) === id && (instanceType === name || instanceFamily === family),
      );
    return { availableInstanceTypes: evaluate(request, typesOfFeed(this.#feed(), region.name), isOff) };
  }

  /** Possibly outdated. */
  protected override listed(clusterId: string | undefined): readonly BlacklistEntry[] {
    const { listLagMs, listExpired, clusterQueryIncludesOrganization } = this.switches;
    const asOf = performance.now() - listLagMs;
    const entries = this.#past.find(({ until }) => until > asOf)?.entries ?? this.entries;
    return entries
      .filter((entry) => listExpired || this.isLive(entry))
      .filter(
        (entry) =>
          clusterId === undefined ||
          entry.clusterId === clusterId ||
          (entry.clusterId === null && clusterQueryIncludesOrganization),
      );
  }

  protected override change(entries: BlacklistEntry[]): void {
    if (this.switches.listLagMs > 0) this.#past.push({ entries: this.entries, until: performance.now() });
    super.change(entries);
  }

  protected override entryOf(request: Addition): BlacklistEntry {
    const { alterReason, storeLifecycle } = this.switches;
    return {
      ...super.entryOf(request),
      reason: alterReason?.(request.reason) ?? request.reason,
      lifecycle: storeLifecycle ?? request.lifecycle,
      expiresAt: grantedExpiry(request.expiresAt, this.now(), this.switches),
    };
  }

  protected override store(added: BlacklistEntry): BlacklistEntry {
    const { onAddExisting, expiredRowsConflict } = this.switches;
    const index = this.entries.findIndex(
      (entry) => sameKey(entry, added) && (this.isLive(entry) || expiredRowsConflict),
    );
    const existing = this.entries[index];
    if (existing !== undefined) {
      if (onAddExisting === 'conflict') throw new Refusal(409, 'already blacklisted');
      if (onAddExisting === 'ignore') return existing;
    }
    const isReplaced = existing !== undefined && onAddExisting === 'extend';
    this.change(isReplaced ? this.entries.with(index, added) : [...this.entries, added]);
    return added;
  }

  protected override shown(entry: BlacklistEntry): Partial<BlacklistEntry> {
    const { reason, ...rest } = entry;
    return this.switches.echoReason ? entry : rest;
  }
}

class SwitchableInventory extends Inventory {
  /** Whether the list of nodes leaves out what the query says. */
  filtersNodes = true;

  protected override isListed(node: ClusterNode, query: SandboxRequest['query']): boolean {
    return !this.filtersNodes || super.isListed(node, query);
  }
}
