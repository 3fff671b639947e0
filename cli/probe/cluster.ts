import { isRecord } from '../../lambda/input/json.ts';
import type { RawAnswer, RawApi } from './raw-api.ts';
import { type Finding, unanswered } from './reads.ts';
import { itemsOf } from './subject.ts';

/** What a probe reads beside what a run does; null without an answer. */
export interface Extras {
  readonly fallback: RawAnswer | null;
  readonly rules: RawAnswer | null;
}

/** Megabytes are enough for a page of each. */
const MAX_BYTES = 16 * 1024 * 1024;

/** @returns the answers that no run depends on */
export async function readExtras(api: RawApi, clusterId: string): Promise<Extras> {
  const cluster = encodeURIComponent(clusterId);
  const nodes = `/v1/kubernetes/external-clusters/${cluster}/nodes`;
  return {
    fallback: await api.tryToGet(
      `${nodes}?lifecycleType=fallback&excludeDeleting=true&page.limit=500`,
      MAX_BYTES,
    ),
    // Only looked at: what a rule does is not documented.
    rules: await api.tryToGet('/inventory/v1/instance-blacklist-rules', MAX_BYTES),
  };
}

/** @returns what a run may assume about nodes, templates' counts and policies of this cluster */
export function findCluster(
  answers: Readonly<Record<'clusters' | 'templates' | 'nodes' | 'policies', RawAnswer>>,
  { fallback, rules }: Extras,
): Finding[] {
  return [
    aboutStats(answers.templates),
    aboutFallback(fallback),
    aboutOwners([...itemsOf(answers.nodes), ...(fallback === null ? [] : itemsOf(fallback))]),
    aboutAutoscaler(answers.clusters, answers.policies),
    aboutRules(rules),
  ];
}

function aboutStats(templates: RawAnswer): Finding {
  const id = 'stats';
  const question = "Does CAST AI count a template's nodes";
  const stats = itemsOf(templates).map((item) => item['stats']);
  const counted = stats.filter(
    (one) => isRecord(one) && isCount(one['countSpot']) && isCount(one['countFallback']),
  );
  if (stats.length === 0) return unanswered(id, question, 'no template can be read');
  const isAll = counted.length === stats.length;
  return {
    ...{ id, question },
    found: isAll ? 'Yes' : `For ${counted.length} of ${stats.length} templates`,
    means: isAll ? 'It is known how many nodes fall back to on-demand' : 'Fallback may go unnoticed',
    facts: { templates: stats.length, counted: counted.length },
  };
}

function aboutFallback(answer: RawAnswer | null): Finding {
  const id = 'fallback';
  const question = 'Can fallback nodes be told from Spot nodes';
  const nodes = answer === null ? [] : itemsOf(answer);
  if (nodes.length === 0) return unanswered(id, question, 'no node is listed as fallback');
  const spot = nodes.filter((node) => isRecord(node['spotConfig']) && node['spotConfig']['isSpot'] === true);
  return {
    ...{ id, question },
    found: spot.length === 0 ? 'Yes' : `${spot.length} of ${nodes.length} are marked as Spot`,
    means:
      spot.length === 0
        ? 'The number of Spot nodes is right'
        : 'The number of Spot nodes includes some on-demand',
    facts: { fallback: nodes.length, markedAsSpot: spot.length },
  };
}

function aboutOwners(nodes: readonly Record<string, unknown>[]): Finding {
  const id = 'managed';
  const question = 'Does CAST AI manage the Spot nodes';
  if (nodes.length === 0) return unanswered(id, question, 'no node is listed');
  const isManaged = ({ labels }: Record<string, unknown>) =>
    isRecord(labels) && Object.hasOwn(labels, 'provisioner.cast.ai/managed-by');
  const others = nodes.filter((node) => !isManaged(node)).length;
  return {
    ...{ id, question },
    found: others === 0 ? 'All of them' : `Not ${others} of ${nodes.length}`,
    means:
      others === 0
        ? 'The blacklist concerns what replaces them'
        : 'The blacklist does not concern nodes that something else buys',
    facts: { nodes: nodes.length, others },
  };
}

/** The switches that decide whether entries have an effect, and their values that mean no. */
const SWITCHES: readonly (readonly [name: string, path: readonly string[], off: boolean])[] = [
  ['enabled', ['policies', 'enabled'], false],
  ['unschedulablePods', ['policies', 'unschedulablePods', 'enabled'], false],
  ['spotInstances', ['policies', 'spotInstances', 'enabled'], false],
  ['isScopedMode', ['policies', 'isScopedMode'], true],
  ['isPhase2', ['cluster', 'isPhase2'], false],
];

function aboutAutoscaler({ body: cluster }: RawAnswer, { body: policies }: RawAnswer): Finding {
  const root = { cluster, policies };
  const values = SWITCHES.map(([name, path, off]) => ({ name, off, value: at(root, path) }));
  const status = at(root, ['cluster', 'status']);
  const karpenter = isRecord(at(root, ['cluster', 'attributes', 'karpenter']));
  const against = [
    ...values.filter(({ value, off }) => value === off).map(({ name, off }) => `${name} is ${off}`),
    ...(status === 'warning' ? ['the status is warning'] : []),
    ...(karpenter ? ['Karpenter is installed'] : []),
  ];
  const known = values.map(({ name, value }) => [name, typeof value === 'boolean' ? value : null] as const);
  return {
    id: 'autoscaler',
    question: "Does CAST AI's autoscaler buy Spot machines here",
    found: against.length === 0 ? 'Nothing says otherwise' : `Perhaps not: ${against.join(', ')}`,
    means: against.length === 0 ? 'Entries can have an effect' : 'Entries may have no effect in this cluster',
    facts: { ...Object.fromEntries(known), warning: status === 'warning', karpenter },
  };
}

function aboutRules(answer: RawAnswer | null): Finding {
  const id = 'rules';
  const question = 'Is there a newer form of the blacklist (instance-blacklist-rules)';
  if (answer === null) return unanswered(id, question, 'there was no answer');
  const fields = answer.body === undefined ? null : answer.fields;
  return {
    ...{ id, question },
    found: fields === null ? `No (${answer.status})` : `Yes: ${fields}`,
    means:
      fields === null ? 'Nothing changes' : 'Report this: one rule may replace an entry for each cluster',
    facts: { status: answer.status, fields },
  };
}

function at(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((inside, key) => (isRecord(inside) ? inside[key] : undefined), value);
}

function isCount(value: unknown): boolean {
  return typeof value === 'number' && value >= 0;
}
