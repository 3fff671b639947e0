// What a plan means for the cluster's own Spot nodes. Pure: facts in, facts out; the page, the plan and Markdown show them.
import { grouped, shortList } from '../../lambda/domain/words.ts';
import type { ClusterResult, RunResult } from '../../lambda/report/result.ts';
import { bandedTypes } from '../page/region.ts';
import { isKeptOff } from '../page/state.ts';
import { calmestFirst, factsOf, kindOf, type TypeFacts } from '../page/types.ts';
import { shortOf } from './short-of.ts';

/** A cluster's nodes in numbers, and in sentences about what changes for them. */
export interface OwnNodes {
  readonly spot: number;
  /** The Spot nodes by band: first those that are not bought again, the most interrupted first. */
  readonly parts: readonly NodesPart[];
  /** For each type in use that is not bought again; most nodes first. */
  readonly replacements: readonly Replacement[];
  /** What the change costs, which nodes are on-demand, and what is short, as far as there is anything to say. */
  readonly sentences: readonly string[];
}

export interface NodesPart {
  readonly nodes: number;
  readonly band: string | null;
  readonly isKeptOff: boolean;
  /** `>20%, not bought again` */
  readonly label: string;
}

export interface Replacement {
  readonly type: InUse;
  /** The calmest first, and of one band those that save the most; none if no type of the size is left. */
  readonly best: readonly TypeFacts[];
}

interface InUse extends TypeFacts {
  readonly nodes: number;
  readonly isKeptOff: boolean;
  /** Whether something was decided about it. */
  readonly isDecided: boolean;
}

/** How many replacements of a type are named. */
const NAMED = 3;

const nodesOf = (types: readonly InUse[]) => types.reduce((sum, { nodes }) => sum + nodes, 0);

/** @returns null if it is unknown which nodes are running, or if there are none */
export function ownNodesOf(
  cluster: ClusterResult,
  result: Pick<RunResult, 'regions' | 'machines' | 'policy'>,
): OwnNodes | null {
  const { region, nodes } = cluster;
  if (nodes === null || nodes.spot === 0 || !Object.hasOwn(result.regions, region ?? '')) return null;
  const types = typesIn(cluster, result);
  const bands = calmestFirst([...new Set(types.flatMap(({ band }) => band ?? []))]);
  const rank = ({ band }: { readonly band: string | null }) => (band === null ? -1 : bands.indexOf(band));
  const inUse = types.filter((type) => type.nodes > 0);
  const lost = inUse.filter((type) => type.isKeptOff).toSorted((a, b) => b.nodes - a.nodes);
  const replacements = lost.map((type) => ({ type, best: replacing(type, types, rank) }));
  const fallback = fallbackIn(cluster);
  const short = shortOf(cluster, types, result.policy);
  return {
    spot: nodes.spot,
    parts: partsOf(inUse, nodes.spot).sort(
      (a, b) => Number(b.isKeptOff) - Number(a.isKeptOff) || rank(b) - rank(a),
    ),
    replacements,
    sentences: [
      ...priceOf(replacements),
      ...(fallback === 0
        ? []
        : [
            `${grouped(fallback)} more ${fallback === 1 ? 'node is' : 'nodes are'} on-demand, because Spot was short.`,
          ]),
      ...(short.length === 0 ? [] : [`Short of ${shortList(short, '; ')}.`]),
    ],
  };
}

/** @returns the nodes that had to be bought on-demand, as far as that is known */
export function fallbackIn({ templates }: Pick<ClusterResult, 'templates'>): number {
  return (templates ?? []).reduce((sum, one) => sum + (one.fallback?.fallback ?? 0), 0);
}

/** Every type of the cluster's region, and what the feed lacks but was decided about. */
function typesIn(
  { region, decisions, unavailable, calmNodes = {} }: ClusterResult,
  result: Pick<RunResult, 'regions' | 'machines'>,
): InUse[] {
  const decided = new Map(decisions.map((decision) => [decision.instanceType, decision]));
  const calm = new Map(Object.entries(calmNodes));
  const foreign = new Set(unavailable);
  const facts = new Map([
    ...decisions.map(({ instanceType, band, savings }) => [instanceType, { band, savings }] as const),
    ...bandedTypes(region, result),
  ]);
  return [...facts].map(([instanceType, fact]) => {
    const decision = decided.get(instanceType);
    return {
      ...factsOf(instanceType, fact, null, result),
      nodes: decision?.nodes ?? calm.get(instanceType) ?? 0,
      isKeptOff: foreign.has(instanceType) || (decision !== undefined && isKeptOff(decision)),
      isDecided: decision !== undefined,
    };
  });
}

function partsOf(inUse: readonly InUse[], spot: number): NodesPart[] {
  const stateOf = (type: InUse) =>
    type.isKeptOff ? ', not bought again' : type.isDecided ? ', kept available' : '';
  const groups = Map.groupBy(inUse, (type) => `${type.band ?? 'no band'}${stateOf(type)}`);
  const parts = [...groups].map(([label, same]) => {
    return {
      nodes: nodesOf(same),
      band: same[0]?.band ?? null,
      isKeptOff: same[0]?.isKeptOff === true,
      label,
    };
  });
  // Of types that the feed lacks, or of which an older result does not say how many nodes there are.
  const others = spot - nodesOf(inUse);
  return others > 0
    ? [...parts, { nodes: others, band: null, isKeptOff: false, label: 'of other types' }]
    : parts;
}

/** What the nodes that are not bought again save, and what the best of the same size would. */
function priceOf(replacements: readonly Replacement[]): string[] {
  const known = replacements.filter(({ type, best }) => best.length > 0 && type.savings !== null);
  if (known.length === 0) return [];
  const weighted = (savingsOf: (one: Replacement) => number) =>
    Math.round(
      known.reduce((sum, one) => sum + savingsOf(one) * one.type.nodes, 0) /
        nodesOf(known.map(({ type }) => type)),
    );
  const before = weighted(({ type }) => type.savings ?? 0);
  const after = weighted(({ best }) => best[0]?.savings ?? 0);
  const change = Math.abs(after - before);
  const points = `${change} ${change === 1 ? 'point' : 'points'} ${after < before ? 'less' : 'more'}`;
  return [
    `The types that are not bought again save ${before}% over on-demand, the best of the same size ${after}%: ${change === 0 ? 'no change' : points}.`,
  ];
}

/**
 * @returns available types of the same class with the same vCPUs and about the same memory; if there are any, of the same kind
 *   of family: others cost more, so that their savings do not compare
 */
function replacing(type: InUse, types: readonly InUse[], rank: (type: InUse) => number): InUse[] {
  const { machineClass, cores, memory } = type;
  if (cores === null || memory === null) return [];
  const sameSize = types.filter(
    (other) =>
      !other.isKeptOff &&
      other.machineClass === machineClass &&
      other.cores === cores &&
      other.memory !== null &&
      other.memory >= memory * 0.95 &&
      other.memory <= memory * 1.1,
  );
  const sameKind = sameSize.filter((other) => kindOf(other) === kindOf(type));
  return (sameKind.length > 0 ? sameKind : sameSize)
    .toSorted((a, b) => rank(a) - rank(b) || (b.savings ?? 0) - (a.savings ?? 0))
    .slice(0, NAMED);
}
