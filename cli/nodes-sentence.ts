import { ACTIONS, isAction } from '../lambda/domain/action.ts';

/** The facts for the sentence about one cluster, from its plan or its result. */
export interface NodeFacts {
  /** Null if unknown. */
  readonly nodes: { readonly spot: number; readonly onBlacklisted: number } | null;
  readonly decisions: readonly { readonly action: string; readonly nodes?: number }[];
}

/** The settings that determine the wording. */
export interface NodePolicy {
  readonly interruptionThreshold: number;
  readonly alwaysBlacklist: readonly string[];
}

/**
 * What a plan means for the running nodes: `12 of your 80 Spot nodes are of types above 20%; they keep running, and
 * are not bought again`.
 *
 * @returns null if it is unknown which nodes are running, or none is
 */
export function nodesSentence(clusters: readonly NodeFacts[], policy: NodePolicy | null): string | null {
  const known = clusters.flatMap(({ nodes }) => nodes ?? []);
  const spot = known.reduce((sum, nodes) => sum + nodes.spot, 0);
  const affected = known.reduce((sum, nodes) => sum + nodes.onBlacklisted, 0);
  if (known.length < clusters.length || spot === 0) return null;
  const isAbove = policy !== null && areAllAbove(clusters, affected, policy);
  const above = isAbove ? `above ${policy.interruptionThreshold}%` : null;
  const one = `is of a type ${above ?? 'that is kept off Spot'}; it keeps running, and is not bought again`;
  if (spot === 1)
    return affected === 0
      ? 'Your one Spot node is not of a type that is kept off Spot'
      : `Your one Spot node ${one}`;
  const yours = `your ${spot.toLocaleString('en')} Spot nodes`;
  if (affected === 0) return `None of ${yours} is of a type that is kept off Spot`;
  if (affected === 1) return `1 of ${yours} ${one}`;
  return `${affected.toLocaleString('en')} of ${yours} are of types ${above ?? 'that are kept off Spot'}; they keep running, and are not bought again`;
}

/** Whether all of these nodes' types are kept off because of the threshold. */
function areAllAbove(
  clusters: readonly NodeFacts[],
  affected: number,
  { alwaysBlacklist }: NodePolicy,
): boolean {
  const above = clusters
    .flatMap(({ decisions }) => decisions)
    .filter(({ action }) => isAction(action) && ACTIONS[action].keepsOff && ACTIONS[action].isRisky)
    .reduce((sum, { nodes = 0 }) => sum + nodes, 0);
  return alwaysBlacklist.length === 0 && above === affected;
}
