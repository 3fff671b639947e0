import * as v from 'valibot';
import { isRecord } from '../../lambda/input/json.ts';
import { plainName, plainText } from '../../lambda/input/plain-text.ts';

/*
 * What the report page needs of a result, read from an untrusted or abridged file. It accepts more than RunResult, so that
 * results of other versions can still be shown.
 */

const text = v.string();
const optionalText = v.nullish(text, null);
const count = v.pipe(v.number(), v.finite());
/** Percent; clamped to what can be drawn, not rejected: the feed guarantees no limits. */
const savings = v.pipe(
  count,
  v.transform((percent) => Math.min(Math.max(percent, -1000), 100)),
);

const own = v.object({
  hours: count,
  interruptions: count,
  machines: v.optional(count),
  ratio: v.nullish(count, null),
});

const decision = v.object({
  instanceType: text,
  band: optionalText,
  savings: v.nullish(savings, null),
  action: text,
  urgent: v.optional(v.boolean(), false),
  reason: v.optional(text, ''),
  expiresAt: optionalText,
  outcome: optionalText,
  problem: optionalText,
  own: v.nullish(own, null),
  nodes: v.optional(count, 0),
});

const exposure = v.object({ hours: count, machines: count });

const pair = v.tuple([count, count]);

const evidence = v.object({
  mode: text,
  from: optionalText,
  to: optionalText,
  hours: count,
  interruptions: count,
  ratio: v.optional(count, 2),
  hidden: optionalText,
  riskyAgainstOthers: v.nullish(
    v.object({ ratio: count, interval: pair, hours: pair, interruptions: pair }),
    null,
  ),
  days: v.optional(v.array(v.object({ day: text, keptOff: exposure, others: exposure })), []),
  regions: v.optional(v.record(text, v.record(text, v.object({ ...own.entries, verdict: text }))), {}),
});

const template = v.pipe(
  v.object({
    name: text,
    allowed: count,
    /** Absent in results of versions that did not tell it apart. */
    sure: v.optional(count),
    available: count,
    spared: count,
    floor: v.optional(count, 0),
    fallback: v.nullish(v.object({ spot: count, fallback: count }), null),
    fallsBackToOnDemand: v.optional(v.boolean(), false),
    unjudged: v.optional(v.array(text), []),
  }),
  v.transform((one) => ({ ...one, sure: one.sure ?? one.allowed })),
);

const cluster = v.object({
  clusterId: text,
  clusterName: optionalText,
  organizationId: v.optional(text, ''),
  region: optionalText,
  status: text,
  problem: optionalText,
  refusal: v.nullish(v.object({ types: count, of: count, ceiling: count }), null),
  actions: v.record(text, count),
  outcome: v.object({
    succeeded: count,
    failed: count,
    deferred: count,
    postponed: v.optional(count, 0),
    verified: v.nullable(count),
  }),
  available: v.optional(v.record(text, v.object({ types: count, families: count })), {}),
  unavailable: v.optional(v.array(text), []),
  /** Null if unknown, and in results of versions that did not read them. */
  templates: v.nullish(v.array(template), null),
  templatesOmitted: v.optional(count, 0),
  nodes: v.nullish(v.object({ spot: count, onBlacklisted: count }), null),
  warnings: v.optional(v.array(text), []),
  decisions: v.array(decision),
  decisionsOmitted: v.optional(count, 0),
});

const policy = v.object({
  interruptionThreshold: count,
  blacklistedBands: v.array(text),
  blacklistHours: count,
  minTypesPerArchitecture: v.optional(count),
  minFamiliesPerArchitecture: v.optional(count),
  minTypesPerTemplate: v.optional(count),
  minTypesPerSize: v.optional(count),
  relaxOnFallback: v.optional(v.boolean()),
  rollout: v.optional(count),
  maxBlacklistShare: v.optional(count),
  neverBlacklist: v.optional(v.array(text), []),
  alwaysBlacklist: v.optional(v.array(text), []),
  releaseCalm: v.optional(v.boolean()),
});

const shown = v.object({
  status: text,
  operation: text,
  dryRun: v.boolean(),
  startedAt: optionalText,
  target: v.object({ name: text, region: optionalText, os: optionalText }),
  policy: v.nullable(policy),
  feed: v.nullable(v.object({ types: count, noEvidence: count, lastModified: optionalText })),
  /** Null without own evidence, and in results of versions that did not know it. */
  evidence: v.nullish(evidence, null),
  warnings: v.optional(v.array(text), []),
  clusters: v.array(cluster),
  regions: v.optional(v.record(text, v.record(text, v.record(text, savings))), {}),
  machines: v.optional(v.record(text, v.record(text, v.tuple([v.nullable(count), v.nullable(count)]))), {}),
});

/** A result as the report page shows it. */
export type ShownResult = v.InferOutput<typeof shown>;
export type ShownCluster = ShownResult['clusters'][number];
export type ShownTemplate = v.InferOutput<typeof template>;
export type ShownDecision = ShownCluster['decisions'][number];

/** A file's result, or why it has none, for the user. */
export type Answer = { result: ShownResult; problem: null } | { result: null; problem: string };

/** @param value the output of `aws lambda invoke`: the result, or the function's error */
export function readResult(value: unknown): Answer {
  if (isRecord(value) && typeof value['errorType'] === 'string') {
    const { errorType, errorMessage } = value;
    const message = plainText(String(errorMessage)).replace(/\.$/, '');
    return {
      result: null,
      problem: `contains no result, because the function failed with ${plainName(errorType)}: ${message}. Check the function's log`,
    };
  }
  const { success, output, issues } = v.safeParse(shown, value);
  if (success) return { result: output, problem: null };
  const place = issues[0] === undefined ? null : v.getDotPath(issues[0]);
  return {
    result: null,
    problem: `is not a result of spot-blacklist${place === null ? '' : ` (check ${plainName(place)})`}`,
  };
}
