import type { Plans } from './plan-clusters.ts';
import { isPlanned } from './planned.ts';

/**
 * Marks what must not be written: what is added while a cluster's node templates cannot be read could take a template's
 * last types away, for as long as the entries last. What there is already is renewed and removed as ever.
 */
export function withholdAdditions({ clusters, ...plans }: Plans): Plans {
  return {
    ...plans,
    clusters: clusters.map((planned) => {
      if (!isPlanned(planned)) return planned;
      const { plan, facts } = planned;
      const { problem } = facts;
      if (problem === null) return planned;
      const decisions = plan.decisions.map((decision) =>
        decision.action === 'add' ? { ...decision, problem } : decision,
      );
      return { ...planned, plan: { ...plan, decisions, problem } };
    }),
  };
}
