import { ACTIONS, isAction } from '../../lambda/domain/decision.ts';
import type { Verdict } from '../../lambda/domain/own-evidence/evidence.ts';
import { type RiskyAgainstOthers, signalInWords } from '../../lambda/domain/own-evidence/signal.ts';
import { grouped, shortList } from '../../lambda/domain/words.ts';

// What the command line and the page say about own evidence. Pure: facts in, text out.

/** The part of a result that is about own evidence; a result from a file has it too. */
export interface WithEvidence {
  readonly policy: { readonly blacklistedBands: readonly string[] } | null;
  readonly evidence: {
    readonly mode: string;
    readonly from: string | null;
    readonly to: string | null;
    readonly hours: number;
    readonly interruptions: number;
    readonly ratio: number;
    readonly hidden: string | null;
    readonly riskyAgainstOthers: RiskyAgainstOthers | null;
    readonly regions: Readonly<Record<string, Readonly<Record<string, { readonly verdict: string }>>>>;
  } | null;
  /** Region -> band -> type -> savings. */
  readonly regions: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, number>>>>>>;
}

interface OwnNumbers {
  readonly hours: number;
  readonly interruptions: number;
  readonly ratio: number | null;
}

/** @returns own figures in a table's cell: `×3.1 (4 in 2,016 h)`, how many times as often as the account's others */
export function ownCell({ hours, interruptions, ratio }: OwnNumbers): string {
  return `${ratioInWords(ratio)} (${grouped(interruptions)} in ${grouped(hours)} h)`;
}

/** @returns a ratio as short as a cell: `×3.1`; a dash where there is nothing to compare with */
export function ratioInWords(ratio: number | null): string {
  return ratio === null ? '–' : `×${ratio}`;
}

/** @returns how much own evidence there is, and where it disagrees with AWS's bands; empty if it was not asked for */
export function viewEvidence(result: WithEvidence): string[] {
  const { evidence } = result;
  if (evidence === null) return [];
  const { mode, from, to, hours, interruptions, ratio, hidden, riskyAgainstOthers: signal } = evidence;
  if (from === null || to === null) return ["Own evidence: none, so AWS's bands decide."];
  const days = `${from.slice(0, 10)} to ${to.slice(0, 10)}`;
  const facts = `${grouped(hours)} machine-hours, ${grouped(interruptions)} interruptions`;
  const role = mode === 'decide' ? 'decides where there is enough' : 'only shown';
  const [riskier, calmer] = [typesThat(result, 'risky'), typesThat(result, 'calm')];
  return [
    `Own evidence (${role}), ${days}: ${facts}.`,
    ...(signal === null
      ? []
      : [`  Your machines of types above the threshold ${signalInWords(signal, ratio)}.`]),
    ...(hidden === null
      ? []
      : [`  Interruptions of any type may be missing, so none counts as calm: ${hidden}.`]),
    ...(riskier.length > 0 ? [`  Risky by it, but not by AWS's band: ${shortList(riskier)}.`] : []),
    ...(calmer.length > 0 && hidden === null
      ? [`  Calm by it, but risky by AWS's band: ${shortList(calmer)}.`]
      : []),
  ];
}

/** The types about which own evidence and AWS's band disagree. */
function typesThat(
  { evidence, policy, regions }: WithEvidence,
  verdict: Exclude<Verdict, 'undecided'>,
): string[] {
  const own = Object.entries(evidence?.regions ?? {});
  return own.flatMap(([region, types]) => {
    const risky = new Set(
      (policy?.blacklistedBands ?? []).flatMap((band) => Object.keys(regions[region]?.[band] ?? {})),
    );
    const named = (type: string) => (own.length > 1 ? `${type} (${region})` : type);
    return Object.entries(types)
      .filter(([type, one]) => one.verdict === verdict && risky.has(type) === (verdict === 'calm'))
      .map(([type]) => named(type));
  });
}

/** The facts for the sentence about one cluster, from its plan or its result. */
export interface NodeFacts {
  /** Null if unknown. */
  readonly nodes: { readonly spot: number; readonly onBlacklisted: number } | null;
  readonly decisions: readonly {
    readonly action: string;
    readonly nodes?: number;
    readonly cause?: string;
  }[];
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
    .filter(({ cause }) => cause === undefined)
    .filter(({ action }) => isAction(action) && ACTIONS[action].keepsOff && ACTIONS[action].isRisky)
    .reduce((sum, { nodes = 0 }) => sum + nodes, 0);
  return alwaysBlacklist.length === 0 && above === affected;
}
