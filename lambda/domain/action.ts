/** What an action means: the only source for everything that depends on actions. */
interface Meaning {
  /** The request that it takes; null for none. */
  readonly write: 'add' | 'remove' | null;
  /** Whether the type cannot be bought as Spot, because of the action or of the entry that it concerns. */
  readonly keepsOff: boolean;
  /** Whether the type then has an own entry that the policy wants; a lapsing one is no longer wanted. */
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

/** In the order used everywhere. */
export const ACTION_NAMES = Object.keys(table) as readonly Action[];

/** @returns the actions that meet a condition: `actionsThat(({ isRisky }) => isRisky)` */
export function actionsThat(holds: (meaning: Meaning) => boolean): readonly Action[] {
  return ACTION_NAMES.filter((action) => holds(ACTIONS[action]));
}

/** @returns whether a text from an untrusted result names an action */
export function isAction(text: string): text is Action {
  return Object.hasOwn(table, text);
}
