import { toSafeError } from '../domain/errors.ts';
import { shortList } from '../domain/short-list.ts';
import type { Template } from '../domain/template.ts';
import type { ClusterFacts, SelectedCluster } from './planned.ts';
import type { CastAi } from './ports.ts';

/** When CAST AI is not queried. */
export const NO_FACTS: ClusterFacts = { templates: null, spotNodes: null, warnings: [] };

/**
 * Reads the facts about a cluster, all at once. What cannot be read becomes a warning that states the consequence.
 *
 * @param limit bounds the number of concurrent reads
 * @param wanted `templates` reads only what decides
 * @throws {CastAiAuthError} if CAST AI rejects the key, because nothing else will work either
 */
export async function readFacts(
  { reads }: Pick<CastAi, 'reads'>,
  { id, doubts }: SelectedCluster,
  limit: <T>(read: () => Promise<T>) => Promise<T>,
  signal: AbortSignal,
  wanted: 'all' | 'templates',
): Promise<ClusterFacts> {
  if (reads === null) return NO_FACTS;
  const isWanted = wanted === 'all';
  const attempt = <T>(read: () => Promise<T>, consequence: string) => unlessRefused(limit(read), consequence);
  const [templates, nodes, autoscaler] = await Promise.all([
    attempt(
      () => reads.listTemplates(id, signal),
      'the floor of each template is not held; those of the machine classes are',
    ),
    isWanted
      ? attempt(() => reads.countSpotNodes(id, signal), 'it is not known how many Spot nodes there are')
      : UNREAD,
    isWanted
      ? attempt(() => reads.readAutoscaler(id, signal), 'it is not known whether the autoscaler is on')
      : UNREAD,
  ]);
  return {
    templates: templates.value?.templates ?? null,
    spotNodes: nodes.value?.nodes ?? null,
    warnings: [
      ...[templates, nodes, autoscaler].flatMap(({ warning }) => warning ?? []),
      ...warnOfMisunderstood(templates.value?.problems ?? []),
      ...warnOfNodesWithoutType(nodes.value?.withoutType ?? 0),
      ...(isWanted ? [...doubts, ...(autoscaler.value ?? []), ...warnOfNoSpot(templates.value)] : []),
    ],
  };
}

type Attempt<T> = { value: T; warning: null } | { value: null; warning: string };

const UNREAD = { value: null, warning: null };

async function unlessRefused<T>(reading: Promise<T>, consequence: string): Promise<Attempt<T>> {
  try {
    return { value: await reading, warning: null };
  } catch (thrown) {
    const error = toSafeError(thrown);
    if (error.code === 'KEY_REJECTED') throw error;
    return { value: null, warning: `${error.message.replace(/\.$/, '')}, so ${consequence}.` };
  }
}

function warnOfMisunderstood(problems: readonly string[]): string[] {
  if (problems.length === 0) return [];
  return [
    `Some of CAST AI's node templates are not fully understood; what is not understood constrains nothing: ${shortList(problems, '; ')}.`,
  ];
}

function warnOfNodesWithoutType(nodes: number): string[] {
  if (nodes === 0) return [];
  return [`Spot nodes whose instance type cannot be read are not counted: ${nodes}.`];
}

/** Where nothing buys Spot, the blacklist has no effect. */
function warnOfNoSpot(
  list: { readonly templates: readonly Template[]; readonly problems: readonly string[] } | null,
): string[] {
  if (list === null || list.templates.length + list.problems.length > 0) return [];
  return [
    'No enabled node template of this cluster may buy Spot, so the blacklist has no effect. Allow Spot in a template, or remove the cluster from the target.',
  ];
}
