import { ACTIONS, isAction } from '../../lambda/domain/decision.ts';
import type { DecisionResult } from '../../lambda/report/result.ts';
import { ownCell } from '../views/evidence-view.ts';
import type { ShownDecision } from '../views/read-result.ts';
import type { TypeFacts } from './types.ts';

/** What was decided about a type and its outcome, in one cluster or in several, in the words of the page. */
export interface State {
  /** `none` if nothing had to be decided. */
  readonly action: string;
  /** The name of its mark on the map; empty for none. */
  readonly mark: string;
  /** Empty if it was not written. */
  readonly outcome: string;
  /** Until when it is blacklisted, in UTC; empty for not at all, no expiry, or if it is unknown. */
  readonly until: string;
  readonly reason: string;
  /** Why it was not written; empty if it was. */
  readonly problem: string;
  /** Whether the run changes something, or would. */
  readonly isChange: boolean;
  /** Whether it can be bought as Spot: after the run, or, of a dry run, once its plan is carried out. */
  readonly isAvailable: boolean;
}

export const NO_ACTION = 'none';

/** The mark of types that other owners blacklist, and of those with different marks in different clusters. */
export const OTHERS = 'others';
export const MIXED = 'mixed';

/** Outcomes that need no attention: a postponed write is not needed yet. */
const SETTLED = ['succeeded', 'postponed'];

/**
 * @param decision null if nothing had to be decided
 * @param isForeign whether another owner's entry keeps the type off, although its decision, if any, does not say so
 * @param threshold percent; null if unknown
 */
export function stateOf(
  facts: TypeFacts,
  decision: ShownDecision | null,
  isForeign: boolean,
  threshold: number | null,
): State {
  if (decision === null) {
    return {
      ...{ action: NO_ACTION, mark: isForeign ? OTHERS : '', outcome: '', until: '', problem: '' },
      reason: isForeign ? 'calm, but another owner blacklists it' : whyCalm(facts, threshold),
      ...{ isChange: false, isAvailable: !isForeign },
    };
  }
  const { action, reason, expiresAt, outcome, problem } = decision;
  return {
    ...{ action, reason, mark: isAction(action) ? action : '' },
    outcome: outcome ?? '',
    // The time of a write that was not done is not an entry's.
    until: isWritten(outcome) ? (expiresAt?.slice(0, 16).replace('T', ' ') ?? '') : '',
    problem: problem ?? '',
    isChange: isAction(action) && ACTIONS[action].write !== null,
    isAvailable: !isForeign && !isKeptOff(decision),
  };
}

/** Whether a write, if there was to be one, was done. */
function isWritten(outcome: string | undefined): boolean {
  return outcome === undefined || outcome === 'succeeded';
}

/** A write that was not done leaves everything as it was. */
export function isKeptOff({ action, outcome }: Pick<DecisionResult, 'action' | 'outcome'>): boolean {
  // A result of another version may name an action that this one does not know.
  if (!isAction(action)) return false;
  const { keepsOff, write } = ACTIONS[action];
  return isWritten(outcome) ? keepsOff : action === 'renew' || write === 'remove';
}

function whyCalm({ band, savings, own }: TypeFacts, threshold: number | null): string {
  if (own?.isCalm) return `calm by own evidence, whatever its band: ${ownCell(own)}`;
  if (band?.startsWith('<') && savings === 0)
    return 'no evidence: never interrupted and no saving is what the feed says of types it knows nothing about';
  return threshold === null ? 'calm' : `calm: ${band} is within the tolerated ${threshold}%`;
}

/** @returns one state for several clusters: what all agree on, or else how many are for what */
export function merged(states: readonly State[]): State {
  const [first] = states;
  if (first === undefined || states.every((state) => state === first)) return first ?? NOTHING;
  const reasons = tally(states.map(({ reason }) => reason));
  const others = reasons.length - 1;
  const times = [...new Set(states.map(({ until }) => until))].sort();
  return {
    action: counted(states.map(({ action }) => action)),
    mark: states.every(({ mark }) => mark === first.mark) ? first.mark : MIXED,
    outcome: counted(states.flatMap(({ outcome }) => outcome || [])),
    until: times.length === 1 ? (times[0] ?? '') : `${times.find(Boolean) ?? ''} or later`,
    reason: `${reasons[0]?.[0] ?? ''}${others > 0 ? ` (and ${others} other ${others === 1 ? 'reason' : 'reasons'})` : ''}`,
    problem: tally(states.flatMap(({ problem }) => problem || []))[0]?.[0] ?? '',
    isChange: states.some(({ isChange }) => isChange),
    isAvailable: states.every(({ isAvailable }) => isAvailable),
  };
}

/** Whether an outcome, of one write or counted over several, needs no attention. */
export function isGood(outcome: string): boolean {
  return outcome === '' || outcome.split(', ').every((part) => SETTLED.includes(part.replace(/ \d+$/, '')));
}

const NOTHING: State = {
  ...{ action: NO_ACTION, mark: '', outcome: '', until: '', reason: '', problem: '' },
  ...{ isChange: false, isAvailable: true },
};

/** @returns `add` if all say so, else `add 38, keep 2` */
function counted(words: readonly string[]): string {
  const counts = tally(words);
  return counts.length < 2
    ? (counts[0]?.[0] ?? '')
    : counts.map(([word, count]) => `${word} ${count}`).join(', ');
}

/** @returns each word and how often it occurs, the most frequent first */
function tally(words: readonly string[]): [string, number][] {
  return [...Map.groupBy(words, (word) => word)]
    .map(([word, same]): [string, number] => [word, same.length])
    .sort(([, a], [, b]) => b - a);
}
