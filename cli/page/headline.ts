import { actionsThat } from '../../lambda/domain/decision.ts';
import { nodesSentence } from '../views/evidence-view.ts';
import type { ShownCluster, ShownResult } from '../views/read-result.ts';
import { type ShownRegion, shortIn } from './region.ts';

/** The outcome of a run in one sentence, and what else is true of it. */
export interface Headline {
  readonly text: string;
  readonly isBad: boolean;
  readonly more: string | null;
}

const count = (value: number) => value.toLocaleString('en');
const percent = (share: number) => `${Number((share * 100).toFixed(1))}%`;

/** @param regions the result's */
export function headlineOf(result: ShownResult, regions: readonly ShownRegion[]): Headline {
  const [only] = result.clusters;
  if (only === undefined || result.clusters.length > 1) return ofFleet(result, regions);
  const kept = keptOff(result, only, regions);
  if (only.status === 'completed' && result.status === 'completed') {
    const nodes = inUse(result);
    return { text: nodes ?? kept, isBad: false, more: nodes && `${kept}.` };
  }
  return { isBad: true, ...failure(only, result, kept) };
}

/** What is wrong comes first: clusters that failed, and those that are short of something. */
function ofFleet(result: ShownResult, regions: readonly ShownRegion[]): Headline {
  const { clusters, dryRun } = result;
  const counted = (status: string) => clusters.filter((cluster) => cluster.status === status).length;
  const [done, skipped] = [counted('completed'), counted('skipped')];
  const unfinished = clusters.length - done - skipped;
  const parts = [
    `${count(done)} of ${count(clusters.length)} clusters ${done === 1 ? 'is' : 'are'} ${dryRun ? 'planned' : 'done'}`,
    ...(unfinished > 0 ? [`${count(unfinished)} ${dryRun ? 'without a plan' : 'failed'}`] : []),
    ...(skipped > 0 ? [`${count(skipped)} skipped`] : []),
    ...shortages(result, regions),
  ];
  const text = parts.join('; ');
  if (unfinished > 0 || result.status !== 'completed' || parts.length > 1 + Number(skipped > 0))
    return { text, isBad: unfinished > 0 || result.status !== 'completed', more: inUse(result) };
  const nodes = inUse(result);
  return { text: nodes ?? text, isBad: false, more: nodes && `${text}.` };
}

/** @returns what most clusters are short of, and how many are */
function shortages({ clusters, policy }: ShownResult, regions: readonly ShownRegion[]): string[] {
  const short = clusters.map((cluster) => {
    const region = regions.find(({ known }) => known.includes(cluster));
    return region === undefined ? [] : shortIn(cluster, region, policy);
  });
  const affected = short.filter(({ length }) => length > 0).length;
  const [most] = [...Map.groupBy(short.flat(), (name) => name)].sort(([, a], [, b]) => b.length - a.length);
  if (most === undefined) return [];
  const [name, { length }] = most;
  const others = affected > length ? ', or of something else' : '';
  return [`${count(affected)} ${affected === 1 ? 'is' : 'are'} short of ${name}${others}`];
}

function inUse({ clusters, policy }: ShownResult): string | null {
  return nodesSentence(
    clusters.filter(({ status }) => status !== 'skipped'),
    policy,
  );
}

function failure(
  { status, refusal, outcome, decisions, decisionsOmitted }: ShownCluster,
  { dryRun, operation }: ShownResult,
  kept: string,
): Pick<Headline, 'text' | 'more'> {
  if (refusal !== undefined) {
    const { types, of, ceiling } = refusal;
    return {
      text: `Refused: ${percent(types / of)} is above the ceiling of ${percent(ceiling)}`,
      more: `${count(types)} of ${count(of)} types would have been blacklisted. Nothing was written.`,
    };
  }
  const kind =
    new Map([
      ['deferred', 'Unfinished'],
      ['skipped', 'Skipped'],
    ]).get(status) ?? 'Failed';
  if (decisions.length + decisionsOmitted === 0)
    return { text: `${kind}: ${dryRun ? 'there is no plan' : 'nothing was written'}`, more: null };
  const left = outcome.failed + outcome.deferred;
  const all = left + outcome.succeeded + outcome.postponed;
  // Without the decisions, only the plan's numbers are known.
  if (outcome.succeeded > 0)
    return {
      text: `${kind}: ${count(left)} of ${count(all)} writes were not done`,
      more: decisionsOmitted > 0 ? null : `${kept}.`,
    };
  const isKnown = decisionsOmitted === 0 && operation !== 'clear';
  return { text: `${kind}: nothing was written`, more: isKnown ? `${kept}, as before.` : null };
}

/** As the charts count: entries that lapse, and other owners' on calm types, keep types off Spot too. */
function keptOff(
  { operation, dryRun }: ShownResult,
  { actions }: ShownCluster,
  regions: readonly ShownRegion[],
): string {
  const [region] = regions;
  const types = region?.types ?? [];
  const is = dryRun ? 'would be' : 'are';
  const off = types.filter(({ isAvailable }) => !isAvailable).length;
  if (operation === 'clear') {
    const cleared = types.filter(({ action, isAvailable }) => action === 'remove' && isAvailable).length;
    return types.length === 0
      ? 'This target has no entries to clear'
      : cleared === 1
        ? `1 own entry ${dryRun ? 'would be' : 'is'} cleared`
        : `${count(cleared)} own entries ${is} cleared`;
  }
  if (region?.isComplete) {
    return off === 0
      ? `All ${count(types.length)} types ${dryRun ? 'would stay' : 'are'} available`
      : `${count(off)} of ${count(types.length)} types ${is} kept off Spot`;
  }
  const keeping = actionsThat(({ keepsOff, isRisky }) => keepsOff && isRisky);
  const known = types.filter(
    ({ action, isAvailable }) => keeping.some((one) => one === action) && !isAvailable,
  ).length;
  const planned = keeping.reduce((sum, action) => sum + (actions[action] ?? 0), 0);
  return `${count(types.length > 0 ? known : planned)} types ${is} kept off Spot`;
}
