import { readTemplates } from '../../lambda/castai/templates.ts';
import {
  exclusionsOf,
  type JudgedTemplate,
  judgeTemplates,
} from '../../lambda/domain/instance-types/allowed-types.ts';
import type { SpotType } from '../../lambda/domain/instance-types/spot-type.ts';
import { isRecord } from '../../lambda/input/json.ts';
import type { Clock, EntryUnderTest } from './entry-under-test.ts';
import type { RawAnswer, RawApi } from './raw-api.ts';
import { type Finding, unanswered } from './reads.ts';
import { itemsOf } from './subject.ts';

/*
 * CAST AI evaluates a template itself (`filter-instance-types`). Its answers tell what is undocumented about constraints,
 * and whether an entry has an effect.
 */

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/** More would take longer than they tell. */
const MOST_TEMPLATES = 20;
/** A region's types, one item for each zone, take a few megabytes. */
const MAX_BYTES = 8 * 1024 * 1024;
/** Milliseconds after which an entry may have taken effect. */
const LOOKS = [0, 3 * SECOND, 10 * SECOND];
/** How long an entry lasts whose end is waited for, and how long it is waited for. */
const BRIEF = 5 * MINUTE;
const LONGEST_WAIT = 10 * MINUTE;

type Item = Readonly<Record<string, unknown>>;

/** A template, and the types that CAST AI says it allows. */
interface Evaluated {
  readonly template: Item;
  readonly types: ReadonlyMap<string, Item>;
}

/** What CAST AI says of the cluster's Spot templates. */
export class Evaluation {
  readonly #ask: (template: Item) => Promise<ReadonlyMap<string, Item> | null>;
  /** Whether CAST AI has answered about the last template itself. */
  #isAnswered = false;
  #evaluated: readonly Evaluated[] = [];
  #why = 'the cluster has no Spot template that can be read';

  constructor(api: RawApi, clusterId: string, region: string | null) {
    // By default, what CAST AI takes for duplicates would be missing.
    const path = `/v1/kubernetes/clusters/${encodeURIComponent(clusterId)}/filter-instance-types?disableInstanceTypeDeduplication=true`;
    this.#ask = async (template) => {
      const answer = await api.tryToPost(path, template, MAX_BYTES);
      this.#isAnswered = answer?.body !== undefined || answer?.status === 400;
      const types = answer === null ? null : typesIn(answer, region);
      if (types === null)
        this.#why = `CAST AI does not say which types a template allows (${answer?.status ?? 'no answer'})`;
      return types;
    };
  }

  /** Asks about every Spot template, as CAST AI returned it. */
  async ask(templates: RawAnswer): Promise<void> {
    const evaluated: Evaluated[] = [];
    for (const template of spotTemplatesIn(templates).slice(0, MOST_TEMPLATES)) {
      const types = await this.#ask(template);
      if (types !== null) evaluated.push({ template, types });
      // One refusal is like the next, unless it is the template that is refused, or allows nothing.
      else if (!this.#isAnswered) break;
    }
    this.#evaluated = evaluated;
  }

  /** @returns the types that at least one template allows */
  get types(): ReadonlySet<string> {
    return new Set(this.#evaluated.flatMap(({ types }) => [...types.keys()]));
  }

  /**
   * Compares CAST AI's answers with what a run assumes.
   *
   * @param feed every type of the region; null if the feed could not be read
   * @param isBlacklisted whether an entry keeps a type off Spot, which may be why CAST AI leaves it out
   */
  compare(feed: readonly SpotType[] | null, isBlacklisted: (instanceType: string) => boolean): Finding[] {
    const id = 'templates';
    const question = 'Does CAST AI read templates as a run does';
    if (this.#evaluated.length === 0) return [unanswered(id, question, this.#why)];
    const known = feed?.filter(({ instanceType }) => !isBlacklisted(instanceType)) ?? [];
    if (known.length === 0)
      return [unanswered(id, question, "the feed's types of the region are not known"), this.#aboutTypes()];
    const tally = tallyOf(this.#evaluated, known);
    const wrong = tally.allowed.size + tally.missing;
    return [
      {
        ...{ id, question },
        found:
          wrong === 0
            ? `Yes, in ${countOf(this.#evaluated.length, 'template')}`
            : `Not always: ${[...(tally.missing > 0 ? [`${tally.missing} surely allowed types are missing`] : []), ...described(tally.allowed, (count) => `allowed nevertheless: ${count}`)].join('; ')}`,
        means:
          wrong === 0
            ? "The templates' floors hold what CAST AI would buy"
            : "Report this: a template's floor may be held by types that it never gets",
        facts: {
          templates: this.#evaluated.length,
          missing: tally.missing,
          ...flat('allowed', tally.allowed),
        },
      },
      aboutDoubts(tally.doubts),
      this.#aboutTypes(),
    ];
  }

  #aboutTypes(): Finding {
    const all = new Map(this.#evaluated.flatMap(({ types }) => [...types]));
    const items = [...all.values()];
    const options = new Map<string, Set<string>>();
    for (const { storageOptimizedOption: option, family, name } of items) {
      if (typeof option !== 'string' || !/^[A-Za-z]{1,20}$/.test(option)) continue;
      const of = typeof family === 'string' ? family : String(name).split('.')[0];
      options.set(option, (options.get(option) ?? new Set()).add(of ?? ''));
    }
    const fractional = items.filter(({ availableGpuDevices: devices }) =>
      Array.isArray(devices) ? devices.some((one) => isRecord(one) && one['fractional'] === true) : false,
    ).length;
    const burstable = items.filter((item) => item['burstable'] === true).length;
    return {
      id: 'types',
      question: 'How does CAST AI describe types',
      found: [
        ...[...options].map(([option, families]) => `storage optimized ${option}: ${families.size} families`),
        `burstable: ${countOf(burstable, 'type')}`,
        `fractional GPUs: ${countOf(fractional, 'type')}`,
      ].join('; '),
      means: 'It shows what storageOptimized, burstable and fractionalGpus select',
      facts: {
        burstable,
        fractional,
        ...Object.fromEntries(
          [...options].map(([option, families]) => [`storage${option}`, [...families].sort().join(' ')]),
        ),
      },
    };
  }

  /** Whether the entry, which must exist, keeps its type from being offered. */
  async askWhetherItActs({ key: { instanceType } }: EntryUnderTest, clock: Clock): Promise<Finding> {
    const id = 'acts';
    const question = 'Does an entry keep CAST AI from choosing its type';
    const asked = this.#withType(instanceType);
    if (asked === undefined) return notTried(id, question, this.#whyNot(instanceType));
    for (const pause of LOOKS) {
      if (pause > 0) await clock.wait(pause);
      const types = await this.#ask(asked.template);
      if (types === null) return unanswered(id, question, this.#why);
      if (types.has(instanceType)) continue;
      return {
        ...{ id, question },
        found: 'Yes: the type is no longer offered',
        means: 'An entry for one type, Spot only, has an effect',
        facts: { acts: true },
      };
    }
    return {
      ...{ id, question },
      found: 'It is still offered',
      means:
        'Either that answer does not heed the blacklist, or the entry has no effect: watch whether a blacklisted type is bought',
      facts: { acts: false },
    };
  }

  /**
   * Waits until an entry has expired. The entry must not exist yet.
   *
   * @param acts the finding of `askWhetherItActs`
   */
  async askWhetherExpiryIsEnforced(
    entry: EntryUnderTest,
    clock: Clock,
    acts: Finding,
    mayWait: boolean,
  ): Promise<Finding> {
    const id = 'enforced';
    const question = 'Is an expiry enforced';
    const { instanceType } = entry.key;
    const asked = this.#withType(instanceType);
    if (asked === undefined || acts.facts['acts'] !== true)
      return notTried(id, question, 'it is not known to have an effect');
    if (!mayWait) return notTried(id, question, 'it takes up to ten minutes; add --wait');
    const { answer, expiresAt } = await entry.add(BRIEF, 0);
    if (answer.status >= 300)
      return notTried(id, question, `so short an expiry is refused (${answer.status})`);
    const from = clock.now();
    while (clock.now() - from < LONGEST_WAIT) {
      await clock.wait(MINUTE);
      const types = await this.#ask(asked.template);
      if (types === null) return unanswered(id, question, this.#why);
      // Offered before its time, it says nothing about the expiry.
      if (!types.has(instanceType) || clock.now() < expiresAt) continue;
      const minutes = Math.max(0, Math.round((clock.now() - expiresAt) / MINUTE));
      return {
        ...{ id, question },
        found: `Yes: the type is offered again, ${countOf(minutes, 'minute')} after it`,
        means: 'Entries end by themselves when they should',
        facts: { enforced: true, minutes },
      };
    }
    return {
      ...{ id, question },
      found: 'Not within five minutes after it',
      means: 'Do not rely on expiries: run clear when you stop using this project',
      facts: { enforced: false },
    };
  }

  #withType(instanceType: string): Evaluated | undefined {
    return this.#evaluated.find(({ types }) => types.has(instanceType));
  }

  #whyNot(instanceType: string): string {
    return this.#evaluated.length === 0 ? this.#why : `no template allows ${instanceType}`;
  }
}

/** @returns the enabled templates that may buy Spot, each as CAST AI returned it */
function spotTemplatesIn(answer: RawAnswer): Item[] {
  return itemsOf(answer)
    .map(({ template }) => template)
    .filter(isRecord)
    .filter((template) => judgedAs(template) !== undefined);
}

function judgedAs(template: Item) {
  const text = JSON.stringify({ items: [{ template }] });
  return readTemplates({ status: 200, text, requestId: null, headers: {} }).value?.templates[0];
}

/** @returns the types by name, of the region only; null for anything that is not such an answer */
function typesIn({ body }: RawAnswer, region: string | null): ReadonlyMap<string, Item> | null {
  const items = isRecord(body) ? body['availableInstanceTypes'] : undefined;
  if (!Array.isArray(items)) return null;
  const types = new Map<string, Item>();
  for (const item of items.filter(isRecord)) {
    const isHere = region === null || typeof item['region'] !== 'string' || item['region'] === region;
    if (isHere && typeof item['name'] === 'string') types.set(item['name'], item);
  }
  return types.size === 0 ? null : types;
}

/** Constraint -> how many types are allowed that it seemed to exclude, or of which it was in doubt. */
type Counts = Map<string, number>;

/** Both kinds of a constraint's doubtful types: those that CAST AI allows, and the others. */
type Doubts = Map<string, { allowed: number; excluded: number }>;

function tallyOf(evaluated: readonly Evaluated[], known: readonly SpotType[]) {
  const allowed: Counts = new Map();
  const doubts: Doubts = new Map();
  let missing = 0;
  for (const { template: raw, types } of evaluated) {
    const template = judgedAs(raw);
    if (template === undefined) continue;
    const [judged] = judgeTemplates([template], known) as [JudgedTemplate];
    for (const [type, excluding] of exclusionsOf(template, known)) {
      const isOffered = types.has(type);
      // Accelerated types that no one asked for are left out because of their taints, not by a constraint.
      const constraints = excluding.filter((name) => name !== 'accelerated');
      if (isOffered) for (const name of constraints) allowed.set(name, (allowed.get(name) ?? 0) + 1);
      const open = judged.allowed.get(type);
      // What a constraint that cannot be judged at all excludes is no surprise.
      if (open?.length === 0 && !isOffered && template.constraints.unjudged.length === 0) missing += 1;
      const [doubt, ...others] = open ?? [];
      if (doubt === undefined || others.length > 0) continue;
      const count = doubts.get(doubt) ?? { allowed: 0, excluded: 0 };
      doubts.set(doubt, count);
      count[isOffered ? 'allowed' : 'excluded'] += 1;
    }
  }
  return { allowed, doubts, missing };
}

function aboutDoubts(doubts: Doubts): Finding {
  const found = [...doubts].map(
    ([name, { allowed, excluded }]) => `${name}: ${allowed} of ${allowed + excluded} allowed`,
  );
  return {
    id: 'doubts',
    question: 'Does CAST AI allow types that a template may or may not allow',
    found: found.length === 0 ? 'There are none' : found.join('; '),
    means:
      found.length === 0
        ? 'These templates leave nothing in doubt'
        : 'Set a constraint explicitly where you want to be sure',
    facts: Object.fromEntries(
      [...doubts].flatMap(([name, { allowed, excluded }]) => [
        [`${name} allowed`, allowed],
        [`${name} excluded`, excluded],
      ]),
    ),
  };
}

function notTried(id: string, question: string, why: string): Finding {
  return { ...unanswered(id, question, why), found: `Not tried: ${why}` };
}

function described(counts: Counts, words: (count: string) => string): string[] {
  return counts.size === 0 ? [] : [words([...counts].map(([name, count]) => `${name} ${count}`).join(', '))];
}

function flat(prefix: string, counts: Counts): Record<string, number> {
  return Object.fromEntries([...counts].map(([name, count]) => [`${prefix} ${name}`, count]));
}

function countOf(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
