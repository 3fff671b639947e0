import { readTemplates } from '../../lambda/castai/templates.ts';
import { exclusionsOf, judgeTemplates } from '../../lambda/domain/instance-types/allowed-types.ts';
import type { SpotType } from '../../lambda/domain/instance-types/spot-type.ts';
import { countOf, MINUTE, SECOND } from '../../lambda/domain/words.ts';
import { isRecord } from '../../lambda/input/json.ts';
import type { Clock, EntryUnderTest } from './entry-under-test.ts';
import { type Finding, finding, notTried, unanswered } from './questions.ts';
import { itemsOf, type RawAnswer, type RawApi } from './raw-api.ts';

/*
 * CAST AI evaluates templates itself (`filter-instance-types`). Its responses show undocumented behaviour of constraints,
 * and whether an entry has an effect.
 */

/** How many templates are evaluated: more would take time and show little more. */
const ASKED_TEMPLATES = 20;
/** A region's types, one item for each zone, take a few megabytes. */
const MAX_BYTES = 8 * 1024 * 1024;
/** Milliseconds after which an entry may have taken effect. */
const LOOKS = [0, 3 * SECOND, 10 * SECOND];
/** The lifetime of the entry whose expiry is awaited, and the longest wait. */
const BRIEF = 5 * MINUTE;
const LONGEST_WAIT = 10 * MINUTE;

type Item = Readonly<Record<string, unknown>>;

/** A template, and the types that CAST AI says it allows. */
interface Evaluated {
  readonly template: Item;
  readonly types: ReadonlyMap<string, Item>;
}

/** CAST AI's evaluation of the cluster's Spot templates. */
export class Evaluation {
  readonly #ask: (template: Item) => Promise<ReadonlyMap<string, Item> | null>;
  /** Whether CAST AI has evaluated the last template, or refused that template only. */
  #isAnswered = false;
  #evaluated: readonly Evaluated[] = [];
  #why = 'the cluster has no Spot template that can be read';

  constructor(api: RawApi, clusterId: string, region: string | null) {
    // By default, types that CAST AI considers duplicates would be missing.
    const path = `/v1/kubernetes/clusters/${encodeURIComponent(clusterId)}/filter-instance-types?disableInstanceTypeDeduplication=true`;
    this.#ask = async (template) => {
      const answer = await api.tryToPost(path, template, MAX_BYTES);
      this.#isAnswered = answer?.body !== undefined || answer?.status === 400;
      const types = answer === null ? null : typesIn(answer, region);
      if (types === null)
        this.#why = `CAST AI does not say which types a template allows (${answer?.status ?? 'no response'})`;
      return types;
    };
  }

  /** Asks about every Spot template, as CAST AI returned it. */
  async ask(templates: RawAnswer): Promise<void> {
    const evaluated: Evaluated[] = [];
    for (const template of spotTemplatesIn(templates).slice(0, ASKED_TEMPLATES)) {
      const types = await this.#ask(template);
      if (types !== null) evaluated.push({ template, types });
      // Further requests would be refused, too, unless only this template is refused, or allows nothing.
      else if (!this.#isAnswered) break;
    }
    this.#evaluated = evaluated;
  }

  /** @returns the types that at least one template allows */
  get types(): ReadonlySet<string> {
    return new Set(this.#evaluated.flatMap(({ types }) => [...types.keys()]));
  }

  /**
   * Compares CAST AI's evaluation with what a run assumes.
   *
   * @param feed every type of the region; null if the feed could not be read
   * @param isBlacklisted whether an entry keeps a type off Spot, which may be why CAST AI leaves it out
   */
  compare(feed: readonly SpotType[] | null, isBlacklisted: (instanceType: string) => boolean): Finding[] {
    if (this.#evaluated.length === 0) return [unanswered('templates', this.#why)];
    const known = feed?.filter(({ instanceType }) => !isBlacklisted(instanceType)) ?? [];
    if (known.length === 0)
      return [unanswered('templates', "the feed's types of the region are not known"), this.#aboutTypes()];
    const tally = tallyOf(this.#evaluated, known);
    return [aboutTemplates(tally, this.#evaluated.length), aboutDoubts(tally), this.#aboutTypes()];
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
    const found = [
      ...[...options].map(([option, families]) => `storage optimized ${option}: ${families.size} families`),
      `burstable: ${countOf(burstable, 'type')}`,
      `fractional GPUs: ${countOf(fractional, 'type')}`,
    ];
    const storage = [...options].map(([option, of]) => [`storage${option}`, [...of].sort().join(' ')]);
    return finding(
      'types',
      'so',
      { burstable, fractional, ...Object.fromEntries(storage) },
      found.join('; '),
    );
  }

  /** Whether the entry, which must exist, keeps its type from being offered. */
  async askWhetherItActs({ key: { instanceType } }: EntryUnderTest, clock: Clock): Promise<Finding> {
    const asked = this.#withType(instanceType);
    if (asked === undefined)
      return notTried(
        'acts',
        this.#evaluated.length === 0 ? this.#why : `no template allows ${instanceType}`,
      );
    for (const pause of LOOKS) {
      if (pause > 0) await clock.wait(pause);
      const types = await this.#ask(asked.template);
      if (types === null) return unanswered('acts', this.#why);
      if (!types.has(instanceType)) return finding('acts', 'yes', { acts: true });
    }
    return finding('acts', 'no', { acts: false });
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
    const { instanceType } = entry.key;
    const asked = this.#withType(instanceType);
    if (asked === undefined || acts.facts['acts'] !== true)
      return notTried('enforced', 'it is not known to have an effect');
    if (!mayWait) return notTried('enforced', 'it takes up to ten minutes; add --wait');
    const { answer, expiresAt } = await entry.add(BRIEF, 0);
    if (answer.status >= 300) return notTried('enforced', `so short an expiry is refused (${answer.status})`);
    const from = clock.now();
    while (clock.now() - from < LONGEST_WAIT) {
      await clock.wait(MINUTE);
      const types = await this.#ask(asked.template);
      if (types === null) return unanswered('enforced', this.#why);
      // If it is offered before it expires, that says nothing about the expiry.
      if (!types.has(instanceType) || clock.now() < expiresAt) continue;
      const minutes = Math.max(0, Math.round((clock.now() - expiresAt) / MINUTE));
      return finding('enforced', 'yes', { enforced: true, minutes }, countOf(minutes, 'minute'));
    }
    return finding('enforced', 'no', { enforced: false });
  }

  #withType(instanceType: string): Evaluated | undefined {
    return this.#evaluated.find(({ types }) => types.has(instanceType));
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

/** @returns the types by name, of the region only; null for any other response */
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

/** How CAST AI's evaluation differs from what a run assumes. */
interface Tally {
  /** Constraint -> how many types are allowed although it seemed to exclude them. */
  readonly allowed: ReadonlyMap<string, number>;
  /**
   * Constraint -> of the types that are in doubt because of it alone, how many CAST AI allows, and how many it does not.
   */
  readonly doubts: ReadonlyMap<string, { readonly allowed: number; readonly excluded: number }>;
  /** How many types are not allowed although they surely should be. */
  readonly missing: number;
}

function tallyOf(evaluated: readonly Evaluated[], known: readonly SpotType[]): Tally {
  const allowed = new Map<string, number>();
  const doubts = new Map<string, { allowed: number; excluded: number }>();
  let missing = 0;
  for (const { template: raw, types } of evaluated) {
    const template = judgedAs(raw);
    if (template === undefined) continue;
    const [judged] = judgeTemplates([template], known);
    for (const [type, excluding] of exclusionsOf(template, known)) {
      const isOffered = types.has(type);
      // Accelerated types that are not asked for are left out because of their taints, not by a constraint.
      const constraints = excluding.filter((name) => name !== 'accelerated');
      if (isOffered) for (const name of constraints) allowed.set(name, (allowed.get(name) ?? 0) + 1);
      const open = judged?.allowed.get(type);
      // If a constraint cannot be evaluated at all, a missing type is no surprise.
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

function aboutTemplates({ allowed, missing }: Tally, templates: number): Finding {
  const facts = Object.fromEntries([...allowed].map(([name, count]) => [`allowed ${name}`, count]));
  const counts = [...allowed].map(([name, count]) => `${name} ${count}`).join(', ');
  const wrong = [
    ...(missing > 0 ? [`${missing} surely allowed types are missing`] : []),
    ...(counts === '' ? [] : [`allowed nevertheless: ${counts}`]),
  ];
  const found = wrong.length === 0 ? countOf(templates, 'template') : wrong.join('; ');
  return finding('templates', wrong.length === 0 ? 'yes' : 'no', { templates, missing, ...facts }, found);
}

function aboutDoubts({ doubts }: Tally): Finding {
  const found = [...doubts].map(
    ([name, { allowed, excluded }]) => `${name}: ${allowed} of ${allowed + excluded} allowed`,
  );
  const facts = [...doubts].flatMap(([name, { allowed, excluded }]) => [
    [`${name} allowed`, allowed],
    [`${name} excluded`, excluded],
  ]);
  return finding('doubts', found.length === 0 ? 'none' : 'some', Object.fromEntries(facts), found.join('; '));
}
