import { MACHINE_CLASSES } from '../../lambda/domain/instance-types/instance-type.ts';
import type { RunResult } from '../../lambda/report/result.ts';
import type { ShownCluster, ShownDecision, ShownResult } from '../views/read-result.ts';
import { familiesOf, shortOf } from '../views/short-of.ts';
import { familiesNamedIn, inDisplayOrder } from '../views/types-list.ts';
import { merged, NO_ACTION, type State, stateOf } from './state.ts';
import { factsOf, lowerEdge, naturally, type OwnFacts, type TypeFacts } from './types.ts';

/** One instance type, over all clusters of a region whose decisions are known. */
export interface ShownType extends TypeFacts, State {
  /** The Spot nodes of the type that run in all of them. */
  readonly nodes: number;
  /** Each cluster's, in the order of `known`. */
  readonly inClusters: readonly ClusterType[];
}

interface ClusterType {
  readonly state: State;
  readonly nodes: number;
}

/** The clusters of one region, and its types, once for all of them. */
export interface ShownRegion {
  /** Null if unknown. */
  readonly name: string | null;
  /** Those whose decisions are in the result. */
  readonly known: readonly ShownCluster[];
  /** Those that were planned, but whose decisions did not fit into the result. */
  readonly omitted: readonly ShownCluster[];
  /** Changes first, then what needs no change, then calm types; each in the order of display. */
  readonly types: readonly ShownType[];
  /** Whether the types contain the region's calm ones too; a result of an older version, or of `clear`, does not. */
  readonly isComplete: boolean;
}

/** @returns the regions of a result's clusters, by name; one without clusters that were planned has no types */
export function regionsOf(result: ShownResult): ShownRegion[] {
  const groups = [...Map.groupBy(result.clusters, ({ region }) => region)];
  return groups
    .sort(([a], [b]) => naturally(a ?? '', b ?? ''))
    .map(([name, clusters]) => regionOf(name, clusters, result));
}

/** @returns how a cluster is called on the page */
export function nameOf({ clusterName, clusterId }: Pick<ShownCluster, 'clusterName' | 'clusterId'>): string {
  return clusterName ?? clusterId;
}

/** Whether there is a plan for it. */
function isPlanned({ status, decisions, decisionsOmitted }: ShownCluster): boolean {
  return status === 'completed' || decisions.length + decisionsOmitted > 0;
}

function regionOf(name: string | null, clusters: readonly ShownCluster[], result: ShownResult): ShownRegion {
  const planned = clusters.filter(isPlanned).sort((a, b) => naturally(nameOf(a), nameOf(b)));
  const known = planned.filter(({ decisionsOmitted }) => decisionsOmitted === 0);
  const omitted = planned.filter(({ decisionsOmitted }) => decisionsOmitted > 0);
  const isComplete = known.length > 0 && Object.hasOwn(result.regions, name ?? '');
  return { name, known, omitted, isComplete, types: known.length === 0 ? [] : typesOf(name, known, result) };
}

function typesOf(name: string | null, known: readonly ShownCluster[], result: ShownResult): ShownType[] {
  const threshold = result.policy?.interruptionThreshold ?? null;
  const views = known.map((cluster) => ({
    decisions: new Map(cluster.decisions.map((decision) => [decision.instanceType, decision])),
    unavailable: new Set(cluster.unavailable),
    calmNodes: new Map(Object.entries(cluster.calmNodes)),
  }));
  const shared = sharedStates();
  const types = allFacts(name, known, result).map((facts): ShownType => {
    const { instanceType } = facts;
    const inClusters = views.map(({ decisions, unavailable, calmNodes }) => {
      const decision = decisions.get(instanceType) ?? null;
      const state = stateOf(facts, decision, unavailable.has(instanceType), threshold);
      return { state: shared(state), nodes: decision?.nodes ?? calmNodes.get(instanceType) ?? 0 };
    });
    const nodes = inClusters.reduce((sum, cluster) => sum + cluster.nodes, 0);
    return { ...facts, ...merged(inClusters.map(({ state }) => state)), nodes, inClusters };
  });
  return inDisplayOrder(types, familiesNamedIn(known)).sort((a, b) => rank(a) - rank(b));
}

/**
 * Counted over the types, because the result's own numbers are those of the plan, carried out or not.
 *
 * @returns what is available in a cluster, by machine class; null if not all types are known
 */
export function availableIn(
  cluster: ShownCluster,
  { known, types, isComplete }: ShownRegion,
): ShownCluster['available'] | null {
  const place = known.indexOf(cluster);
  if (!isComplete || place < 0) return null;
  const classes = MACHINE_CLASSES.flatMap((machineClass) => {
    const ofClass = types.filter((type) => type.machineClass === machineClass);
    const free = ofClass.filter(({ inClusters }) => inClusters[place]?.state.isAvailable);
    const counts = { types: free.length, families: familiesOf(free) };
    return ofClass.length === 0 ? [] : [[machineClass, counts] as const];
  });
  return Object.fromEntries(classes);
}

/** @returns what a cluster is short of: as it is, not as it was planned */
export function shortIn(cluster: ShownCluster, region: ShownRegion, policy: ShownResult['policy']): string[] {
  const available = availableIn(cluster, region) ?? cluster.available;
  return shortOf({ ...cluster, available }, region.isComplete ? region.types : [], policy);
}

/** Equal states become the same object, since most clusters agree about most types. */
function sharedStates(): (state: State) => State {
  const seen = new Map<string, State>();
  return (state) => {
    const key = JSON.stringify(state);
    const known = seen.get(key) ?? state;
    seen.set(key, known);
    return known;
  };
}

const rank = ({ isChange, action }: State) => (isChange ? 0 : action === NO_ACTION ? 2 : 1);

/** Types that were decided about, in the order of the decisions, then the other ones of the region; both riskiest first. */
function allFacts(name: string | null, known: readonly ShownCluster[], result: ShownResult): TypeFacts[] {
  const facts = new Map<string, Pick<ShownDecision, 'band' | 'savings'>>();
  for (const { decisions } of known)
    for (const { instanceType, band, savings } of decisions)
      if (!facts.has(instanceType)) facts.set(instanceType, { band, savings });
  const calm = bandedTypes(name, result).filter(([instanceType]) => !facts.has(instanceType));
  calm.sort(
    ([a, one], [b, other]) => lowerEdge(other.band ?? '') - lowerEdge(one.band ?? '') || naturally(a, b),
  );
  const own = ownFactsIn(name, result);
  return [...facts, ...calm].map(([instanceType, fact]) =>
    factsOf(instanceType, fact, own.get(instanceType) ?? null, result),
  );
}

/** Own evidence about the types of a region. */
function ownFactsIn(name: string | null, { evidence }: ShownResult): ReadonlyMap<string, OwnFacts> {
  const regions = new Map(Object.entries(evidence?.regions ?? {}));
  return new Map(
    Object.entries(regions.get(name ?? '') ?? {}).map(([type, { verdict, ...figures }]) => [
      type,
      { ...figures, isCalm: evidence?.mode === 'decide' && evidence.hidden === null && verdict === 'calm' },
    ]),
  );
}

/** @returns the types of a region by the feed, with band and savings */
export function bandedTypes(
  name: string | null,
  { regions }: Pick<RunResult, 'regions'>,
): [instanceType: string, Pick<ShownDecision, 'band' | 'savings'>][] {
  const bands = Object.hasOwn(regions, name ?? '') ? (regions[name ?? ''] ?? {}) : {};
  return Object.entries(bands).flatMap(([band, types]) =>
    Object.entries(types).map(([type, savings]): [string, { band: string; savings: number }] => [
      type,
      { band, savings },
    ]),
  );
}
