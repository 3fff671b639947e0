import { BLACKLIST } from '../../lambda/castai/client.ts';
import { isSetTime } from '../../lambda/domain/blacklist/blacklist.ts';
import { MINUTE } from '../../lambda/domain/words.ts';
import { isRecord } from '../../lambda/input/json.ts';
import { type Finding, finding, unanswered } from './questions.ts';
import { itemsOf, type RawAnswer, type RawApi } from './raw-api.ts';

/** What the key may read, each with the consequence if it may not. */
const READS = [
  ['clusters', 'The cluster is used unchecked, and REGION is needed'],
  ['list', 'Nothing works without it'],
  ['organization', "The whole organization's entries are not known, so the floors may be too low"],
  ['templates', 'No floor per node template'],
  ['nodes', 'No number of affected Spot nodes'],
  ['policies', 'No warning if the autoscaler is off'],
] as const;

/**
 * The responses to what a run reads, and to further reads of the probe, which nothing depends on: null without a response.
 */
export interface Answers extends Readonly<Record<(typeof READS)[number][0], RawAnswer>> {
  readonly fallback: RawAnswer | null;
  readonly rules: RawAnswer | null;
}

/** Enough for a page of the reads that no run depends on. */
const MAX_BYTES = 16 * 1024 * 1024;

/** @returns the responses to all reads of a probe about a cluster */
export async function readEverything(
  api: RawApi,
  { organizationId, clusterId }: { readonly organizationId: string; readonly clusterId: string },
): Promise<Answers> {
  const blacklist = (query: Record<string, string>) => api.get(`${BLACKLIST}?${new URLSearchParams(query)}`);
  const cluster = `/v1/kubernetes/clusters/${encodeURIComponent(clusterId)}`;
  const external = `/v1/kubernetes/external-clusters/${encodeURIComponent(clusterId)}`;
  const nodes = (lifecycle: string) =>
    `${external}/nodes?lifecycleType=${lifecycle}&excludeDeleting=true&page.limit=500`;
  return {
    clusters: await api.get(external),
    list: await blacklist({ organizationId, clusterId }),
    organization: await blacklist({ organizationId }),
    templates: await api.get(`${cluster}/node-templates?includeDefault=true`),
    nodes: await api.get(nodes('spot')),
    policies: await api.get(`${cluster}/policies`),
    fallback: await api.tryToGet(nodes('fallback'), MAX_BYTES),
    // Only read, never written: what a rule does is not documented.
    rules: await api.tryToGet('/inventory/v1/instance-blacklist-rules', MAX_BYTES),
  };
}

/** @returns what the key may read, and what a run may assume about this cluster's nodes, templates' counts and policies */
export function findInReads(answers: Answers): Finding[] {
  return [
    aboutPermissions(answers),
    aboutScope(answers),
    aboutStats(answers),
    aboutFallback(answers),
    aboutOwners(answers),
    aboutAutoscaler(answers),
    aboutRules(answers),
  ];
}

function aboutPermissions(answers: Answers): Finding {
  const missing = READS.filter(([name]) => answers[name].status >= 300);
  const facts = Object.fromEntries(READS.map(([name]) => [name, answers[name].status]));
  if (missing.length === 0) return finding('reads', 'all', facts);
  const names = missing.map(([name]) => `${name} (${answers[name].status})`);
  return finding('reads', 'some', facts, names.join(', '), missing.map(([, without]) => without).join('. '));
}

/** An organization-wide entry must already exist: a probe never writes one. */
function aboutScope({ list, organization }: Answers): Finding {
  const id = 'organization-in-cluster';
  const shared = (answer: RawAnswer) => itemsOf(answer).filter((item) => !item['clusterId']);
  if (organization.status >= 300) return unanswered(id, "the organization's list cannot be read");
  if (shared(organization).length === 0) return unanswered(id, 'the organization has no such entry');
  const included = shared(list).length > 0;
  return finding(id, included ? 'yes' : 'no', { included });
}

function aboutStats({ templates: answer }: Answers): Finding {
  const stats = itemsOf(answer).map((item) => item['stats']);
  const [templates, counted] = [stats.length, stats.filter(isCounted).length];
  if (templates === 0) return unanswered('stats', 'no template can be read');
  return finding('stats', counted === templates ? 'all' : 'some', { templates, counted }, counted, templates);
}

function isCounted(stats: unknown): boolean {
  const isCount = (value: unknown) => typeof value === 'number' && value >= 0;
  return isRecord(stats) && isCount(stats['countSpot']) && isCount(stats['countFallback']);
}

function aboutFallback({ fallback: answer }: Answers): Finding {
  const nodes = itemsOf(answer);
  const fallback = nodes.length;
  if (fallback === 0) return unanswered('fallback', 'no node is listed as fallback');
  const markedAsSpot = nodes.filter((node) => at(node, ['spotConfig', 'isSpot']) === true).length;
  const outcome = markedAsSpot === 0 ? 'yes' : 'no';
  return finding('fallback', outcome, { fallback, markedAsSpot }, markedAsSpot, fallback);
}

function aboutOwners(answers: Answers): Finding {
  const listed = [...itemsOf(answers.nodes), ...itemsOf(answers.fallback)];
  const nodes = listed.length;
  if (nodes === 0) return unanswered('managed', 'no node is listed');
  const isManaged = ({ labels }: Record<string, unknown>) =>
    isRecord(labels) && Object.hasOwn(labels, 'provisioner.cast.ai/managed-by');
  const others = listed.filter((node) => !isManaged(node)).length;
  return finding('managed', others === 0 ? 'all' : 'some', { nodes, others }, others, nodes);
}

/** The switches that decide whether entries have an effect, and the value that means no. */
const SWITCHES: readonly (readonly [name: string, path: readonly string[], off: boolean])[] = [
  ['enabled', ['policies', 'enabled'], false],
  ['unschedulablePods', ['policies', 'unschedulablePods', 'enabled'], false],
  ['spotInstances', ['policies', 'spotInstances', 'enabled'], false],
  ['isScopedMode', ['policies', 'isScopedMode'], true],
  ['isPhase2', ['cluster', 'isPhase2'], false],
];

function aboutAutoscaler({ clusters: { body: cluster }, policies: { body: policies } }: Answers): Finding {
  const root = { cluster, policies };
  const values = SWITCHES.map(([name, path, off]) => ({ name, off, value: at(root, path) }));
  const warning = at(root, ['cluster', 'status']) === 'warning';
  const karpenter = isRecord(at(root, ['cluster', 'attributes', 'karpenter']));
  const against = [
    ...values.filter(({ value, off }) => value === off).map(({ name, off }) => `${name} is ${off}`),
    ...(warning ? ['the status is warning'] : []),
    ...(karpenter ? ['Karpenter is installed'] : []),
  ];
  const known = values.map(({ name, value }) => [name, typeof value === 'boolean' ? value : null] as const);
  const facts = { ...Object.fromEntries(known), warning, karpenter };
  return finding('autoscaler', against.length === 0 ? 'yes' : 'doubtful', facts, against.join(', '));
}

function aboutRules({ rules: answer }: Answers): Finding {
  if (answer === null) return unanswered('rules', 'there was no response');
  const { status, body } = answer;
  const fields = body === undefined ? null : answer.fields;
  return finding('rules', fields === null ? 'no' : 'yes', { status, fields }, fields ?? status);
}

function at(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((inside, key) => (isRecord(inside) ? inside[key] : undefined), value);
}

/** @returns whether entries are listed that have expired; null if that cannot be seen */
export function listsExpired({ list }: Answers, now: number): boolean | null {
  const isPast = ({ expiresAt }: Record<string, unknown>) => {
    const time = typeof expiresAt === 'string' ? Date.parse(expiresAt) : Number.NaN;
    // By at least a minute, because clocks differ; and not a placeholder for no time.
    return time < now - MINUTE && isSetTime(time, now);
  };
  return itemsOf(list).some(isPast) || null;
}
