import * as v from 'valibot';
import type { Outcome } from '../domain/blacklist/write.ts';
import type { Action } from '../domain/decision.ts';
import type { Architecture, MachineClass } from '../domain/instance-types/instance-type.ts';
import type { Verdict } from '../domain/own-evidence/evidence.ts';
import type { Settings } from '../settings/settings.ts';

/*
 * The result: what the function returns, and `aws lambda invoke` writes to its output file. The command line reads files
 * with the same schema. They may be of another version: unknown words are accepted, and fields that are not essential have
 * a fallback.
 */

const text = v.string();
const textOrNull = v.fallback(v.nullable(text), null);
const texts = v.fallback(v.array(text), []);
const count = v.pipe(v.number(), v.finite());
const countOr0 = v.fallback(count, 0);
const countOrNull = v.nullable(count);
const flag = v.fallback(v.boolean(), false);

/** A text that this version knows. */
const isText = (word: unknown) => typeof word === 'string';

/** Over on-demand, in percent; clamped to what can be drawn, not rejected: the feed guarantees no limits. */
const savings = v.pipe(
  count,
  v.transform((percent) => Math.min(Math.max(percent, -1000), 100)),
);

const ownFigures = {
  hours: count,
  interruptions: count,
  /** Interrupted machines; omitted if each interruption took one. */
  machines: v.exactOptional(count),
  /** Against the account's other machines: see `OwnSummary`. */
  ratio: v.fallback(countOrNull, null),
};

const decision = v.object({
  instanceType: text,
  /** The label; null if the feed lacks the type, or was not read. */
  band: textOrNull,
  savings: v.fallback(v.nullable(savings), null),
  action: v.custom<Action>(isText),
  /** Of a `release`: whether the never list asks for it or a floor needs it. */
  urgent: v.exactOptional(v.boolean(), false),
  /** Why, for the user. */
  reason: v.fallback(text, ''),
  /** What makes the type risky, where it is neither AWS's band nor the always list. */
  cause: v.exactOptional(v.custom<'own evidence'>(isText)),
  /** ISO 8601; null if not blacklisted, or without expiry. */
  expiresAt: textOrNull,
  /** The outcome, if it was written. */
  outcome: v.exactOptional(v.custom<Outcome['state']>(isText)),
  /** Why it was not, for the user. */
  problem: v.exactOptional(text),
  /** What happened to the account's own machines of the type; omitted if that is unknown. */
  own: v.exactOptional(v.object(ownFigures)),
  /** The cluster's Spot nodes of the type; omitted if there are none, or if it is unknown. */
  nodes: v.exactOptional(count, 0),
});

/** A node template that may buy Spot, and which of its types stay available: see `TemplateOutcome`. */
const template = v.pipe(
  v.object({
    name: text,
    allowed: count,
    /** Missing in files of versions that did not distinguish it. */
    sure: v.fallback(count, Number.NaN),
    available: count,
    spared: count,
    floor: countOr0,
    /** Its Spot and fallback nodes; null if they are unknown. */
    fallback: v.fallback(v.nullable(v.object({ spot: count, fallback: count })), null),
    fallsBackToOnDemand: flag,
    /** Of many templates in a fleet's result that does not fit, omitted. */
    families: v.exactOptional(texts, []),
    unjudged: texts,
  }),
  v.transform((one) => ({ ...one, sure: Number.isNaN(one.sure) ? one.allowed : one.sure })),
);

/** A common machine size, and how many of its types stay available: see `SizeOutcome`. */
const size = v.object({
  architecture: v.custom<Architecture>(isText),
  vcpus: count,
  gibPerVcpu: count,
  types: count,
  available: count,
  floor: count,
});

const cluster = v.object({
  clusterId: text,
  clusterName: textOrNull,
  organizationId: v.fallback(text, ''),
  region: textOrNull,
  /**
   * `completed`: the whole plan was carried out and confirmed, or can wait for the next run. `failed`: some of it was not.
   * `deferred`: time ran out, or its node templates could not be read. `skipped`: the cluster cannot be managed.
   */
  status: v.custom<'completed' | 'failed' | 'deferred' | 'skipped'>(isText),
  /** Why the status is not `completed`, for the user; null if it is. */
  problem: textOrNull,
  /** Only if the plan was above the ceiling, so that nothing was written. */
  refusal: v.exactOptional(v.object({ types: count, of: count, ceiling: count })),
  actions: v.custom<Readonly<Record<Action, number>>>((value) => v.is(v.record(text, count), value)),
  outcome: v.object({
    succeeded: count,
    failed: count,
    deferred: count,
    /** Renewals and calm releases for which there was no time, and which can wait for the next run. */
    postponed: countOr0,
    /** How many writes CAST AI's list confirmed afterwards; null if there were none. */
    verified: countOrNull,
    /** The risky types, except spared ones, left uncovered when the run ended; null in a dry run, or if there is no list. */
    uncovered: v.fallback(countOrNull, null),
  }),
  /** What stays available as Spot, by machine class; empty if the feed was not read. */
  available: v.fallback(
    v.custom<Readonly<Partial<Record<MachineClass, { readonly types: number; readonly families: number }>>>>(
      (value) => v.is(v.record(text, v.object({ types: count, families: count })), value),
    ),
    {},
  ),
  /**
   * The types that cannot be bought because of another owner's entries, although their decision, if any, does not say so:
   * calm or spared.
   */
  unavailable: texts,
  /** Null if unknown. */
  templates: v.fallback(v.nullable(v.array(template)), null),
  /** The number of templates omitted if not all fit. */
  templatesOmitted: v.exactOptional(count, 0),
  /** The common machine sizes of which a floor keeps types available, or of which types are missing. */
  sizes: v.fallback(v.array(size), []),
  /** The number of sizes omitted if not all fit. */
  sizesOmitted: v.exactOptional(count, 0),
  /** The running Spot nodes, and those of blacklisted types; null if unknown. */
  nodes: v.fallback(v.nullable(v.object({ spot: count, onBlacklisted: count })), null),
  /** The Spot nodes by type, of the types without a decision; not in a fleet's result that does not fit. */
  calmNodes: v.exactOptional(v.fallback(v.record(text, count), {}), {}),
  /** The number of guard rails that cannot hold, mostly because of other owners' entries. */
  shortfalls: countOr0,
  warnings: texts,
  /** Only of a fleet's result: it is not known whether everything was done; a warning says why. */
  isUnjudged: v.exactOptional(v.boolean(), false),
  /** Riskiest first. Empty, with `decisionsOmitted`, if a fleet's do not fit into Lambda's response. */
  decisions: v.array(decision),
  decisionsOmitted: v.exactOptional(count, 0),
});

/** What a run blacklists, and its limits: see `Policy`. Null for `clear`, which needs none. */
const policy = v.object({
  interruptionThreshold: count,
  blacklistedBands: v.array(text),
  blacklistHours: count,
  minTypesPerArchitecture: countOr0,
  minFamiliesPerArchitecture: countOr0,
  minTypesPerTemplate: countOr0,
  minTypesPerSize: countOr0,
  relaxOnFallback: flag,
  rollout: v.fallback(count, 100),
  maxBlacklistShare: countOr0,
  neverBlacklist: texts,
  alwaysBlacklist: texts,
  releaseCalm: flag,
});

/** Facts about the feed's types in the run's regions. */
const feed = v.object({
  types: count,
  noEvidence: count,
  /** Of the ordinary types, neither accelerated nor bare metal, those in none of the common machine sizes. */
  inNoSize: countOr0,
  etag: textOrNull,
  lastModified: textOrNull,
});

const pair = v.tuple([count, count]);
const exposure = v.object({ hours: count, machines: count });

/** The account's own figures about its Spot machines, in the regions of the run. */
const evidence = v.object({
  /** `decide`: they replace AWS's band where there are enough; `report`: they are only shown. */
  mode: v.custom<'report' | 'decide'>(isText),
  /** How many times as often as the others a risky type is interrupted: the setting. */
  ratio: v.fallback(count, 2),
  /** Region -> how much more counts vary than independent interruptions would: they were divided by it. */
  dispersion: v.fallback(v.record(text, count), {}),
  /** Why interruptions may be missing, so that no type counts as calm, in words; null if they are not. */
  hidden: textOrNull,
  /** Whether AWS's bands predict anything here: see `RiskyAgainstOthers`. Null if there is too little evidence. */
  riskyAgainstOthers: v.fallback(
    v.nullable(v.object({ ratio: count, interval: pair, hours: pair, interruptions: pair })),
    null,
  ),
  /** What they cover, ISO 8601; null if there are none. */
  from: textOrNull,
  to: textOrNull,
  /** Sums over the regions. */
  hours: count,
  interruptions: count,
  /** How many types they call risky although AWS's band does not, and calm although it does not. */
  riskier: countOr0,
  calmer: countOr0,
  /** By day (`2026-02-13`), oldest first: of the types that the plans keep off, and of the others. */
  days: v.fallback(v.array(v.object({ day: text, keptOff: exposure, others: exposure })), []),
  /** Region -> type -> figures and what they say. */
  regions: v.fallback(
    v.record(text, v.record(text, v.object({ ...ownFigures, verdict: v.custom<Verdict>(isText) }))),
    {},
  ),
});

export const resultSchema = v.object({
  status: v.custom<'completed' | 'failed'>(isText),
  operation: v.custom<Settings['operation']>(isText),
  dryRun: v.boolean(),
  /** ISO 8601; empty if a file lacks it. */
  startedAt: v.fallback(text, ''),
  target: v.object({ name: text, region: textOrNull, os: textOrNull }),
  policy: v.nullable(policy),
  feed: v.nullable(feed),
  /** Null if they are not asked for. */
  evidence: v.fallback(v.nullable(evidence), null),
  warnings: texts,
  clusters: v.array(cluster),
  /** The feed's types in the run's regions, calm ones included: region -> band -> type -> savings. */
  regions: v.fallback(v.record(text, v.record(text, v.record(text, savings))), {}),
  /** What the feed says about these types' machines: family -> size -> vCPUs and GiB, null if it does not. */
  machines: v.fallback(v.record(text, v.record(text, v.tuple([countOrNull, countOrNull]))), {}),
});

type Frozen<T> = T extends object ? { readonly [K in keyof T]: Frozen<T[K]> } : T;

/** A result as a run makes it. */
export type RunResult = Frozen<v.InferInput<typeof resultSchema>>;
export type ClusterResult = RunResult['clusters'][number];
export type DecisionResult = ClusterResult['decisions'][number];
export type EvidenceFacts = NonNullable<RunResult['evidence']>;

/** What a result covers: a whole run; or, with fan-out, one cluster, or the fleet's summary, which writes nothing. */
export type RunPart = 'run' | 'cluster' | 'fleet';
