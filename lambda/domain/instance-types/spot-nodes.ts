import { ACTIONS, type Decision } from '../decision.ts';

/** The Spot nodes that a cluster runs. */
export interface NodeCounts {
  readonly spot: number;
  /** Those of types that the plan keeps off. They keep running. */
  readonly onBlacklisted: number;
}

/** The Spot nodes of types that nothing was decided about, by type. */
type CalmNodes = Readonly<Record<string, number>>;

/**
 * Joins decisions with the Spot nodes that a cluster runs.
 *
 * @param spotNodes how many there are, by type; null if unknown
 * @returns the decisions with the nodes of their types, the other types' nodes, and the number of nodes
 */
export function withNodes(
  decisions: readonly Decision[],
  spotNodes: ReadonlyMap<string, number> | null,
): { decisions: readonly Decision[]; calmNodes: CalmNodes; nodes: NodeCounts | null } {
  if (spotNodes === null) return { decisions, calmNodes: {}, nodes: null };
  const nodesOf = ({ instanceType }: Decision) => spotNodes.get(instanceType) ?? 0;
  const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0);
  const kept = decisions.filter(({ action }) => ACTIONS[action].keepsOff);
  const decided = new Set(decisions.map(({ instanceType }) => instanceType));
  return {
    calmNodes: Object.fromEntries([...spotNodes].filter(([type, count]) => count > 0 && !decided.has(type))),
    decisions: decisions.map((decision) => {
      const nodes = nodesOf(decision);
      return nodes > 0 ? { ...decision, nodes } : decision;
    }),
    nodes: { spot: sum([...spotNodes.values()]), onBlacklisted: sum(kept.map(nodesOf)) },
  };
}
