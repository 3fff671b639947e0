// A cluster over twelve days in which Spot runs short: what giving types back while a template has fallback nodes changes.

import type { Entry } from '../../../lambda/domain/blacklist/blacklist.ts';
import { ACTIONS, type Decision, type Policy } from '../../../lambda/domain/decision.ts';
import { holdersOf, judgeTemplates } from '../../../lambda/domain/instance-types/allowed-types.ts';
import { isAbove, type RegionFeed } from '../../../lambda/domain/instance-types/spot-type.ts';
import type { Template } from '../../../lambda/domain/instance-types/template.ts';
import { planApply } from '../../../lambda/domain/plan.ts';
import { carriedOut, HOUR, NOW, POLICY, realFeed, stateWith, templateOf } from '../../support/plan.ts';
import { mulberry, sample } from './evidence.ts';

export const NODES = 60;
export const HOURS = 300;
/** The hours at which Spot runs short, and for how long. */
const SHORTAGES = [60, 180];
const DAY = 24;
/** The share of nodes that is replaced in an hour. */
const REPLACED = 0.08;
/** The share of fallback nodes that CAST AI tries to replace by Spot in an hour: the others cannot be drained so soon. */
const RESTORED = 0.25;
/** Pods need a size: of each workload, this share of the template's types fits, but some in any case. */
const FITTING = 1 / 6;
const MIN_FITTING = 4;
const WORKLOADS = 6;

/** When a market is short, by the hour. */
interface Market {
  /** The hours at which a shortage is over. */
  readonly ends: readonly number[];
  /** @returns the number of this cluster's nodes for which there is room in a type */
  room(isRisky: boolean, hour: number): number;
  /** @returns the number of Spot nodes that the account may have */
  quota(hour: number): number;
}

const ENDLESS = Number.POSITIVE_INFINITY;
const isShort = (hour: number) => SHORTAGES.some((start) => hour >= start && hour < start + DAY);
/** What the others, who want the same machines, leave of a risky type. */
const LEFT = 2;

const ENDS = SHORTAGES.map((start) => start + DAY);

const CALM_ARE_SHORT: Market = {
  ends: ENDS,
  room: (isRisky, hour) => (!isShort(hour) ? ENDLESS : isRisky ? LEFT : 0),
  quota: () => ENDLESS,
};
const ALL_ARE_SHORT: Market = {
  ends: ENDS,
  room: (_, hour) => (isShort(hour) ? 0 : ENDLESS),
  quota: () => ENDLESS,
};
/** Whatever can be bought, fallback stays as it is. */
const QUOTA: Market = {
  ends: [240],
  room: () => ENDLESS,
  quota: (hour) => (hour >= 60 && hour < 240 ? 45 : ENDLESS),
};

const MIDDLE = templateOf('middle', {
  ...{ architectures: ['x86_64'], burstable: false, bareMetal: false },
  ...{ minCpu: 8, maxCpu: 16, minMemory: 16 * 1024, maxMemory: 128 * 1024 },
});
/** Eight types, half of them risky. */
const TINY = templateOf('tiny', { architectures: ['x86_64'], includeFamilies: ['m5ad'] });
const LARGE = templateOf('very large', { architectures: ['x86_64', 'arm64'], burstable: false });

interface Season {
  readonly template: Template;
  readonly market: Market;
}

/** What is played, with the rule and without. */
export const SEASONS = {
  'calm types run short': { template: MIDDLE, market: CALM_ARE_SHORT },
  'all types run short': { template: MIDDLE, market: ALL_ARE_SHORT },
  'a quota is the cause': { template: MIDDLE, market: QUOTA },
  'calm types of a tiny template run short': { template: TINY, market: CALM_ARE_SHORT },
  'calm types of a very large template run short': { template: LARGE, market: CALM_ARE_SHORT },
} satisfies Readonly<Record<string, Season>>;

export interface SeasonReport {
  /** The template's types, and how many of them are kept off before the first shortage. */
  readonly types: number;
  readonly keptOff: number;
  readonly fallbackHours: number;
  readonly releases: number;
  /** How often the type that changes most is taken or given back. */
  readonly mostChanges: number;
  /** The fewest hours between two additions of one type, both while the template has fallback nodes. */
  readonly betweenAdditions: number;
  /** The hours until all is kept off again, for each shortage, from its end. */
  readonly backAfter: readonly number[];
}

interface Machine {
  /** Null for on-demand, for lack of Spot. */
  type: string | null;
  readonly fits: readonly string[];
}

/** @returns what happens in a season, in which everything but the rule is the same */
export function playFallback({ template, market }: Season, relaxOnFallback: boolean, seed = 7): SeasonReport {
  const feed = feedFor(template);
  const policy = { ...POLICY, minTypesPerArchitecture: 0, minFamiliesPerArchitecture: 0, relaxOnFallback };
  const isRisky = new Map(
    feed.types.map(({ instanceType, band }) => [instanceType, isAbove(band, policy.interruptionThreshold)]),
  );
  const chance = mulberry(seed);
  const [picked, bought] = [mulberry(seed + 1), mulberry(seed + 2)];
  const types = [...isRisky.keys()].sort();
  const fitting = Math.max(MIN_FITTING, Math.round(types.length * FITTING));
  const fits = Array.from({ length: WORKLOADS }, () => sample(types, fitting, picked));
  const nodes = Array.from({ length: NODES }, (_, index): Machine => {
    return { type: null, fits: fits[index % WORKLOADS] ?? [] };
  });
  const spot = () => nodes.filter(({ type }) => type !== null);
  const blacklist = new Blacklist(feed, policy, template);
  let fallbackHours = 0;
  for (let hour = 0; hour < HOURS; hour += 1) {
    blacklist.run(hour, { spot: spot().length, fallback: hour === 0 ? 0 : NODES - spot().length });
    const buy = (node: Machine) => {
      node.type = null;
      if (spot().length >= market.quota(hour)) return;
      const hasRoom = (type: string) =>
        nodes.filter((other) => other.type === type).length < market.room(isRisky.get(type) ?? false, hour);
      const free = node.fits.filter((type) => !blacklist.off.has(type) && hasRoom(type));
      node.type = free[Math.floor(bought() * free.length)] ?? null;
    };
    for (const node of nodes) {
      const isReplaced = chance() < (node.type === null && hour > 0 ? RESTORED : REPLACED);
      if (isReplaced || hour === 0) buy(node);
    }
    fallbackHours += NODES - spot().length;
  }
  return { types: types.length, fallbackHours, ...blacklist.report(market.ends) };
}

const REGION = realFeed('2026-02-13').of('us-east-1', 'Linux');

/** The region with the template's types alone; of very many every second, which takes half of the time. */
function feedFor(template: Template): RegionFeed {
  const [judged] = judgeTemplates([template], REGION.types);
  const holders = judged ? holdersOf(judged) : new Set();
  const types = REGION.types.filter(({ instanceType }) => holders.has(instanceType));
  return { ...REGION, types: types.length < 500 ? types : types.filter((_, index) => index % 2 === 0) };
}

/** The blacklist of the cluster, planned every hour, and what became of each type. */
class Blacklist {
  off: ReadonlySet<string> = new Set();
  readonly #feed: RegionFeed;
  readonly #policy: Policy;
  readonly #template: Template;
  #entries: Entry[] = [];
  #releases = 0;
  readonly #changes = new Map<string, number>();
  readonly #addedAt = new Map<string, number>();
  #betweenAdditions = Number.POSITIVE_INFINITY;
  /** The number of types kept off, by the hour. */
  readonly #sizes: number[] = [];

  constructor(feed: RegionFeed, policy: Policy, template: Template) {
    this.#feed = feed;
    this.#policy = policy;
    this.#template = template;
  }

  run(hour: number, bought: NonNullable<Template['bought']>): void {
    const now = NOW + hour * HOUR;
    const state = {
      ...stateWith(this.#entries, now),
      templates: [{ ...this.#template, bought }],
      schedule: { startedAt: now, gap: HOUR },
    };
    const plan = planApply(this.#feed, this.#policy, state);
    this.#entries = carriedOut(plan, state).filter(({ expiresAt }) => (expiresAt ?? ENDLESS) > now);
    const keepsOff = ({ action }: Decision) => ACTIONS[action].keepsOff;
    const off = new Set(plan.decisions.filter(keepsOff).map(({ instanceType }) => instanceType));
    if (hour > 0)
      for (const type of off.symmetricDifference(this.off))
        this.#changes.set(type, (this.#changes.get(type) ?? 0) + 1);
    const typesTo = (action: Decision['action']) =>
      plan.decisions.filter((one) => one.action === action).map(({ instanceType }) => instanceType);
    this.#releases += typesTo('release').length;
    if (bought.fallback > 0) for (const type of typesTo('add')) this.#noteAddition(type, hour);
    this.off = off;
    this.#sizes.push(off.size);
  }

  #noteAddition(type: string, hour: number): void {
    const before = this.#addedAt.get(type) ?? Number.NEGATIVE_INFINITY;
    this.#betweenAdditions = Math.min(this.#betweenAdditions, hour - before);
    this.#addedAt.set(type, hour);
  }

  report(ends: Market['ends']): Omit<SeasonReport, 'types' | 'fallbackHours'> {
    const keptOff = this.#sizes[0] ?? 0;
    return {
      keptOff,
      releases: this.#releases,
      mostChanges: Math.max(0, ...this.#changes.values()),
      betweenAdditions: this.#betweenAdditions,
      backAfter: ends.map((end) => {
        const back = this.#sizes.slice(end).findIndex((size) => size >= keptOff);
        return back === -1 ? ENDLESS : back;
      }),
    };
  }
}
