import type { Action } from './action.ts';
import { availableAfter } from './availability.ts';
import type { Blacklist } from './blacklist.ts';
import { type Decision, isWanted, shownTime } from './decision.ts';
import { type Floor, sparedFor } from './floor.ts';
import { riskOf, type SpotType } from './spot-type.ts';

/**
 * Spares what has to stay available, in two steps. First what the floors require in the long run, when own entries
 * that are no longer wanted have lapsed; then, until they have, further additions.
 *
 * @param types every type of the region; equal ones by name
 * @param proposals the decisions as they would be without floors, riskiest first
 * @param free the types that no live entry of another owner keeps off
 * @returns the proposals, some of them turned into `spare`
 */
export function holdFloors(
  types: readonly SpotType[],
  proposals: readonly Decision[],
  floors: readonly Floor[],
  blacklist: Blacklist,
  free: ReadonlySet<string>,
): readonly Decision[] {
  const leastRisky = types.toSorted(leastRiskyFirst).map(({ instanceType }) => instanceType);
  const spareIn = (
    decisions: readonly Decision[],
    actions: readonly Action[],
    available: ReadonlySet<string>,
  ) => {
    const candidates = new Set(
      decisions.filter(({ action }) => actions.includes(action)).map(({ instanceType }) => instanceType),
    );
    if (candidates.size === 0) return decisions;
    const inQuestion = leastRisky.filter((type) => candidates.has(type));
    const sparable = inQuestion.filter((type) => free.has(type));
    const others = inQuestion.filter((type) => !free.has(type));
    const spared = sparedFor(floors, available, sparable, others);
    if (spared.size === 0) return decisions;
    return decisions.map((decision) => {
      const needing = spared.get(decision.instanceType);
      return needing === undefined ? decision : sparedDecision(decision, needing, blacklist);
    });
  };
  const risky = new Set(proposals.filter(isWanted).map(({ instanceType }) => instanceType));
  const steady = spareIn(proposals, ['add', 'renew', 'keep'], free.difference(risky));
  return spareIn(steady, ['add'], availableAfter(types, steady, blacklist, free));
}

/**
 * The order in which types are spared: lowest risk first, and in a band the highest saving first. Equal ones keep their
 * order.
 */
function leastRiskyFirst(a: SpotType, b: SpotType): number {
  return riskOf(a) - riskOf(b) || b.savings - a.savings;
}

function sparedDecision(
  decision: Decision,
  needing: readonly Floor[],
  { blacklistedUntil, coveredUntil, own, foreignKeys }: Blacklist,
): Decision {
  const { instanceType } = decision;
  const reason = `${decision.reason}, but kept available${causesOf(needing)}`;
  // An own entry without expiry would keep it off for good.
  if (own.get(instanceType) === Number.POSITIVE_INFINITY && !foreignKeys.has(instanceType))
    return { ...decision, action: 'release', reason, expiresAt: null };
  const until = Math.max(blacklistedUntil(instanceType), coveredUntil(instanceType));
  return { ...decision, action: 'spare', reason, expiresAt: shownTime(until) };
}

/** Names one template only: a cluster can have hundreds that need the same type. */
function causesOf(needing: readonly Floor[]): string {
  const { template: [template, ...others] = [], class: [machineClass] = [] } = Object.groupBy(
    needing,
    ({ kind }) => kind,
  );
  const forClass =
    machineClass &&
    `at least ${machineClass.types} types and ${machineClass.families} families of its class, ${machineClass.name}, have to be`;
  if (template === undefined) return `: ${forClass}`;
  const { name, members } = template;
  const forTemplate = ` for the template ${name}, which allows ${countOf(members.size, 'type')}`;
  const forOthers = others.length > 0 && `, and for ${countOf(others.length, 'other template')}`;
  return `${forTemplate}${forOthers || ''}${forClass ? `, and because ${forClass}` : ''}`;
}

function countOf(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
