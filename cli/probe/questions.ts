/** The answer to one question about CAST AI's API. Nothing in it identifies an account, a cluster or a key. */
export interface Finding {
  /** Stable, to compare findings: `reason`. */
  readonly id: string;
  readonly question: string;
  /** The finding in one sentence, with a capital and no full stop. */
  readonly found: string;
  /** The consequence for the settings or the cluster. */
  readonly means: string;
  /** The same in numbers and words, for comparison. */
  readonly facts: Facts;
}

type Facts = Readonly<Record<string, string | number | boolean | null>>;

/** How many characters a long reason has: far more than this project's. */
export const LONG_REASON = 1_000;

const IN_FORCE = 'CAST AI keeps the time; whether the entry then expires is a separate question';
const UNCOVERED = 'Renewing removes and adds: the type is uncovered for a moment';
const FIT = "This project's reasons fit";

/** Each question, and by outcome the finding and its consequence; `{}` is a placeholder. */
const QUESTIONS = {
  reads: {
    asks: 'What may the key read',
    all: ['Everything that a run reads', 'Every feature works'],
    some: ['Not {}', '{}'],
  },
  'organization-in-cluster': {
    asks: "Does a cluster's list include the organization's entries",
    yes: ['Yes', 'The second list of a run adds nothing'],
    no: ['No', 'Both lists are needed, and a run reads both'],
  },
  stats: {
    asks: "Does CAST AI count a template's nodes",
    all: ['Yes', 'It is known how many nodes fall back to on-demand'],
    some: ['For {} of {} templates', 'Fallback may go unnoticed'],
  },
  fallback: {
    asks: 'Can fallback nodes be distinguished from Spot nodes',
    yes: ['Yes', 'The number of Spot nodes is right'],
    no: ['{} of {} are marked as Spot', 'The number of Spot nodes includes some on-demand'],
  },
  managed: {
    asks: 'Does CAST AI manage the Spot nodes',
    all: ['All of them', 'The blacklist concerns what replaces them'],
    some: ['Not {} of {}', 'The blacklist does not concern nodes that something else buys'],
  },
  autoscaler: {
    asks: "Does CAST AI's autoscaler buy Spot machines here",
    yes: ['Nothing says otherwise', 'Entries can have an effect'],
    doubtful: ['Perhaps not: {}', 'Entries may have no effect in this cluster'],
  },
  rules: {
    asks: 'Is there a newer form of the blacklist (instance-blacklist-rules)',
    yes: ['Yes: {}', 'Report this: one rule may replace an entry for each cluster'],
    no: ['No ({})', 'Nothing changes'],
  },
  templates: {
    asks: 'Does CAST AI read templates as a run does',
    yes: ['Yes, in {}', "The templates' floors hold what CAST AI would buy"],
    no: ['Not always: {}', "Report this: a template's floor may be held by types that it never gets"],
  },
  doubts: {
    asks: 'Does CAST AI allow types that a template may or may not allow',
    none: ['There are none', 'These templates leave nothing in doubt'],
    some: ['{}', 'Set a constraint explicitly where you want to be sure'],
  },
  types: {
    asks: 'How does CAST AI describe types',
    so: ['{}', 'It shows what storageOptimized, burstable and fractionalGpus select'],
  },
  add: {
    asks: 'Is an entry listed after it was added',
    soon: ['{}', 'Writes are verified in the same run'],
    late: ['{}', 'Writes may count as failed at first'],
    no: ['Not within five seconds', 'Writes cannot be verified: every run would end as incomplete'],
    forbidden: ['Adding is refused ({})', "The key's owner needs a role above Viewer"],
    refused: ['Adding is refused ({})', 'Report this: nothing can be blacklisted'],
  },
  lifecycle: {
    asks: 'Is the lifecycle kept',
    yes: ['Yes, spot', 'On-demand machines are not affected'],
    no: ['No', 'Do not go live: on-demand machines may be affected'],
  },
  reason: {
    asks: 'Is the reason returned',
    marked: ['{}', 'Own entries are recognised, renewed and cleared'],
    unmarked: [
      '{}',
      "Own entries look like another owner's: they are never renewed early or removed, and expire by themselves",
    ],
  },
  expiry: {
    asks: 'Is the expiry kept',
    kept: ['Yes, to the millisecond', IN_FORCE],
    rounded: ['Rounded{}', IN_FORCE],
    changed: ['Changed by {} minutes', 'Compare BLACKLIST_HOURS with what a run reports'],
    dropped: ['No: the entry has no expiry', 'Do not go live: entries would outlive this project'],
  },
  acts: {
    asks: 'Does an entry keep CAST AI from choosing its type',
    yes: ['Yes: the type is no longer offered', 'An entry for one type, Spot only, has an effect'],
    no: [
      'It is still offered',
      'Either this evaluation ignores the blacklist, or the entry has no effect: watch whether a blacklisted type is bought',
    ],
  },
  'add-again': {
    asks: 'What does adding an entry again do',
    extended: ['It extends the entry', 'Renewing takes one write'],
    ignored: ['Nothing', UNCOVERED],
    duplicated: ['It makes a second entry', 'Renewing works; both are removed together'],
    refused: ['It is refused ({})', UNCOVERED],
  },
  'long-reason': {
    asks: `May a reason have ${LONG_REASON} characters`,
    yes: ['Yes', FIT],
    cut: ['It is cut to {}', FIT],
    short: ['It is cut to {}', 'Reasons are cut: check that own entries are recognised'],
    refused: ['No ({})', "This project's reasons are shorter, so they fit"],
  },
  expired: {
    asks: 'Are expired entries listed',
    yes: ['Yes', 'They count as expired all the same'],
    no: ['No', 'The list holds what is in force'],
  },
  'add-expired': {
    asks: 'Can an expired entry be added again',
    yes: ['Yes', 'Adding takes one write'],
    no: ['Not before it is removed ({})', 'A run removes it first'],
  },
  refusal: {
    asks: 'What does a refusal look like',
    named: ['{}', 'Errors name the fields'],
    unnamed: ['{}', 'Errors name the status only'],
  },
  remove: {
    asks: 'Is an entry gone after it was removed',
    yes: ['Yes', 'A rollback takes effect at once'],
    no: ['Not within five seconds', 'Check the console before you rely on a rollback'],
  },
  enforced: {
    asks: 'Is an expiry enforced',
    yes: ['Yes: the type is offered again, {} after it', 'Entries end by themselves when they should'],
    no: [
      'Not within five minutes after it',
      'Do not rely on expiries: run clear when you stop using this project',
    ],
  },
  'rate-limit': {
    asks: 'Do responses have rate-limit headers',
    yes: ['{}', 'Compare their values with BATCH_SIZE and BATCH_PAUSE'],
    no: ['Not in {} responses', 'Keep the default pace'],
  },
} as const satisfies Readonly<Record<string, { readonly asks: string } & Outcomes>>;

type Outcomes = Readonly<Record<string, string | readonly [found: string, means: string]>>;
type Id = keyof typeof QUESTIONS;
type Outcome<I extends Id> = Exclude<keyof (typeof QUESTIONS)[I], 'asks'> & string;

/** @param words the text for each `{}` of the outcome, in order */
export function finding<I extends Id>(
  id: I,
  outcome: Outcome<I>,
  facts: Facts,
  ...words: readonly (string | number)[]
): Finding {
  const row: { readonly asks: string } & Outcomes = QUESTIONS[id];
  const left = [...words];
  const [found = '', means = ''] = [row[outcome] ?? []]
    .flat()
    .map((text) => text.replaceAll('{}', () => String(left.shift())));
  return { id, question: row.asks, found, means, facts };
}

/** A question that could not be answered. */
export function unanswered(id: Id, why: string): Finding {
  const found = `Unknown: ${why}`;
  return {
    id,
    question: QUESTIONS[id].asks,
    found,
    means: 'Both cases are handled',
    facts: { known: false },
  };
}

/** A question that was not asked. */
export function notTried(id: Id, why: string): Finding {
  return { ...unanswered(id, why), found: `Not tried: ${why}` };
}
