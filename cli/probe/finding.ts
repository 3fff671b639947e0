/** The answer to one question about CAST AI's API. Nothing in it identifies an account, a cluster or a key. */
export interface Finding {
  /** Stable, for whoever compares findings: `reason`. */
  readonly id: string;
  readonly question: string;
  /** What was found, in one sentence; it starts with a capital and has no full stop. */
  readonly found: string;
  /** What that means for the settings, or for the cluster. */
  readonly means: string;
  /** The same in numbers and words, for comparison. */
  readonly facts: Readonly<Record<string, string | number | boolean | null>>;
}

/** Why a question could not be answered. */
export function unanswered(id: string, question: string, why: string): Finding {
  return {
    id,
    question,
    found: `Not found out: ${why}`,
    means: 'It is handled either way',
    facts: { known: false },
  };
}
