import type { Execution, Outcome } from '../domain/blacklist/write.ts';
import { ACTION_NAMES, type Action, type Decision } from '../domain/decision.ts';
import { CeilingError, type SpotBlacklistError } from '../domain/errors.ts';
import type { Plan } from '../domain/plan.ts';
import { isoTime } from '../domain/words.ts';
import type { ClusterResult } from './result.ts';

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

type ClusterIdentity = Pick<ClusterResult, 'clusterId' | 'clusterName' | 'organizationId' | 'region'>;

/**
 * A cluster without a plan, or whose plan was not carried out.
 *
 * @param error why, if it was an error of this cluster
 * @param uncovered how many risky types no entry keeps off Spot; null if unknown, or in a dry run
 */
export function reportUntouched(
  cluster: ClusterIdentity,
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
export function reportCluster(cluster: ClusterIdentity, plan: Plan, done: Execution | null): ClusterResult {
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
    calmNodes: plan.calmNodes,
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
