// What the command line and the page say about own evidence. Pure: facts in, text out.
import type { Verdict } from '../lambda/domain/evidence.ts';
import { shortList } from '../lambda/domain/short-list.ts';

/** The part of a result that is about own evidence; a result from a file has it too. */
export interface WithEvidence {
  readonly policy: { readonly blacklistedBands: readonly string[] } | null;
  readonly evidence: {
    readonly mode: string;
    readonly from: string | null;
    readonly to: string | null;
    readonly hours: number;
    readonly interruptions: number;
    readonly regions: Readonly<Record<string, Readonly<Record<string, { readonly verdict: string }>>>>;
  } | null;
  /** Region -> band -> type -> savings. */
  readonly regions: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, number>>>>>>;
}

interface OwnNumbers {
  readonly hours: number;
  readonly interruptions: number;
  readonly monthlyRate: number;
}

/** @returns own figures in a table's cell: `77% (4 in 2,016 h)` */
export function ownCell({ hours, interruptions, monthlyRate }: OwnNumbers): string {
  return `${monthlyRate}% (${grouped(interruptions)} in ${grouped(hours)} h)`;
}

/** @returns how much own evidence there is, and where it disagrees with AWS's bands; empty if it was not asked for */
export function viewEvidence(result: WithEvidence): string[] {
  const { evidence } = result;
  if (evidence === null) return [];
  const { mode, from, to, hours, interruptions } = evidence;
  if (from === null || to === null) return ["Own evidence: none, so AWS's bands decide."];
  const days = `${from.slice(0, 10)} to ${to.slice(0, 10)}`;
  const facts = `${grouped(hours)} machine-hours, ${grouped(interruptions)} interruptions`;
  const role = mode === 'decide' ? 'decides where there is enough' : 'only shown';
  const [riskier, calmer] = [typesThat(result, 'risky'), typesThat(result, 'calm')];
  return [
    `Own evidence (${role}), ${days}: ${facts}.`,
    ...(riskier.length > 0 ? [`  Risky by it, but not by AWS's band: ${shortList(riskier)}.`] : []),
    ...(calmer.length > 0 ? [`  Calm by it, but risky by AWS's band: ${shortList(calmer)}.`] : []),
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

function grouped(value: number): string {
  return value.toLocaleString('en-US');
}
