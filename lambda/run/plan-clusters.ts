import pLimit, { type LimitFunction } from 'p-limit';
import type { Entry } from '../domain/blacklist/blacklist.ts';
import { toSafeError } from '../domain/errors.ts';
import { isTooMuch, warnOfTooManyReleases } from '../domain/guard-rails/limits.ts';
import { whyHiddenBy } from '../domain/own-evidence/hidden.ts';
import type { ClusterState } from '../domain/plan.ts';
import { DAY } from '../domain/words.ts';
import { type Basis, planFor, withOwnEvidence } from './basis.ts';
import { listBelieved, listToClear, WITHOUT_ORGANIZATION } from './believe.ts';
import { gapOf, scheduleAt } from './capacity.ts';
import { whyStopped } from './circuit-breaker.ts';
import { NO_FACTS, readFacts } from './cluster-facts.ts';
import { whyWritesEnded } from './deadline.ts';
import {
  type ClusterFacts,
  isPlanned,
  type PlannedCluster,
  type SelectedCluster,
  type UnplannedCluster,
} from './planned.ts';
import type { OrganizationList } from './ports.ts';
import type { Preparation } from './prepare.ts';
import { inTurn, turnOf } from './sequence.ts';

export interface Plans {
  /** In the order in which they were read, and are written. */
  readonly clusters: readonly (PlannedCluster | UnplannedCluster)[];
  /** Why own interruptions may be missing, in words; null if they are not, or own evidence is not asked for. */
  readonly hidden: string | null;
  readonly warnings: readonly string[];
  /** With own evidence, if the settings ask for it. */
  readonly basis: Basis | null;
}

/**
 * Reads every cluster's list and makes its plan. One cluster's failure is part of the result.
 *
 * @throws {CastAiError} if the organization's list cannot be trusted
 */
export async function planClusters(prepared: Preparation): Promise<Plans> {
  const { settings, startedAt, selection } = prepared;
  const basis = await withOwnEvidence(prepared.basis, prepared);
  const preparation = { ...prepared, basis };
  const organization = await listOrganization(preparation);
  // Reads are limited in number, not in rate. Lists and facts do not wait for each other: slow facts must not delay lists,
  // nor slow lists the templates, which decide too.
  const half = Math.ceil(settings.batchSize / 2);
  const [lists, facts] = [pLimit(half), pLimit(half)];
  const turn = turnOf(startedAt, gapOf(settings));
  const listed = inTurn(selection.clusters, ({ id }) => id, turn).map((cluster) => ({
    cluster,
    list: lists(() => listInTurn(preparation, cluster, organization.ofClusters)),
  }));
  const read = await Promise.all(
    listed.map(({ cluster, list }) => readCluster(preparation, cluster, list, organization.shared, facts)),
  );
  const hidden = whyHidden(preparation, read);
  const clusters = read.map((one) => (isRead(one) ? planCluster(preparation, one, hidden) : one));
  const limited = limitReleases(clusters, preparation);
  const warnings = [...organization.warnings, ...warnOfHidden(hidden), ...limited.warnings];
  return { clusters: limited.clusters, hidden, warnings, basis };
}

/** A cluster whose list was read. */
interface ReadCluster {
  readonly cluster: SelectedCluster;
  readonly state: ClusterState;
  readonly facts: ClusterFacts;
}

function isRead(one: ReadCluster | UnplannedCluster): one is ReadCluster {
  return 'state' in one;
}

/**
 * The account's figures are those of all clusters together, so one template is enough to hide interruptions.
 *
 * @returns null if own evidence is not asked for
 */
function whyHidden(
  { settings, known }: Preparation,
  read: readonly (ReadCluster | UnplannedCluster)[],
): string | null {
  if (settings.operation === 'clear' || settings.ownEvidence === 'off') return null;
  return known ? known.hidden : whyHiddenBy(read.map((one) => (isRead(one) ? one.facts.templates : null)));
}

function warnOfHidden(hidden: string | null): string[] {
  if (hidden === null) return [];
  return [`No type counts as calm by own evidence: ${hidden}, so that interruptions may be missing.`];
}

/** Plans again without releases if all clusters together would release too much at once. */
function limitReleases(
  clusters: Plans['clusters'],
  preparation: Preparation,
): Pick<Plans, 'clusters' | 'warnings'> {
  const plans = clusters.filter(isPlanned).map(({ plan }) => plan.releases);
  const calm = plans.reduce((sum, releases) => sum + releases.calm, 0);
  const own = plans.reduce((sum, releases) => sum + releases.own, 0);
  if (!isTooMuch(calm, own)) return { clusters, warnings: [] };
  return {
    clusters: clusters.map((planned) => {
      if (!isPlanned(planned)) return planned;
      const state = { ...planned.state, holdReleases: true };
      return withPlan(preparation, planned.cluster, state, planned.facts);
    }),
    warnings: [warnOfTooManyReleases(calm, own)],
  };
}

/**
 * Marks the additions that must not be written: made while a cluster's node templates cannot be read, they could take a
 * template's last types away until they expire. Existing entries are renewed and removed as usual.
 */
export function withholdAdditions({ clusters, ...plans }: Plans): Plans {
  return {
    ...plans,
    clusters: clusters.map((planned) => {
      if (!isPlanned(planned)) return planned;
      const { plan, facts } = planned;
      const { problem } = facts;
      if (problem === null) return planned;
      const decisions = plan.decisions.map((decision) =>
        decision.action === 'add' ? { ...decision, problem } : decision,
      );
      return { ...planned, plan: { ...plan, decisions, problem } };
    }),
  };
}

function withPlan(
  { basis, ports }: Preparation,
  cluster: SelectedCluster,
  state: ClusterState,
  facts: ClusterFacts,
): PlannedCluster {
  const plan = planFor(basis, cluster, state, ports);
  return { cluster, state, facts, plan: { ...plan, warnings: [...plan.warnings, ...facts.warnings] } };
}

function planCluster(
  preparation: Preparation,
  { cluster, state, facts }: ReadCluster,
  hidden: string | null,
): PlannedCluster | UnplannedCluster {
  try {
    return withPlan(preparation, cluster, { ...state, hidden }, facts);
  } catch (thrown) {
    return unplanned(cluster, thrown, preparation);
  }
}

function unplanned(
  cluster: SelectedCluster,
  thrown: unknown,
  { circuitBreaker, ports }: Preparation,
): UnplannedCluster {
  const error = toSafeError(thrown);
  circuitBreaker.note(error, cluster.id);
  const status = ports.deadline.plans.aborted ? 'deferred' : 'failed';
  return { cluster, plan: null, status, problem: error.message, error };
}

async function readCluster(
  preparation: Preparation,
  cluster: SelectedCluster,
  list: Promise<readonly Entry[]>,
  shared: readonly Entry[],
  limit: LimitFunction,
): Promise<ReadCluster | UnplannedCluster> {
  const { settings, ports, castai, circuitBreaker, facts: wanted } = preparation;
  // Without the list, there is no need to wait for the rest.
  const unlisted = new AbortController();
  const stopped = AbortSignal.any([circuitBreaker.signalFor(cluster.id), unlisted.signal]);
  // Templates decide, so they have as much time as the lists.
  const until = {
    templates: AbortSignal.any([ports.deadline.plans, stopped]),
    rest: AbortSignal.any([ports.deadline.facts, stopped]),
  };
  const ownFacts =
    settings.operation === 'clear'
      ? NO_FACTS
      : readFacts(castai, cluster, limit, until, {
          facts: wanted,
          old: settings.policy.relaxOnFallback ? ports.now() - DAY : null,
        });
  try {
    const [own, facts] = await Promise.all([list, ownFacts]);
    const { targetName, formerTargetName } = settings;
    const { templates, spotNodes } = facts;
    const entries = [...own, ...shared];
    const names = { clusterId: cluster.id, targetName, formerTargetName };
    const state = { ...names, entries, templates, spotNodes, now: ports.now() };
    return { cluster, state: { ...state, ...scheduleOf(preparation) }, facts };
  } catch (thrown) {
    unlisted.abort();
    if (thrown instanceof NotItsTurn)
      return { cluster, plan: null, status: 'deferred', problem: thrown.message, error: null };
    return unplanned(cluster, thrown, preparation);
  }
}

/** @returns the run's place in the schedule, or its round's, whose jobs and summary must make the same plan */
function scheduleOf({ settings, startedAt }: Preparation): Pick<ClusterState, 'schedule'> {
  if (settings.scheduleGapMinutes === null) return {};
  return { schedule: scheduleAt(Date.parse(startedAt), settings) };
}

/** The run was stopped before a cluster's list was requested. */
class NotItsTurn extends Error {}

/** @throws {NotItsTurn} if the run has been stopped meanwhile */
async function listInTurn(
  preparation: Preparation,
  { id }: SelectedCluster,
  ofClusters: OrganizationList['ofClusters'],
): Promise<Entry[]> {
  const { settings, ports, circuitBreaker } = preparation;
  const { deadline } = ports;
  if (circuitBreaker.stoppedBy !== null)
    throw new NotItsTurn(`${whyStopped(circuitBreaker.stoppedBy)} before its turn`);
  if (deadline.plans.aborted) throw new NotItsTurn(`${whyWritesEnded(deadline)} before its turn`);
  if (settings.operation === 'clear') return listToClear(preparation, id, deadline.plans);
  return listBelieved(preparation, id, ofClusters.get(id.toLowerCase()) ?? new Map(), deadline.plans);
}

/**
 * Reads the organization's list, once for all clusters: whether a cluster's list includes organization-wide entries is not
 * documented. `clear` concerns own entries only, which are never organization-wide.
 */
async function listOrganization({
  settings: { operation },
  castai,
  ports: { deadline },
}: Preparation): Promise<OrganizationList & { readonly warnings: readonly string[] }> {
  const nothing = { shared: [], ofClusters: new Map(), warnings: [] };
  if (operation === 'clear') return nothing;
  try {
    return { ...(await castai.listOrganization(deadline.plans)), warnings: [] };
  } catch (error) {
    const cause = WITHOUT_ORGANIZATION[toSafeError(error).code];
    if (cause === undefined) throw error;
    return { ...nothing, warnings: [`${cause}, so they may not have been counted.`] };
  }
}
