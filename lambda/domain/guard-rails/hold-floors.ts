import type { Blacklist } from '../blacklist/blacklist.ts';
import { endEntry, hasLostEvidence, whyUnknown } from '../decide.ts';
import { ACTIONS, type Decision, isWanted, shownTime } from '../decision.ts';
import { riskOf, type SpotType } from '../instance-types/spot-type.ts';
import type { BoughtNodes } from '../instance-types/template.ts';
import { countOf } from '../words.ts';
import { type Floor, sparedFor } from './floors.ts';

/** A plan's decisions once the floors are held. */
interface Held {
  readonly decisions: readonly Decision[];
  /** The types that a floor keeps available. */
  readonly kept: ReadonlySet<string>;
}

/**
 * Keeps the types available that the floors need when the run ends: none of them is added, and their own entries are
 * released. Entries that are released anyway come first, then those of calm types, so that nothing changes when the others
 * lapse; then risky types, least risky first; last, types about which nothing is known.
 *
 * @param types every type of the region; equal ones by name
 * @param proposals the decisions as they would be without floors
 * @param free the types that no live entry of another owner keeps off
 * @returns the proposals, some of them turned into `spare` or an urgent `release`, or into `lapse` where a removal would
 *   also remove another owner's entry
 */
export function holdFloors(
  types: readonly SpotType[],
  proposals: readonly Decision[],
  floors: readonly Floor[],
  blacklist: Blacklist,
  free: ReadonlySet<string>,
): Held {
  const inTheWay = new Map(
    proposals.filter((one) => isInTheWay(one, blacklist)).map((one) => [one.instanceType, one]),
  );
  const rank = (type: SpotType) => {
    const decision = inTheWay.get(type.instanceType);
    if (decision === undefined || decision.action === 'release') return 0;
    if (!isRisky(decision)) return whyUnknown(type, blacklist) === null ? 1 : 3;
    // A renewal would make it an entry of AWS's band.
    return decision.action === 'keep' && hasLostEvidence(type, blacklist) ? 3 : 2;
  };
  // Within a band, the highest saving comes first, whether or not the type has an own entry. Ties keep their order.
  const candidates = types
    .filter(({ instanceType }) => inTheWay.has(instanceType))
    .sort((a, b) => rank(a) - rank(b) || riskOf(a) - riskOf(b) || b.savings - a.savings)
    .map(({ instanceType }) => instanceType);
  const spared = sparedFor(
    floors,
    free.difference(inTheWay),
    candidates.filter((type) => free.has(type)),
    candidates.filter((type) => !free.has(type)),
  );
  const decisions = proposals.map((decision) => {
    const needing = spared.get(decision.instanceType);
    return needing === undefined ? decision : keptAvailable(decision, needing, blacklist);
  });
  return { decisions, kept: new Set(spared.keys()) };
}

/** @returns whether this target would keep a type off, but could make it available */
export function isInTheWay(decision: Decision, { own, foreignKeys }: Blacklist): boolean {
  const { instanceType, action } = decision;
  if (action === 'add') return true;
  if (!own.has(instanceType) || (action === 'release' && decision.urgent)) return false;
  // An entry that cannot be removed can at least be left unrenewed.
  return isWanted(decision) || !foreignKeys.has(instanceType);
}

function isRisky({ action }: Decision): boolean {
  return ACTIONS[action].isRisky;
}

function keptAvailable(decision: Decision, needing: readonly Floor[], blacklist: Blacklist): Decision {
  const { instanceType, action } = decision;
  const reason = `${decision.reason}${isRisky(decision) ? ', but' : ';'} kept available${causesOf(needing)}`;
  return action === 'add'
    ? { ...decision, action: 'spare', reason, expiresAt: shownTime(blacklist.coveredUntil(instanceType)) }
    : endEntry(decision, reason, 'urgent', blacklist);
}

/** Names one template and one size only: a cluster can have hundreds that need the same type. */
function causesOf(needing: readonly Floor[]): string {
  const {
    template = [],
    maybe = [],
    class: [machineClass] = [],
    size: [size] = [],
  } = Object.groupBy(needing, ({ kind }) => kind);
  const required = [
    machineClass &&
      `at least ${machineClass.types} types and ${machineClass.families} families of its class, ${machineClass.name}`,
    size && `at least ${countOf(size.types, 'type')} of its size, ${size.name}`,
  ].filter((part) => part !== undefined);
  const asRequired = `${required.join(', and ')}, have to be`;
  const [first] = [...template, ...maybe];
  if (first === undefined) return `: ${asRequired}`;
  const { kind, name, members, types, bought } = first;
  const allows = kind === 'maybe' ? 'may allow' : 'allows';
  const which = `which ${allows} ${countOf(members.size, 'type')}`;
  const forTemplate = bought
    ? ` for the template ${name}, ${which} and needs ${types} of them: ${fallbackInWords(bought)}`
    : ` for the template ${name}, ${which}`;
  const others = new Set([...template, ...maybe].map((floor) => floor.name)).size - 1;
  const forOthers = others > 0 && `, and for ${countOf(others, 'other template')}`;
  return `${forTemplate}${forOthers || ''}${required.length > 0 ? `, and because ${asRequired}` : ''}`;
}

/** @returns the share of a template's nodes: `12 of its 40 nodes (30%) had to be bought on-demand, because Spot was short` */
export function fallbackInWords({ spot, fallback }: BoughtNodes): string {
  const share = Math.round((100 * fallback) / (spot + fallback));
  return `${fallback} of its ${countOf(spot + fallback, 'node')} (${share}%) had to be bought on-demand, because Spot was short`;
}
