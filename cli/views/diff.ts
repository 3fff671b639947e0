import { ACTIONS, isAction } from '../../lambda/domain/decision.ts';
import { SettingsError } from '../../lambda/domain/errors.ts';
import { plainName } from '../../lambda/input/plain-text.ts';
import { bandedTypes } from '../page/region.ts';
import { naturally } from '../page/types.ts';
import { nodesSentence } from './evidence-view.ts';
import type { ShownCluster, ShownDecision, ShownResult } from './read-result.ts';

/** What two results say about a target, one later than the other. */
export interface Diff {
  /** Sentences about both results, to read before the comparison. */
  readonly notes: readonly string[];
  readonly clusters: readonly ClusterDiff[];
}

export interface ClusterDiff {
  readonly name: string;
  readonly region: string | null;
  /** Why it cannot be compared, to follow its name; null if it can. */
  readonly problem: string | null;
  /** What the later result means for the running nodes; null if it does not say. */
  readonly nodes: string | null;
  /** First added types, then spared ones, then calm ones; in each group, the types with most nodes first. */
  readonly changes: readonly Change[];
  /** The number of types with the same decision as before. */
  readonly unchanged: { readonly off: number; readonly spared: number };
}

export interface Change {
  readonly kind: 'added' | 'spared' | 'calmed';
  readonly instanceType: string;
  /** The band, or both if it has changed; null if neither result says. */
  readonly band: readonly [before: string | null, after: string | null];
  /** The running Spot nodes of the type. */
  readonly nodes: number;
  /** The reason in the later result; empty if there is none. */
  readonly reason: string;
}

/** The kinds of changes, in the order in which they are shown. */
export const KINDS = ['added', 'spared', 'calmed'] as const;

/** @throws {SettingsError} if the results are not about the same target, or one of them decides nothing */
export function diffOf(before: ShownResult, after: ShownResult): Diff {
  refuseIncomparable(before, after);
  const earlier = new Map(before.clusters.map((cluster) => [cluster.clusterId, cluster]));
  const later = new Set(after.clusters.map(({ clusterId }) => clusterId));
  const gone = before.clusters.filter(({ clusterId }) => !later.has(clusterId));
  return {
    notes: notesOn(before, after),
    clusters: [
      ...after.clusters.map((cluster) => clusterDiff(earlier.get(cluster.clusterId), before, cluster, after)),
      ...gone.map((cluster) => uncompared(cluster, 'is not in the later result')),
    ],
  };
}

function refuseIncomparable(before: ShownResult, after: ShownResult): void {
  if (before.operation === 'clear' || after.operation === 'clear')
    throw new SettingsError(
      'A result of clear says nothing about which types are risky. Name two results of apply.',
    );
  const pairs: [string, string | null, string | null][] = [
    ['target', before.target.name, after.target.name],
    ['operating system', before.target.os, after.target.os],
  ];
  for (const [what, one, other] of pairs)
    if (one?.toLowerCase() !== other?.toLowerCase())
      throw new SettingsError(
        `The results are of two different targets (${what}: ${plainName(one ?? 'none')} and ${plainName(other ?? 'none')}). Name two results of one.`,
      );
}

function notesOn(before: ShownResult, after: ShownResult): string[] {
  const [one, other] = [before.policy?.interruptionThreshold, after.policy?.interruptionThreshold];
  const isReversed = Date.parse(before.startedAt) > Date.parse(after.startedAt);
  return [
    ...(isReversed ? ['The first result is later than the second.'] : []),
    ...(one === other ? [] : [`The threshold was ${one}% and is ${other}%.`]),
  ];
}

function clusterDiff(
  earlier: ShownCluster | undefined,
  before: ShownResult,
  cluster: ShownCluster,
  after: ShownResult,
): ClusterDiff {
  if (earlier === undefined) return uncompared(cluster, 'is not in the earlier result');
  for (const [which, one] of [
    ['earlier', earlier],
    ['later', cluster],
  ] as const) {
    if (one.decisionsOmitted > 0)
      return uncompared(
        cluster,
        `has no decisions in the ${which} result, which did not fit into the answer`,
      );
    // A cluster that could not be managed has no decisions.
    if (one.status !== 'completed' && one.decisions.length === 0)
      return uncompared(cluster, `was not planned in the ${which} result (${one.status})`);
  }
  const was = typesOf(earlier, before);
  const is = typesOf(cluster, after);
  const names = [...new Set([...is.keys(), ...was.keys()])];
  const pairs = names.map((name) => [was.get(name), is.get(name)] as const);
  const same = (state: State) =>
    pairs.filter(([one, other]) => stateOf(one) === state && stateOf(other) === state).length;
  return {
    ...named(cluster),
    problem: null,
    nodes: nodesSentence([cluster], after.policy),
    changes: names.flatMap((name) => changeOf(name, was.get(name), is.get(name)) ?? []).sort(inOrder),
    unchanged: { off: same('off'), spared: same('spared') },
  };
}

interface ComparedType {
  readonly band: string | null;
  /** Null for a calm type. */
  readonly decision: ShownDecision | null;
}

/** Every type of a cluster: those of its region, and those that the feed lacks but something was decided about. */
function typesOf({ region, decisions }: ShownCluster, result: ShownResult): Map<string, ComparedType> {
  return new Map<string, ComparedType>([
    ...bandedTypes(region, result).map(([type, { band }]) => [type, { band, decision: null }] as const),
    ...decisions.map((decision) => [decision.instanceType, { band: decision.band, decision }] as const),
  ]);
}

/** Whether a type is risky, and the action for it. */
type State = 'off' | 'spared' | 'calm';

function stateOf(type: ComparedType | undefined): State {
  const { action = '', urgent = false } = type?.decision ?? {};
  // An urgent release keeps the type available, even if it is risky.
  if (urgent) return 'spared';
  if (!isAction(action) || !ACTIONS[action].isRisky) return 'calm';
  return ACTIONS[action].keepsOff ? 'off' : 'spared';
}

function changeOf(instanceType: string, was?: ComparedType, is?: ComparedType): Change | null {
  const state = stateOf(is);
  if (stateOf(was) === state) return null;
  return {
    kind: state === 'off' ? 'added' : state === 'spared' ? 'spared' : 'calmed',
    instanceType,
    band: [was?.band ?? null, is?.band ?? null],
    nodes: is?.decision?.nodes ?? was?.decision?.nodes ?? 0,
    reason: is?.decision?.reason ?? (is === undefined ? 'the later result does not have it' : ''),
  };
}

function inOrder(a: Change, b: Change): number {
  return (
    KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind) ||
    b.nodes - a.nodes ||
    naturally(a.instanceType, b.instanceType)
  );
}

function uncompared(cluster: ShownCluster, problem: string): ClusterDiff {
  return { ...named(cluster), problem, nodes: null, changes: [], unchanged: { off: 0, spared: 0 } };
}

function named({ clusterName, clusterId, region }: ShownCluster) {
  return { name: clusterName ?? clusterId, region };
}
