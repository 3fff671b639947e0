import * as v from 'valibot';
import { actionCounts, count } from './words.ts';

/** As much of a run's result as the demonstration shows; README and design describe all of it. */
const runResult = v.object({
  target: v.object({ region: v.nullable(v.string()), os: v.string() }),
  policy: v.object({
    interruptionThreshold: v.number(),
    blacklistedBands: v.array(v.string()),
    blacklistHours: v.number(),
  }),
  feed: v.object({ types: v.number(), noEvidence: v.number(), lastModified: v.nullish(v.string()) }),
  clusters: v.tuple([
    v.object({
      actions: v.record(v.string(), v.number()),
      outcome: v.object({ verified: v.nullable(v.number()) }),
      decisions: v.array(
        v.object({
          instanceType: v.string(),
          band: v.nullable(v.string()),
          savings: v.nullable(v.number()),
          action: v.string(),
          reason: v.string(),
        }),
      ),
    }),
  ]),
});

export type RunResult = v.InferOutput<typeof runResult>;

/** @throws {Error} naming the first thing that is not as the public surface promises. */
export function parseRunResult(payload: unknown): RunResult {
  const result = v.safeParse(runResult, payload);
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw new Error(`The function's result is not as expected at ${v.getDotPath(issue)}: ${issue.message}`);
}

/** What the results of every operation have in common: `clear` has neither policy nor feed. */
const anyResult = v.object({
  dryRun: v.boolean(),
  clusters: v.array(
    v.object({
      actions: v.record(v.string(), v.number()),
      outcome: v.object({ verified: v.nullable(v.number()) }),
    }),
  ),
});

/** Returns what a run decided, in a few words: `dry run: add 449`, or `add 449, 449 confirmed`. */
export function summarizeRun(payload: unknown): string {
  const { success, output } = v.safeParse(anyResult, payload);
  if (!success) return 'done';
  const actions: Record<string, number> = {};
  let verified = 0;
  for (const cluster of output.clusters) {
    for (const [action, types] of Object.entries(cluster.actions))
      actions[action] = (actions[action] ?? 0) + types;
    verified += cluster.outcome.verified ?? 0;
  }
  const confirmed = verified > 0 ? `, ${count(verified)} confirmed` : '';
  return `${output.dryRun ? 'dry run: ' : ''}${actionCounts(actions)}${confirmed}`;
}
