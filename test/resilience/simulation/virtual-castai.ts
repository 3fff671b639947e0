import type { Entry } from '../../../lambda/domain/blacklist/blacklist.ts';
import type {
  CastAi,
  Cluster,
  ClusterReads,
  Credentials,
  NewEntry,
  OrganizationList,
} from '../../../lambda/run/ports.ts';
import type { VirtualClock } from '../../support/virtual-clock.ts';

const ORGANIZATION = '33333333-3333-4333-8333-333333333333';

interface Facts {
  readonly clock: VirtualClock;
  /** Milliseconds until an answer. */
  readonly latency: number;
  readonly clusters: number;
  readonly region: string;
  /** Called whenever an entry is to be added, with the time: milliseconds since 1970. */
  readonly onAdd: ((now: number) => void) | undefined;
  /** The types whose time without an entry counts. */
  readonly types: readonly string[];
}

interface Held {
  readonly expiresAt: number;
  readonly reason: string;
  /** When it was covered for the first time, and for how long it has not been since; milliseconds. */
  readonly since: number;
  readonly gaps: number;
}

/** CAST AI with one entry for each key, on a virtual clock; it counts for how long types could be bought. */
export class VirtualCastAi implements CastAi {
  readonly credentials: Credentials = {
    apiKey: 'a'.repeat(64),
    organizationId: ORGANIZATION,
    clusterId: null,
  };
  /** What is known of a cluster beside its list makes no difference here, but takes its time. */
  readonly reads: ClusterReads = {
    listTemplates: async () => {
      await this.#read('templates');
      return { templates: [], problems: [], uncounted: [] };
    },
    countSpotNodes: async () => {
      await this.#read('nodes');
      return { nodes: new Map(), withoutType: 0 };
    },
    listFallbackNodes: async () => {
      await this.#read('fallback nodes');
      return [];
    },
    readAutoscaler: async () => {
      await this.#read('autoscaler');
      return [];
    },
  };
  writes = 0;
  /** How many reads there were of each kind. */
  readonly readCounts = new Map<string, number>();
  /** When every type of every cluster had been covered once; null if that never came. */
  filledAt: number | null = null;
  readonly #facts: Facts;
  readonly #clusters: readonly Cluster[];
  readonly #entries: ReadonlyMap<string, Map<string, Held>>;
  #missing: number;

  constructor(facts: Facts) {
    this.#facts = facts;
    this.#clusters = Array.from({ length: facts.clusters }, (_, index) => ({
      id: `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
      name: `cluster-${index}`,
      organizationId: ORGANIZATION,
      providerType: 'eks',
      status: 'ready',
      region: facts.region,
      deleted: false,
      doubts: [],
    }));
    this.#entries = new Map(this.#clusters.map(({ id }) => [id, new Map()]));
    this.#missing = facts.clusters * facts.types.length;
  }

  get isFilled(): boolean {
    return this.#missing === 0;
  }

  async listEntries(clusterId: string): Promise<Entry[]> {
    await this.#read('list');
    const now = this.#facts.clock.now();
    return [...this.#of(clusterId)]
      .filter(([, { expiresAt }]) => expiresAt > now)
      .map(([instanceType, { expiresAt, reason }]) => ({
        organizationId: ORGANIZATION,
        clusterId,
        instanceType,
        instanceFamily: null,
        lifecycle: 'spot',
        expiresAt,
        reason,
        unclear: null,
      }));
  }

  async listOrganization(): Promise<OrganizationList> {
    await this.#read('organization');
    return { shared: [], ofClusters: new Map() };
  }

  async add({ clusterId, instanceType, expiresAt, reason }: NewEntry): Promise<void> {
    this.#facts.onAdd?.(this.#facts.clock.now());
    await this.#answer();
    const now = this.#facts.clock.now();
    const entries = this.#of(clusterId);
    const held = entries.get(instanceType);
    const gap = Math.max(0, now - (held?.expiresAt ?? now));
    entries.set(instanceType, {
      expiresAt,
      reason,
      since: held?.since ?? now,
      gaps: (held?.gaps ?? 0) + gap,
    });
    this.writes += 1;
    if (held !== undefined) return;
    this.#missing -= 1;
    if (this.isFilled) this.filledAt = now;
  }

  async remove({ clusterId, instanceType }: Parameters<CastAi['remove']>[0]): Promise<void> {
    await this.#answer();
    this.#of(clusterId).delete(instanceType);
    this.writes += 1;
  }

  /** How many entries there are in all clusters. */
  get entries(): number {
    return [...this.#entries.values()].reduce((sum, { size }) => sum + size, 0);
  }

  async getCluster(clusterId: string): Promise<Cluster | null> {
    await this.#read('cluster');
    return this.#clusters.find(({ id }) => id === clusterId) ?? null;
  }

  async listClusters(): Promise<Cluster[]> {
    await this.#read('clusters');
    return [...this.#clusters];
  }

  /** @returns the share of the time since `start` in which types could be bought, of all of it, and from each one's first entry on */
  uncovered(start: number) {
    const now = this.#facts.clock.now();
    const { types } = this.#facts;
    const shares = [...this.#entries.values()].map((entries) => {
      let all = 0;
      let later = 0;
      let laterTime = 0;
      for (const type of types) {
        const held = entries.get(type);
        if (held === undefined) {
          all += now - start;
          continue;
        }
        const gaps = held.gaps + Math.max(0, now - held.expiresAt);
        later += gaps;
        laterTime += now - held.since;
        all += held.since - start + gaps;
      }
      return { all: all / (types.length * (now - start)), later: laterTime === 0 ? 1 : later / laterTime };
    });
    return {
      uncovered: meanAndWorst(shares.map(({ all }) => all)),
      uncoveredLater: meanAndWorst(shares.map(({ later }) => later)),
    };
  }

  #of(clusterId: string): Map<string, Held> {
    const entries = this.#entries.get(clusterId);
    if (entries === undefined) throw new Error('There is no such cluster.');
    return entries;
  }

  #read(kind: string): Promise<void> {
    this.readCounts.set(kind, (this.readCounts.get(kind) ?? 0) + 1);
    return this.#answer();
  }

  #answer(): Promise<void> {
    return this.#facts.clock.wait(this.#facts.latency);
  }
}

function meanAndWorst(shares: readonly number[]) {
  return { mean: shares.reduce((sum, share) => sum + share, 0) / shares.length, worst: Math.max(...shares) };
}
