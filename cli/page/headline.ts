import { actionsThat } from '../../lambda/domain/decision.ts';
import { nodesSentence } from '../views/evidence-view.ts';
import type { ShownCluster, ShownResult } from '../views/read-result.ts';
import type { ShownRegion } from './region.ts';

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
  if (only === undefined || result.clusters.length > 1) return ofFleet(result);
  const kept = keptOff(result, only, regions);
  if (only.status === 'completed' && result.status === 'completed') {
    const nodes = inUse(result);
    return { text: nodes ?? kept, isBad: false, more: nodes && `${kept}.` };
  }
  return { isBad: true, ...failure(only, result, kept) };
}

function ofFleet(result: ShownResult): Headline {
  const { clusters, dryRun } = result;
  const counted = (status: string) => clusters.filter((cluster) => cluster.status === status).length;
  const [done, skipped] = [counted('completed'), counted('skipped')];
  const all = `${count(done)} of ${count(clusters.length)} clusters ${done === 1 ? 'is' : 'are'} ${dryRun ? 'planned' : 'done'}${skipped > 0 ? `, ${count(skipped)} skipped` : ''}`;
  const unfinished = clusters.length - done - skipped;
  if (unfinished > 0 || result.status !== 'completed') {
    const what = dryRun ? 'without a plan' : 'not finished';
    const text = `Failed: ${count(unfinished)} of ${count(clusters.length)} clusters ${unfinished === 1 ? 'is' : 'are'} ${what}`;
    return { text, isBad: true, more: `${all}.` };
  }
  const nodes = inUse(result);
  return { text: nodes ?? all, isBad: false, more: nodes && `${all}.` };
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
  if (refusal !== null) {
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
      ? 'There is no own entry to clear'
      : `${count(cleared)} own entries ${is} cleared`;
  }
  if (region?.isComplete) {
    return off === 0
      ? `All ${count(types.length)} types ${dryRun ? 'would stay' : 'are'} available`
      : `${count(off)} of ${count(types.length)} types ${is} kept off Spot`;
  }
  const keeping: readonly string[] = actionsThat(({ keepsOff, isRisky }) => keepsOff && isRisky);
  const known = types.filter(({ action, isAvailable }) => keeping.includes(action) && !isAvailable).length;
  const planned = keeping.reduce((sum, action) => sum + (actions[action] ?? 0), 0);
  return `${count(types.length > 0 ? known : planned)} types ${is} kept off Spot`;
}
