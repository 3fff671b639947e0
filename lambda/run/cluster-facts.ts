import { CastAiError, type SpotBlacklistError, toSafeError } from '../domain/errors.ts';
import { shortList } from '../domain/words.ts';
import type { ClusterFacts, SelectedCluster } from './planned.ts';
import type { CastAi, FallbackNode, TemplateList } from './ports.ts';

/** The facts if CAST AI is not queried. */
export const NO_FACTS: ClusterFacts = { templates: null, problem: null, spotNodes: null, warnings: [] };

/**
 * Reads the facts about a cluster, all at once. What cannot be read becomes a warning that states the consequence. Only
 * templates decide, so while they cannot be read, nothing new may be added; they are asked for first.
 *
 * @param limit bounds the number of concurrent reads
 * @param until aborts reading the templates, and the rest
 * @param wanted `templates` reads only what decides; fallback nodes created before `old` are named (milliseconds since
 *   1970), none if it is null
 * @throws {CastAiAuthError} if CAST AI rejects the key, because nothing else will work either
 */
export async function readFacts(
  { reads }: Pick<CastAi, 'reads'>,
  { id, doubts }: SelectedCluster,
  limit: <T>(read: () => Promise<T>) => Promise<T>,
  until: { readonly templates: AbortSignal; readonly rest: AbortSignal },
  wanted: { readonly facts: 'all' | 'templates'; readonly old: number | null },
): Promise<ClusterFacts> {
  if (reads === null) return NO_FACTS;
  const isWanted = wanted.facts === 'all';
  const old = isWanted ? wanted.old : null;
  const listing = attempt(limit(() => reads.listTemplates(id, until.templates)));
  // Other reads wait until all clusters of the run have requested their templates.
  await Promise.resolve();
  const [templates, fallback, nodes, autoscaler] = await Promise.all([
    listing,
    listing.then(({ value }) =>
      old !== null && fallsBack(value)
        ? attempt(limit(() => reads.listFallbackNodes(id, until.rest)))
        : UNREAD,
    ),
    isWanted ? attempt(limit(() => reads.countSpotNodes(id, until.rest))) : UNREAD,
    isWanted ? attempt(limit(() => reads.readAutoscaler(id, until.rest))) : UNREAD,
  ]);
  const isPassing = templates.error !== null && !isRefused(templates.error);
  const withoutTemplates = warnOf(
    templates,
    isPassing
      ? 'nothing new is added'
      : 'the floor of each template is not held; those of the machine classes are',
  );
  return {
    templates: templates.value?.templates ?? null,
    problem: isPassing ? withoutTemplates.join().replace(/\.$/, '') : null,
    spotNodes: nodes.value?.nodes ?? null,
    warnings: [
      ...withoutTemplates,
      ...warnOf(nodes, 'it is not known how many Spot nodes there are'),
      ...warnOf(fallback, 'it is not known whether fallback nodes are older than a day'),
      ...warnOf(autoscaler, 'it is not known whether the autoscaler is on'),
      ...warnOfMisunderstood(templates.value?.problems ?? []),
      ...(wanted.old === null ? [] : warnOfUncounted(templates.value?.uncounted ?? [])),
      ...warnOfNodesWithoutType(nodes.value?.withoutType ?? 0),
      ...(old === null ? [] : warnOfOldFallback(fallback.value ?? [], old)),
      ...(isWanted ? [...doubts, ...(autoscaler.value ?? []), ...warnOfNoSpot(templates.value)] : []),
    ],
  };
}

type Attempt<T> = { value: T; error: null } | { value: null; error: SpotBlacklistError | null };

const UNREAD = { value: null, error: null };

async function attempt<T>(reading: Promise<T>): Promise<Attempt<T>> {
  try {
    return { value: await reading, error: null };
  } catch (thrown) {
    const error = toSafeError(thrown);
    if (error.code === 'KEY_REJECTED') throw error;
    return { value: null, error };
  }
}

/** Whether a read is refused permanently; any other problem may be temporary. */
function isRefused(error: SpotBlacklistError): boolean {
  return error.code === 'KEY_FORBIDDEN' || (error instanceof CastAiError && error.status === 404);
}

function warnOf({ error }: Attempt<unknown>, consequence: string): string[] {
  return error === null ? [] : [`${error.message.replace(/\.$/, '')}, so ${consequence}.`];
}

function warnOfMisunderstood(problems: readonly string[]): string[] {
  if (problems.length === 0) return [];
  return [
    `Some of CAST AI's node templates are not fully understood. These constraints are ignored: ${shortList(problems, '; ')}.`,
  ];
}

function warnOfUncounted(names: readonly string[]): string[] {
  if (names.length === 0) return [];
  return [
    `CAST AI does not say in a readable form how many Spot and fallback nodes (countSpot, countFallback) these node templates have, so their floors do not rise with fallback: ${shortList(names)}.`,
  ];
}

function warnOfNodesWithoutType(nodes: number): string[] {
  if (nodes === 0) return [];
  return [`Spot nodes whose instance type cannot be read are not counted: ${nodes}.`];
}

/** Old fallback nodes matter only where fallback keeps types available. */
function fallsBack(list: TemplateList | null): boolean {
  return list?.templates.some(({ bought }) => bought !== null && bought.fallback > 0) ?? false;
}

/** How many nodes a warning names. */
const NAMED_NODES = 5;

/** A node that cannot be drained is never replaced by Spot, so the types that it keeps available stay available. */
function warnOfOldFallback(nodes: readonly FallbackNode[], old: number): string[] {
  const oldest = nodes
    .filter(({ createdAt }) => createdAt < old)
    .toSorted((a, b) => a.createdAt - b.createdAt || (a.name < b.name ? -1 : 1));
  if (oldest.length === 0) return [];
  const names = oldest.map(({ name }) => name);
  return [
    `Fallback nodes that are older than a day: ${names.length} (${shortList(names, ', ', NAMED_NODES)}). Perhaps they cannot be drained; until Spot nodes replace them, they keep types available that are too risky. Check what keeps their pods there, such as a PodDisruptionBudget.`,
  ];
}

/** Where nothing buys Spot, the blacklist has no effect. */
function warnOfNoSpot(list: TemplateList | null): string[] {
  if (list === null || list.templates.length + list.problems.length > 0) return [];
  return [
    'No enabled node template of this cluster may buy Spot, so the blacklist has no effect. Allow Spot in a template, or remove the cluster from the target.',
  ];
}
