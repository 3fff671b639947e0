import * as v from 'valibot';
import { isRecord } from '../lambda/input/json.ts';
import { plainName, plainText } from '../lambda/input/plain-text.ts';

/*
 * What the report page needs of a result, read from a file that anybody may have written or shortened. It is wider than
 * RunResult, so that a result of another version can still be looked at.
 */

const text = v.string();
const optionalText = v.nullish(text, null);
const count = v.pipe(v.number(), v.finite());
/** Percent; held within what is drawable. Not refused: the feed promises no limits. */
const savings = v.pipe(
  count,
  v.transform((percent) => Math.min(Math.max(percent, -1000), 100)),
);

const decision = v.object({
  instanceType: text,
  band: optionalText,
  savings: v.nullish(savings, null),
  action: text,
  reason: v.optional(text, ''),
  expiresAt: optionalText,
  outcome: optionalText,
  problem: optionalText,
});

const cluster = v.object({
  clusterId: text,
  clusterName: optionalText,
  organizationId: v.optional(text, ''),
  region: optionalText,
  status: text,
  problem: optionalText,
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
  warnings: v.optional(v.array(text), []),
  clusters: v.array(cluster),
  regions: v.optional(v.record(text, v.record(text, v.record(text, savings))), {}),
});

/** A result as the report page shows it. */
export type ShownResult = v.InferOutput<typeof shown>;
export type ShownCluster = ShownResult['clusters'][number];
export type ShownDecision = ShownCluster['decisions'][number];

/** What a file holds: a result, or why it is none, for people. */
export type Answer = { result: ShownResult; problem: null } | { result: null; problem: string };

/** @param value what `aws lambda invoke` wrote: the result, or the error that the function threw */
export function readResult(value: unknown): Answer {
  if (isRecord(value) && typeof value['errorType'] === 'string') {
    const { errorType, errorMessage } = value;
    const message = plainText(String(errorMessage)).replace(/\.$/, '');
    return {
      result: null,
      problem: `holds no result, because the function failed with ${plainName(errorType)}: ${message}. Look at the function's log`,
    };
  }
  const { success, output, issues } = v.safeParse(shown, value);
  if (success) return { result: output, problem: null };
  const place = issues[0] === undefined ? null : v.getDotPath(issues[0]);
  return {
    result: null,
    problem: `is not a result of spot-blacklist${place === null ? '' : ` (look at ${plainName(place)})`}`,
  };
}
