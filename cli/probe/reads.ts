import { BLACKLIST } from '../../lambda/castai/client.ts';
import { isSetTime } from '../../lambda/domain/blacklist/blacklist.ts';
import type { RawAnswer, RawApi } from './raw-api.ts';
import { itemsOf } from './subject.ts';

/** The answer to one question about CAST AI's API. Nothing in it identifies an account, a cluster or a key. */
export interface Finding {
  /** Stable, for whoever compares findings: `reason`. */
  readonly id: string;
  readonly question: string;
  /** What was found, in one sentence; it starts with a capital and has no full stop. */
  readonly found: string;
  /** What that means for the settings, or for the cluster. */
  readonly means: string;
  /** The same in numbers and words, for comparison. */
  readonly facts: Readonly<Record<string, string | number | boolean | null>>;
}

/** Why a question could not be answered. */
export function unanswered(id: string, question: string, why: string): Finding {
  return {
    id,
    question,
    found: `Unknown: ${why}`,
    means: 'Both cases are handled',
    facts: { known: false },
  };
}

interface Scope {
  readonly organizationId: string;
  readonly clusterId: string;
}

/** What the key may read, each with what is missing without it. */
const READS = [
  ['clusters', 'The cluster is used unchecked, and REGION is needed'],
  ['list', 'Nothing works without it'],
  ['organization', "The whole organization's entries are not known, so the floors may be too low"],
  ['templates', 'No floor per node template'],
  ['nodes', 'No number of affected Spot nodes'],
  ['policies', 'No warning if the autoscaler is off'],
] as const;
type ReadName = (typeof READS)[number][0];

export type Answers = Readonly<Record<ReadName, RawAnswer>>;

/** @returns the answers to everything that a run may read of a cluster */
export async function readEverything(api: RawApi, { organizationId, clusterId }: Scope): Promise<Answers> {
  const cluster = encodeURIComponent(clusterId);
  const blacklist = (query: Record<string, string>) => api.get(`${BLACKLIST}?${new URLSearchParams(query)}`);
  return {
    clusters: await api.get(`/v1/kubernetes/external-clusters/${cluster}`),
    list: await blacklist({ organizationId, clusterId }),
    organization: await blacklist({ organizationId }),
    templates: await api.get(`/v1/kubernetes/clusters/${cluster}/node-templates?includeDefault=true`),
    nodes: await api.get(
      `/v1/kubernetes/external-clusters/${cluster}/nodes?lifecycleType=spot&excludeDeleting=true&page.limit=500`,
    ),
    policies: await api.get(`/v1/kubernetes/clusters/${cluster}/policies`),
  };
}

export function findPermissions(answers: Answers): Finding {
  const missing = READS.filter(([name]) => answers[name].status >= 300);
  const statuses = READS.map(([name]) => [name, answers[name].status] as const);
  return {
    id: 'reads',
    question: 'What may the key read',
    found:
      missing.length === 0
        ? 'Everything that a run reads'
        : `Not ${missing.map(([name]) => `${name} (${answers[name].status})`).join(', ')}`,
    means: missing.map(([, without]) => without).join('. ') || 'Every feature works',
    facts: Object.fromEntries(statuses),
  };
}

/** An organization-wide entry must already exist: a probe never writes one. */
export function findScope({ list, organization }: Answers): Finding {
  const id = 'organization-in-cluster';
  const question = "Does a cluster's list include the organization's entries";
  const shared = (answer: RawAnswer) => itemsOf(answer).filter((item) => !item['clusterId']);
  if (organization.status >= 300) return unanswered(id, question, "the organization's list cannot be read");
  if (shared(organization).length === 0)
    return unanswered(id, question, 'the organization has no such entry');
  const isIncluded = shared(list).length > 0;
  return {
    ...{ id, question },
    found: isIncluded ? 'Yes' : 'No',
    means: isIncluded
      ? 'The second list of a run adds nothing'
      : 'Both lists are needed, and a run reads both',
    facts: { included: isIncluded },
  };
}

/** @returns whether entries are listed that have expired; null if that cannot be seen */
export function listsExpired({ list }: Answers, now: number): boolean | null {
  const isPast = ({ expiresAt }: Record<string, unknown>) => {
    const time = typeof expiresAt === 'string' ? Date.parse(expiresAt) : Number.NaN;
    // By a minute, because clocks differ; and not a placeholder for no time.
    return time < now - 60_000 && isSetTime(time, now);
  };
  return itemsOf(list).some(isPast) || null;
}
