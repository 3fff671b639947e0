/** What an action means. Everything that asks about actions reads this table. */
interface Meaning {
  /** The request that it takes; null for none. */
  readonly write: 'add' | 'remove' | null;
  /** Whether the type cannot be bought as Spot because of it, or because of the entry that it speaks of. */
  readonly keepsOff: boolean;
  /** Whether the type then has an own entry that the policy wants; what lapses is not wanted any longer. */
  readonly isWanted: boolean;
  /** Whether the policy wants the type blacklisted. */
  readonly isRisky: boolean;
  /** Its mark on the report page. */
  readonly mark: 'plus' | 'triangle' | 'circle' | 'square' | 'diamond' | 'wye' | 'cross';
  /** What it means, for the user. */
  readonly words: string;
}

const table = {
  add: {
    write: 'add',
    keepsOff: true,
    isWanted: true,
    isRisky: true,
    mark: 'plus',
    words: 'to be blacklisted',
  },
  renew: {
    write: 'add',
    keepsOff: true,
    isWanted: true,
    isRisky: true,
    mark: 'triangle',
    words: 'its time is extended',
  },
  keep: {
    write: null,
    keepsOff: true,
    isWanted: true,
    isRisky: true,
    mark: 'circle',
    words: 'stays blacklisted',
  },
  covered: {
    write: null,
    keepsOff: true,
    isWanted: false,
    isRisky: true,
    mark: 'square',
    words: 'another owner blacklists it',
  },
  spare: {
    write: null,
    keepsOff: false,
    isWanted: false,
    isRisky: true,
    mark: 'diamond',
    words: 'risky, but kept available',
  },
  lapse: {
    write: null,
    keepsOff: true,
    isWanted: false,
    isRisky: false,
    mark: 'wye',
    words: 'its entry expires by itself',
  },
  release: {
    write: 'remove',
    keepsOff: false,
    isWanted: false,
    isRisky: false,
    mark: 'cross',
    words: 'its entry is to be removed',
  },
  remove: {
    write: 'remove',
    keepsOff: false,
    isWanted: false,
    isRisky: false,
    mark: 'cross',
    words: 'its entry is to be cleared',
  },
} as const satisfies Readonly<Record<string, Meaning>>;

/** What is decided about one type. */
export type Action = keyof typeof table;

export const ACTIONS: Readonly<Record<Action, Meaning>> = table;

/** In the order in which they are listed everywhere. */
export const ACTION_NAMES = Object.keys(table) as readonly Action[];

/** @returns the actions for which something holds: `actionsThat(({ isRisky }) => isRisky)` */
export function actionsThat(holds: (meaning: Meaning) => boolean): readonly Action[] {
  return ACTION_NAMES.filter((action) => holds(ACTIONS[action]));
}

/** @returns whether a text, from a result that anybody may have written, names an action */
export function isAction(text: string): text is Action {
  return Object.hasOwn(table, text);
}
