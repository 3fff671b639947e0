import type { Blacklist } from '../blacklist/blacklist.ts';
import { ACTIONS, type Decision, type Policy, shownTime } from '../decision.ts';
import { holdersOf, type JudgedTemplate } from '../instance-types/allowed-types.ts';
import type { SpotType } from '../instance-types/spot-type.ts';
import type { BoughtNodes } from '../instance-types/template.ts';
import { HOUR, hashOf } from '../words.ts';
import { availableAfter } from './availability.ts';
import type { Floor } from './floors.ts';
import { fallbackInWords, holdFloors, isInTheWay } from './hold-floors.ts';

/*
 * A template that buys on-demand because Spot is short gets types back, at once and in proportion; they are added again
 * over a day. CAST AI's list and its node counts are the only state.
 */

/** Fewer fallback nodes are no shortage. */
const MIN_FALLBACK_NODES = 2;

/** Types are given back only above this share of fallback nodes, in percent ... */
const GIVE_BACK_ABOVE = 10;

/** ... and nothing is added at this share or above. Between the two, nothing changes. */
const ADD_NOTHING_FROM = 5;

/** The most that is given back, in percent of what is kept off. */
const MAX_GIVEN_BACK = 90;

/**
 * When a scheduled run, or its round, was due, and the time since the one before it; where that is unknown, when it started,
 * and the longest time between two: in milliseconds.
 */
export interface Schedule {
  /** Since 1970. */
  readonly startedAt: number;
  readonly gap: number;
}

/** What is decided without fallback, and what that depends on. */
interface Situation {
  /** Every type of the region. */
  readonly types: readonly SpotType[];
  /** With every other floor held. */
  readonly decisions: readonly Decision[];
  readonly templates: readonly JudgedTemplate[];
  readonly policy: Policy;
  readonly blacklist: Blacklist;
  /** The types that no live entry of another owner keeps off. */
  readonly free: ReadonlySet<string>;
  /** The types that the user wants kept off whatever happens: fallback does not concern them. */
  readonly always: ReadonlySet<string>;
  /** Undefined for runs without one. */
  readonly schedule: Schedule | undefined;
}

/** A template with fallback nodes, and the types that hold its floor. */
interface FallbackTemplate {
  readonly judged: JudgedTemplate;
  readonly bought: BoughtNodes;
  readonly members: ReadonlySet<string>;
}

/** The decisions, and the floors in types that were raised. */
interface Relaxed {
  readonly decisions: readonly Decision[];
  readonly raised: ReadonlyMap<JudgedTemplate, number>;
}

/**
 * Relaxes a plan where a template has fallback nodes: raises its floor, and only gradually adds types that it could buy.
 * More fallback never leaves it fewer types.
 */
export function relaxOnFallback(situation: Situation): Relaxed {
  const { policy, templates, decisions } = situation;
  const fallbackTemplates = templates.flatMap((judged): FallbackTemplate[] => {
    const { bought } = judged.template;
    return bought === null || bought.fallback === 0 ? [] : [{ judged, bought, members: holdersOf(judged) }];
  });
  if (!policy.relaxOnFallback || fallbackTemplates.length === 0) return { decisions, raised: new Map() };
  const { decisions: given, raised } = giveBack(situation, fallbackTemplates);
  return { decisions: addGradually(given, situation, fallbackTemplates), raised };
}

function giveBack(situation: Situation, fallbackTemplates: readonly FallbackTemplate[]): Relaxed {
  const { types, decisions, blacklist, free, always } = situation;
  const inTheWay = decisions.filter((decision) => isInTheWay(decision, blacklist));
  const typesThat = (isRisky: boolean) =>
    inTheWay.filter(({ action }) => ACTIONS[action].isRisky === isRisky).map((one) => one.instanceType);
  const keptOff = typesThat(true);
  // Entries that end anyway are not released early for this: as many types come back without them as with them.
  const ending = new Set(typesThat(false));
  const available = availableAfter(types, decisions, blacklist, free).difference(ending);
  const fixed = new Set(keptOff.filter((type) => always.has(type)));
  const inQuestion = new Set(keptOff.filter((type) => free.has(type) && !fixed.has(type)));
  const floors = fallbackTemplates.flatMap(({ judged, bought, members }): [JudgedTemplate, Floor][] => {
    const back = backOf(bought, members.intersection(inQuestion).size);
    if (back === 0) return [];
    const floor = members.intersection(available).size + back;
    const { name } = judged.template;
    return [[judged, { name, kind: 'template', members, types: floor, families: 0, bought }]];
  });
  const lasting = decisions.filter(({ instanceType }) => !ending.has(instanceType));
  const held = holdFloors(
    types,
    lasting,
    floors.map(([, floor]) => floor),
    blacklist,
    free.difference(fixed).difference(ending),
  );
  const heldBy = new Map(held.decisions.map((decision) => [decision.instanceType, decision]));
  return {
    decisions: decisions.map((decision) => heldBy.get(decision.instanceType) ?? decision),
    raised: new Map(floors.map(([judged, floor]) => [judged, floor.types])),
  };
}

/** @returns how many of the types that would be kept off are given back: 12% of fallback gives back 24% of them */
function backOf(bought: BoughtNodes, keptOff: number): number {
  const { spot, fallback } = bought;
  if (fallback < MIN_FALLBACK_NODES || percentOf(bought) <= GIVE_BACK_ABOVE) return 0;
  // In this order, no rounding of the share adds a type.
  return Math.ceil(Math.min((2 * fallback * keptOff) / (spot + fallback), (MAX_GIVEN_BACK * keptOff) / 100));
}

function percentOf({ spot, fallback }: BoughtNodes): number {
  return (100 * fallback) / (spot + fallback);
}

/**
 * Adds types of templates with fallback nodes only in their hour of the day, so that types that were given back are not
 * added at once and given back again in the next run. Where nothing was added yet, nothing can flap; and without a
 * schedule, no later run would add the rest.
 */
function addGradually(
  decisions: readonly Decision[],
  { blacklist, always, schedule }: Situation,
  fallbackTemplates: readonly FallbackTemplate[],
): readonly Decision[] {
  if (blacklist.own.size === 0 || schedule === undefined) return decisions;
  return decisions.map((decision): Decision => {
    const { instanceType, action } = decision;
    if (action !== 'add' || always.has(instanceType)) return decision;
    const isHour = isHourOf(`${blacklist.clusterId} ${instanceType}`, schedule);
    const needing = fallbackTemplates.find(
      ({ bought, members }) => members.has(instanceType) && (!isHour || addsNothing(bought)),
    );
    if (needing === undefined) return decision;
    const { judged, bought } = needing;
    const why = `for the template ${judged.template.name}: ${fallbackInWords(bought)}`;
    const reason = `${decision.reason}, but added back over a day, ${why}`;
    const expiresAt = shownTime(blacklist.coveredUntil(instanceType));
    return { ...decision, action: 'spare', reason, expiresAt };
  });
}

function addsNothing(bought: BoughtNodes): boolean {
  return bought.fallback >= MIN_FALLBACK_NODES && percentOf(bought) >= ADD_NOTHING_FROM;
}

/** @returns whether the hour of the day (UTC) that a text hashes to began between the previous run and this one */
function isHourOf(text: string, { startedAt, gap }: Schedule): boolean {
  const hour = Math.floor(24 * hashOf(`hour ${text}`));
  const latest = Math.floor(startedAt / HOUR);
  const earliest = Math.floor((startedAt - gap) / HOUR) + 1;
  // Hours since 1970 start at midnight.
  const next = earliest + ((((hour - earliest) % 24) + 24) % 24);
  return next <= latest;
}
