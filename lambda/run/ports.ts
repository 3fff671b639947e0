import type { Entry } from '../domain/blacklist/blacklist.ts';
import type { Decision } from '../domain/decision.ts';
import type { Feed } from '../domain/instance-types/spot-type.ts';
import type { Template } from '../domain/instance-types/template.ts';
import type { OwnDay, OwnFiguresByRegion } from '../domain/own-evidence/evidence.ts';
import type { RunResult } from '../report/result.ts';
import type { Deadline } from './deadline.ts';

/*
 * What a run needs from outside. The folders castai, aws and spot-advisor are its adapters.
 */

/** What the secret holds. */
export interface Credentials {
  readonly apiKey: string;
  readonly organizationId: string;
  /** The cluster to manage, or null for every EKS cluster of the organization. */
  readonly clusterId: string | null;
}

/** A cluster, as CAST AI describes it. */
export interface Cluster {
  readonly id: string;
  readonly name: string | null;
  readonly organizationId: string | null;
  /** In lower case: `eks` for clusters that this project manages. */
  readonly providerType: string | null;
  /** In lower case. */
  readonly status: string | null;
  /** In lower case. */
  readonly region: string | null;
  readonly deleted: boolean;
  /** Why the blacklist may have no effect there: sentences for the user. */
  readonly doubts: readonly string[];
}

/** The node templates of a cluster, as far as they matter here. */
export interface TemplateList {
  /** Those that are enabled and may buy Spot; empty if none may. */
  readonly templates: readonly Template[];
  /** What is not understood, and therefore ignored: `gpu (minCpu, os)`. */
  readonly problems: readonly string[];
  /** The names of the templates whose numbers of Spot and fallback nodes cannot be read. */
  readonly uncounted: readonly string[];
}

/** The Spot nodes of a cluster. */
export interface SpotNodes {
  /** The number of running nodes by instance type. */
  readonly nodes: ReadonlyMap<string, number>;
  /** The number of further nodes, whose type cannot be read. */
  readonly withoutType: number;
}

/** A node that was bought on-demand because Spot was short. */
export interface FallbackNode {
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
}

/** The reads of a cluster besides its blacklist. */
export interface ClusterReads {
  listTemplates(clusterId: string, signal?: AbortSignal): Promise<TemplateList>;
  countSpotNodes(clusterId: string, signal?: AbortSignal): Promise<SpotNodes>;
  /** @returns those whose name and age can be read */
  listFallbackNodes(clusterId: string, signal?: AbortSignal): Promise<readonly FallbackNode[]>;
  /** @returns why the autoscaler's policies leave the blacklist without effect: sentences for the user */
  readAutoscaler(clusterId: string, signal?: AbortSignal): Promise<readonly string[]>;
}

/** When entries end, by their key (`keyOf`): milliseconds since 1970, or Infinity. */
export type EntryEnds = ReadonlyMap<string, number>;

/** What the organization's list says. It holds every cluster's entries too, but those are too many to keep as a whole. */
export interface OrganizationList {
  /** The organization-wide entries. */
  readonly shared: readonly Entry[];
  /** The clusters' entries, by the cluster's id in lower case. */
  readonly ofClusters: ReadonlyMap<string, EntryEnds>;
}

/** The entries that this project writes: one cluster, one type, Spot only, always with an expiry. */
export interface NewEntry {
  readonly clusterId: string;
  readonly instanceType: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
  readonly reason: string;
}

/** The CAST AI API as this project calls it. Every method throws CastAiError or CastAiAuthError. */
export interface CastAi {
  /** The entries that affect one cluster, including expired ones if the API lists them. */
  listEntries(clusterId: string, signal?: AbortSignal): Promise<Entry[]>;
  listOrganization(signal?: AbortSignal): Promise<OrganizationList>;
  /** Adds an entry, or adds it again. A key that already exists (409) counts as added: verify by listing. */
  add(entry: NewEntry, signal?: AbortSignal): Promise<void>;
  /** Removes every entry of this cluster, type and lifecycle `spot`, whoever wrote it. */
  remove(key: Pick<NewEntry, 'clusterId' | 'instanceType'>, signal?: AbortSignal): Promise<void>;
  /** @returns null if the organization has no such cluster */
  getCluster(clusterId: string, signal?: AbortSignal): Promise<Cluster | null>;
  listClusters(signal?: AbortSignal): Promise<Cluster[]>;
  /** Null if there is no CAST AI to query. */
  readonly reads: ClusterReads | null;
}

/** What a run knew of the account's own machines, so that another one can count the same days. */
export interface KnownEvidence {
  /** The end of the last day that counts, ISO 8601. */
  readonly until: string;
  /** Whether anything was missing that a later reading may have. */
  readonly isLacking: boolean;
  /** Why own interruptions may be missing in the clusters of the round, in words; null if they are not. */
  readonly hidden: string | null;
}

/** Which figures about the account's own Spot machines are wanted. */
export interface OwnFiguresQuery {
  /** Where EC2 Capacity Manager was enabled; null for the region of the AWS configuration. */
  readonly homeRegion: string | null;
  /** Of the machines. */
  readonly regions: readonly string[];
  /** As the feed spells it. */
  readonly os: string;
  /** How many whole days, up to the last one that is over. */
  readonly days: number;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** The end of the last day that may count, milliseconds since 1970; omitted for the last one that is complete. */
  readonly until?: number;
}

/** The account's own figures that can be trusted, if any. */
export interface OwnFiguresReading {
  readonly figures: OwnFiguresByRegion;
  /** The same by day, in any order. */
  readonly days: readonly OwnDay[];
  /** What they cover: milliseconds since 1970. */
  readonly from: number;
  readonly to: number;
  /** What is missing or cannot be trusted, and how to fix that, for the user. */
  readonly warnings: readonly string[];
  /** Whether anything is missing that a later reading may have; omitted if not. */
  readonly isPassing?: boolean;
}

/** Everything that a run needs from outside. */
export interface RunPorts {
  fetchCredentials(secretId: string, deadline: AbortSignal): Promise<Credentials>;
  fetchFeed(url: string, deadline: AbortSignal): Promise<Feed>;
  /** Called only if the settings ask for own evidence. */
  readOwnFigures(query: OwnFiguresQuery, deadline: AbortSignal): Promise<OwnFiguresReading>;
  connectCastAi(baseUrl: string, credentials: Credentials): CastAi;
  /** Milliseconds since 1970. */
  now(): number;
  /** Waits for the given milliseconds, or until the signal is aborted. */
  wait(milliseconds: number, signal: AbortSignal): Promise<void>;
  readonly deadline: Deadline;
  /**
   * Rewrites a plan's warning to show settings as the user gives them; by default as variables: `NEVER_BLACKLIST='m5.*'`.
   */
  readonly asGiven?: (warning: string) => string;
  /** Approves all plans, as a dry run's result, before the first write; with `false`, nothing is written. */
  readonly approve?: (planned: RunResult) => Promise<boolean>;
  /** Called for every write whose request has ended, whatever its outcome. */
  readonly onWritten?: (decision: Decision) => void;
}
