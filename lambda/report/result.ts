import type { Execution, Outcome } from '../domain/blacklist/write.ts';
import { ACTION_NAMES, type Action, type Decision, type Policy } from '../domain/decision.ts';
import { CeilingError, type Refusal, type SpotBlacklistError } from '../domain/errors.ts';
import type { Availability } from '../domain/guard-rails/availability.ts';
import type { SizeOutcome } from '../domain/guard-rails/sizes.ts';
import type { MachineClass } from '../domain/instance-types/instance-type.ts';
import type { TemplateOutcome } from '../domain/instance-types/template.ts';
import type { OwnSummary, Verdict } from '../domain/own-evidence/evidence.ts';
import type { RiskyAgainstOthers } from '../domain/own-evidence/signal.ts';
import type { Plan } from '../domain/plan.ts';
import type { Settings } from '../settings/settings.ts';

/**
 * What a result is of: a whole run; or, where each cluster is worked on by itself, one cluster, or at last the fleet, of
 * which nothing is written.
 */
export type RunPart = 'run' | 'cluster' | 'fleet';

/** What the function returns, and `aws lambda invoke` writes to its output file. */
export interface RunResult {
  readonly status: 'completed' | 'failed';
  readonly operation: Settings['operation'];
  readonly dryRun: boolean;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly target: { readonly name: string; readonly region: string | null; readonly os: string | null };
  /** Null for `clear`, which needs none. */
  readonly policy: (Policy & { readonly blacklistedBands: readonly string[] }) | null;
  /** Facts about the feed's types in the run's regions. Null for `clear`. */
  readonly feed: FeedFacts | null;
  /** The account's own figures; null if they are not asked for. */
  readonly evidence: EvidenceFacts | null;
  readonly warnings: readonly string[];
  readonly clusters: readonly ClusterResult[];
  /** The feed's types in the run's regions, calm ones included: region -> band -> type -> savings. */
  readonly regions: Readonly<Record<string, BandedTypes>>;
  /** What the feed says about the size of these types' machines: family -> size -> vCPUs and GiB, null if it does not. */
  readonly machines: Readonly<Record<string, Readonly<Record<string, Machine>>>>;
}

export type Machine = readonly [vcpus: number | null, gibibytes: number | null];

/** The account's own figures about its Spot machines, in the regions of the run. */
export interface EvidenceFacts {
  /** `decide`: they replace AWS's band where there are enough; `report`: they are only shown. */
  readonly mode: 'report' | 'decide';
  /** How many times as often as the others a risky type is interrupted: the setting. */
  readonly ratio: number;
  /** Region -> how much counts scatter more than independent interruptions would: they were divided by it. */
  readonly dispersion: Readonly<Record<string, number>>;
  /** Why interruptions may be missing, so that no type counts as calm, in words; null if they are not. */
  readonly hidden: string | null;
  /** What AWS's bands tell here; null where there is too little. */
  readonly riskyAgainstOthers: RiskyAgainstOthers | null;
  /** What they cover, ISO 8601; null if there are none. */
  readonly from: string | null;
  readonly to: string | null;
  /** Sums over the regions. */
  readonly hours: number;
  readonly interruptions: number;
  /** How many types they call risky although AWS's band does not, and the other way round. */
  readonly riskier: number;
  readonly calmer: number;
  /** By day (`2026-02-13`), oldest first: machine-hours and interrupted machines of types that the plans keep off, and of others. */
  readonly days: readonly {
    readonly day: string;
    readonly keptOff: { readonly hours: number; readonly machines: number };
    readonly others: { readonly hours: number; readonly machines: number };
  }[];
  /** Region -> type -> figures and what they say. */
  readonly regions: Readonly<
    Record<string, Readonly<Record<string, OwnSummary & { readonly verdict: Verdict }>>>
  >;
}

/** The types of one region, by their band: each with its savings over on-demand, in percent. */
export type BandedTypes = Readonly<Record<string, Readonly<Record<string, number>>>>;

export interface FeedFacts {
  readonly types: number;
  readonly noEvidence: number;
  /** Of the ordinary types, neither accelerated nor bare metal, those in none of the common machine sizes. */
  readonly inNoSize: number;
  readonly etag: string | null;
  /** ISO 8601. */
  readonly lastModified: string | null;
}

export interface ClusterResult {
  readonly clusterId: string;
  readonly clusterName: string | null;
  readonly organizationId: string;
  readonly region: string | null;
  /**
   * `completed`: the whole plan was carried out and confirmed, or can wait for the next run. `failed`: some of it was not.
   * `deferred`: time ran out, or its node templates could not be read. `skipped`: the cluster cannot be managed.
   */
  readonly status: 'completed' | 'failed' | 'deferred' | 'skipped';
  /** Why the status is not `completed`, for the user; null if it is. */
  readonly problem: string | null;
  /** Only if the plan was above the ceiling, so that nothing was written. */
  readonly refusal?: Refusal;
  readonly actions: Readonly<Record<Action, number>>;
  readonly outcome: {
    readonly succeeded: number;
    readonly failed: number;
    readonly deferred: number;
    /** Renewals and calm releases for which there was no time, and which can wait for the next run. */
    readonly postponed: number;
    /** How many writes CAST AI's list confirmed afterwards; null if there were none. */
    readonly verified: number | null;
    /** The risky types, except spared ones, left uncovered when the run ended; null in a dry run, or if there is no list. */
    readonly uncovered: number | null;
  };
  /** What stays available as Spot, by machine class; empty if the feed was not read. */
  readonly available: Readonly<Partial<Record<MachineClass, Availability>>>;
  /**
   * The types that cannot be bought because of another owner's entries, although their decision, if any, does not say so:
   * calm or spared.
   */
  readonly unavailable: readonly string[];
  /** The node templates that may buy Spot, and which of their types stay available; null if unknown. */
  readonly templates: readonly TemplateOutcome[] | null;
  /** The number of templates omitted if not all fit. */
  readonly templatesOmitted?: number;
  /** The common machine sizes of which a floor keeps types available, or of which types are missing. */
  readonly sizes: readonly SizeOutcome[];
  /** The number of sizes omitted if not all fit. */
  readonly sizesOmitted?: number;
  /** The running Spot nodes, and those of blacklisted types; null if unknown. */
  readonly nodes: Plan['nodes'];
  /** The number of guard rails that cannot hold, mostly because of other owners' entries. */
  readonly shortfalls: number;
  readonly warnings: readonly string[];
  /** Only of a fleet's result: it is not known whether everything was done; a warning says why. */
  readonly isUnjudged?: true;
  /** Riskiest first. Empty, with `decisionsOmitted`, if a fleet's do not fit into Lambda's response. */
  readonly decisions: readonly DecisionResult[];
  readonly decisionsOmitted?: number;
}

export interface DecisionResult extends Omit<Decision, 'expiresAt'> {
  /** Of a `release`: whether the never list asks for it or a floor needs it. */
  readonly urgent?: boolean;
  /** ISO 8601; null if not blacklisted, or without expiry. */
  readonly expiresAt: string | null;
  /** The outcome, if it was written. */
  readonly outcome?: Outcome['state'];
}

export const isoTime = (time: number | null) => (time === null ? null : new Date(time).toISOString());

const NOTHING_DONE = {
  actions: countActions([]),
  outcome: { succeeded: 0, failed: 0, deferred: 0, postponed: 0, verified: null, uncovered: null },
  available: {},
  unavailable: [],
  templates: null,
  sizes: [],
  nodes: null,
  shortfalls: 0,
  warnings: [],
  decisions: [],
};

type ClusterFacts = Pick<ClusterResult, 'clusterId' | 'clusterName' | 'organizationId' | 'region'>;

/**
 * A cluster without a plan, or whose plan was not carried out.
 *
 * @param error why, if it was an error of this cluster
 * @param uncovered how many risky types nothing keeps off Spot; null if it is not known, or in a dry run
 */
export function reportUntouched(
  cluster: ClusterFacts,
  status: 'failed' | 'deferred' | 'skipped',
  problem: string,
  error: SpotBlacklistError | null = null,
  uncovered: number | null = null,
): ClusterResult {
  const refusal = error instanceof CeilingError && { refusal: error.refusal };
  const outcome = { ...NOTHING_DONE.outcome, uncovered };
  return { ...cluster, status, problem, ...refusal, ...NOTHING_DONE, outcome };
}

/** @param done how the plan was carried out; null in a dry run */
export function reportCluster(cluster: ClusterFacts, plan: Plan, done: Execution | null): ClusterResult {
  const decisions = done?.decisions ?? plan.decisions;
  const outcomes = [...(done?.outcomes ?? []), ...decisions.flatMap(withheld)];
  const written = new Map(outcomes.map((one) => [one.instanceType, one]));
  const count = (state: string) => outcomes.filter((one) => one.state === state).length;
  const outcome = {
    succeeded: count('succeeded'),
    failed: count('failed'),
    deferred: count('deferred'),
    postponed: count('postponed'),
    verified: done?.verified ?? null,
    uncovered: done?.uncovered ?? null,
  };
  const isWithheld = plan.problem !== undefined || outcome.deferred > 0;
  const status = outcome.failed > 0 ? 'failed' : isWithheld ? 'deferred' : 'completed';
  const first = status === 'completed' ? undefined : done?.outcomes.find((one) => one.state === status);
  const unfinished = outcome.failed + outcome.deferred;
  const problems = [
    plan.problem,
    first &&
      `${unfinished} of ${written.size} writes not done; first ${first.instanceType}: ${first.problem}`,
  ];
  return {
    ...cluster,
    status,
    problem: problems.filter(Boolean).join('; ') || null,
    actions: countActions(decisions),
    outcome,
    available: Object.fromEntries(plan.available),
    unavailable: plan.unavailable,
    templates: plan.templates,
    sizes: plan.sizes,
    nodes: plan.nodes,
    shortfalls: plan.shortfalls,
    warnings: [...new Set([...plan.warnings, ...(done?.warnings ?? [])])],
    ...(done?.isUnjudged && { isUnjudged: true }),
    decisions: decisions.map((decision) => {
      const { state, problem } = written.get(decision.instanceType) ?? {};
      return {
        ...decision,
        expiresAt: isoTime(decision.expiresAt),
        ...(state !== undefined && { outcome: state }),
        ...(problem && { problem }),
      };
    }),
  };
}

/** What a run does not write is left to the next one. */
function withheld({ instanceType, problem }: Decision): Outcome[] {
  return problem === undefined ? [] : [{ instanceType, state: 'deferred', problem }];
}

/** @returns the number of decisions by action */
export function countActions(decisions: readonly Pick<Decision, 'action'>[]): Record<Action, number> {
  const counts = Object.fromEntries(ACTION_NAMES.map((action) => [action, 0])) as Record<Action, number>;
  for (const { action } of decisions) counts[action] += 1;
  return counts;
}
