import { randomUUID } from 'node:crypto';
import { type Answer, jsonAnswer, type SandboxRequest, type Service } from '../http/exchange.ts';
import { Inventory } from './inventory.ts';

export type Lifecycle = 'all' | 'spot' | 'on_demand';

/** A refused request. It becomes the response and never leaves the sandbox as an exception. */
export class Refusal extends Error {
  readonly status: number;
  readonly fieldViolations: readonly { readonly field: string; readonly description: string }[];

  constructor(status: number, message: string, fieldViolations: Refusal['fieldViolations'] = []) {
    super(message);
    this.status = status;
    this.fieldViolations = fieldViolations;
  }
}

/** One item of the blacklist, as the list endpoint returns it. */
export interface BlacklistEntry {
  readonly organizationId: string;
  /** `null`: for the whole organization. */
  readonly clusterId: string | null;
  readonly disabledAt: string;
  /** `null`: no expiry. */
  readonly expiresAt: string | null;
  readonly instanceFamily: string | null;
  readonly instanceType: string | null;
  readonly reason: string;
  readonly lifecycle: Lifecycle;
}

/** The key that distinguishes entries; they have no id. */
export type EntryKey = Pick<
  BlacklistEntry,
  'organizationId' | 'clusterId' | 'instanceType' | 'instanceFamily' | 'lifecycle'
>;

export function sameKey(a: EntryKey, b: EntryKey): boolean {
  return (
    a.organizationId === b.organizationId &&
    a.clusterId === b.clusterId &&
    a.instanceType === b.instanceType &&
    a.instanceFamily === b.instanceFamily &&
    a.lifecycle === b.lifecycle
  );
}

/** One cluster, as the clusters endpoints return it. */
export interface Cluster {
  readonly id: string;
  readonly name: string;
  readonly organizationId: string;
  readonly providerType: string;
  readonly status: string;
  readonly agentStatus: string;
  readonly region: { readonly name: string; readonly displayName: string };
  readonly deletedAt?: string;
  /** False if CAST AI only reads it. */
  readonly isPhase2: boolean;
  /** What is installed in it, such as Karpenter. The sandbox does not check it. */
  readonly attributes: unknown;
}

/** Looks like a real key (prefix, 64 characters, 8 characters) to anything that redacts keys, but obviously is none. */
export const FAKE_API_KEY = `castai_v1_${'notarealkey00000'.repeat(4)}_sandbox0`;

/** Returns a cluster that is ready to be managed, with `overrides` applied. */
export function makeCluster(
  region: string,
  overrides: Partial<Cluster> & Pick<Cluster, 'organizationId'>,
): Cluster {
  return {
    id: randomUUID(),
    name: `sandbox-${region}`,
    providerType: 'eks',
    status: 'ready',
    agentStatus: 'online',
    region: { name: region, displayName: region },
    isPhase2: true,
    attributes: {},
    ...overrides,
  };
}

/** The entry that a request adds. */
export type Addition = Pick<BlacklistEntry, 'clusterId' | 'instanceType' | 'instanceFamily'> &
  Pick<BlacklistEntry, 'lifecycle' | 'expiresAt' | 'reason'>;

/** The values of fields that a request omits. */
const UNSET: Addition = {
  ...{ clusterId: null, instanceType: null, instanceFamily: null },
  ...{ lifecycle: 'all', expiresAt: null, reason: '' },
};

/** Options of a {@link CastAi}. */
export interface CastAiOptions {
  /** The region of the initial cluster. */
  readonly region: string;
  /** The clock that expiries are measured by, in milliseconds since the epoch. */
  readonly now: () => number;
}

/** The part of CAST AI that a run calls: one organization, its clusters, one blacklist. */
export class CastAi implements Service {
  apiKey = FAKE_API_KEY;
  readonly organizationId = randomUUID();
  /** The whole blacklist: every cluster's entries, in the order in which they were added. */
  entries: BlacklistEntry[] = [];
  clusters: Cluster[];
  readonly inventory = new Inventory();
  protected readonly now: () => number;

  constructor({ region, now }: CastAiOptions) {
    this.now = now;
    this.clusters = [makeCluster(region, { organizationId: this.organizationId })];
  }

  answer(request: SandboxRequest): Answer {
    try {
      this.admit(request);
      return withRequestId(jsonAnswer(200, this.handle(request)));
    } catch (error) {
      if (error instanceof Refusal) return this.refuse(request, error);
      throw error;
    }
  }

  protected refuse(_request: SandboxRequest, { status, message, fieldViolations }: Refusal): Answer {
    return withRequestId(jsonAnswer(status, { message, fieldViolations }));
  }

  /** The checks that every request must pass. */
  protected admit({ headers }: SandboxRequest): void {
    if (headers['x-api-key'] !== this.apiKey) throw new Refusal(401, 'unauthorized');
    const organizationId = headers['x-castai-organization-id'];
    // An odd status, but the real API was observed to return it.
    if (organizationId !== undefined && organizationId !== this.organizationId)
      throw new Refusal(500, 'internal server error');
  }

  protected handle(request: SandboxRequest): unknown {
    switch (request.route) {
      case 'clusters':
        return { items: this.readClusters() };
      case 'cluster':
        return this.#cluster(request.path.slice(request.path.lastIndexOf('/') + 1));
      case 'list':
        return { items: this.listed(request.query['clusterId']).map((entry) => this.shown(entry)) };
      case 'add':
        return this.#add({ ...UNSET, ...(request.body as Partial<Addition>) });
      case 'remove':
        return this.#remove({ ...UNSET, ...(request.body as Partial<Addition>) });
      case 'templates':
      case 'nodes':
      case 'policies':
        this.clusterIn(request);
        return this.inventory.answer(request);
      default:
        throw new Refusal(404, 'not found');
    }
  }

  protected clusterIn({ path }: SandboxRequest): Cluster {
    const [, id] = /clusters\/([^/]+)\//.exec(path) ?? [];
    const cluster = this.clusters.find((one) => one.id === id);
    if (cluster === undefined) throw new Refusal(404, 'cluster not found');
    return cluster;
  }

  protected readClusters(): Cluster[] {
    return this.clusters;
  }

  /** Also finds clusters of other organizations: a key may belong to several. */
  #cluster(id: string): Cluster {
    const cluster = this.readClusters().find((one) => one.id === id);
    if (cluster === undefined) throw new Refusal(404, 'cluster not found');
    return cluster;
  }

  /** The entries that the list of a cluster has; without one, that of the organization. */
  protected listed(clusterId: string | undefined): readonly BlacklistEntry[] {
    return this.entries.filter(
      (entry) =>
        this.isLive(entry) &&
        (clusterId === undefined || entry.clusterId === clusterId || entry.clusterId === null),
    );
  }

  #add(request: Addition): unknown {
    return { id: randomUUID(), ...this.shown(this.store(this.entryOf(request))) };
  }

  /** The entry that a request describes. */
  protected entryOf(request: Addition): BlacklistEntry {
    const disabledAt = new Date(this.now()).toISOString();
    const expiresAt = request.expiresAt === null ? null : new Date(request.expiresAt).toISOString();
    return { ...request, organizationId: this.organizationId, disabledAt, expiresAt };
  }

  /** Adds an entry in place of its live duplicate, if there is one. Returns the entry that the list then contains. */
  protected store(added: BlacklistEntry): BlacklistEntry {
    const index = this.entries.findIndex((entry) => sameKey(entry, added) && this.isLive(entry));
    this.change(index === -1 ? [...this.entries, added] : this.entries.with(index, added));
    return added;
  }

  protected change(entries: BlacklistEntry[]): void {
    this.entries = entries;
  }

  #remove(request: Addition): unknown {
    const key = { ...request, organizationId: this.organizationId };
    this.change(this.entries.filter((entry) => !sameKey(entry, key)));
    return {};
  }

  protected isLive(entry: BlacklistEntry): boolean {
    return entry.expiresAt === null || Date.parse(entry.expiresAt) > this.now();
  }

  /** An entry as responses contain it. */
  protected shown(entry: BlacklistEntry): Partial<BlacklistEntry> {
    return entry;
  }
}

function withRequestId(answer: Answer): Answer {
  return { ...answer, headers: { ...answer.headers, 'x-castai-request-id': randomUUID() } };
}
