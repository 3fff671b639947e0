import type { OwnSummary } from './own-evidence/evidence.ts';

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

interface Facts {
  readonly instanceType: string;
  /** The label; null if the feed lacks the type, or was not read. */
  readonly band: string | null;
  /** Average saving over on-demand, in percent; null if `band` is. */
  readonly savings: number | null;
  /** Why, for the user. */
  readonly reason: string;
  /** What happened to the account's own machines of the type, in whole numbers; omitted if that is unknown. */
  readonly own?: OwnSummary;
  /** The number of Spot nodes of the type that the cluster runs; omitted if there are none, or if it is unknown. */
  readonly nodes?: number;
  /** What makes the type risky, where it is neither AWS's band nor the always list. */
  readonly cause?: 'own evidence';
  /** Why it must not be written in this run, for the user; omitted if it may be. */
  readonly problem?: string;
}

/** An own entry to be written. */
export interface Placement extends Facts {
  readonly action: 'add' | 'renew';
  /** The entry's expiry: milliseconds since 1970. */
  readonly expiresAt: number;
}

/** An own entry to be removed before it lapses. */
interface Release extends Facts {
  readonly action: 'release';
  readonly expiresAt: null;
  /** Whether the never list asks for it or a floor needs it; otherwise the type is calm, and its entry might as well lapse. */
  readonly urgent: boolean;
}

interface OtherDecision extends Facts {
  readonly action: Exclude<Action, (Placement | Release)['action']>;
  /** Until when the type is blacklisted anyway: milliseconds since 1970; null for not at all or no expiry. */
  readonly expiresAt: number | null;
}

/** One instance type, and the action for it. */
export type Decision = Placement | Release | OtherDecision;

export function isPlacement(decision: Decision): decision is Placement {
  return ACTIONS[decision.action].write === 'add';
}

/** @returns whether a decision removes an entry only because its type is calm: every other removal is urgent */
export function isCalmRelease(decision: Decision): decision is Release {
  return decision.action === 'release' && !decision.urgent;
}

/** @returns whether a decision is to be written to CAST AI */
export function isWrite({ action, problem }: Pick<Decision, 'action' | 'problem'>): boolean {
  return ACTIONS[action].write !== null && problem === undefined;
}

/** @returns whether a decision leaves the type with an own entry that the policy wants */
export function isWanted({ action }: Decision): boolean {
  return ACTIONS[action].isWanted;
}

/** A time (milliseconds since 1970) as a decision shows it: null for "not at all" (0) and "no expiry" (Infinity). */
export function shownTime(expiresAt: number): number | null {
  return expiresAt > 0 && Number.isFinite(expiresAt) ? expiresAt : null;
}

/** What a run blacklists, and its limits. */
export interface Policy {
  /** The interruption percentage that the user tolerates: 0, or from 1 to below 100. */
  readonly interruptionThreshold: number;
  /** How long an entry lasts, in hours: 1 to 168. */
  readonly blacklistHours: number;
  /** The floor: how many types of each machine class stay available. 0 disables it. */
  readonly minTypesPerArchitecture: number;
  /** The floor: how many families of each machine class stay available. 0 disables it. */
  readonly minFamiliesPerArchitecture: number;
  /** The floor: how many of the types that each Spot template allows stay available. 0 disables it. */
  readonly minTypesPerTemplate: number;
  /** The floor: how many types of each common machine size stay available. 0 disables it. */
  readonly minTypesPerSize: number;
  /** Whether a template's floor rises while it has to buy on-demand instead of Spot. */
  readonly relaxOnFallback: boolean;
  /** The share of the risky types that is kept off, in percent: 1 to 100. */
  readonly rollout: number;
  /** The ceiling: the share of the region's types that may be blacklisted, 0 to 1. */
  readonly maxBlacklistShare: number;
  /** Type globs that are never blacklisted; they take precedence over `alwaysBlacklist`. */
  readonly neverBlacklist: readonly string[];
  /** Type globs that are blacklisted whatever their band. */
  readonly alwaysBlacklist: readonly string[];
  /** Whether own entries of types that are no longer risky are removed instead of lapsing. */
  readonly releaseCalm: boolean;
}
