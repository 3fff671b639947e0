import { actionsThat } from '../../lambda/domain/action.ts';
import { nodesSentence } from '../nodes-sentence.ts';
import type { ShownCluster, ShownResult } from '../read-result.ts';
import { type Html, html } from './html.ts';
import { inlineMark } from './legend.ts';
import { isComplete, typesOf } from './types.ts';

/** With any other outcome, nothing was kept off or cleared; a postponed renewal is not needed yet. */
const SETTLED = ['succeeded', 'postponed'];

const count = (value: number) => value.toLocaleString('en');
const moment = (iso: string) => `${iso.slice(0, 16).replace('T', ' ')} UTC`;

/** The head of the page: what was decided, in one sentence, and under which settings. */
export function header(result: ShownResult, madeAt: Date): Html {
  const { target, policy, startedAt, dryRun, operation } = result;
  const nodes = nodesSentence(
    result.clusters.filter(({ status }) => status !== 'skipped'),
    policy,
  );
  const where = [target.region, target.os, target.name === 'default' ? null : `target ${target.name}`];
  return html`<header><p class="brand">spot-blacklist <span class="pill ${result.status === 'completed' ? 'good' : 'bad'}">${statusOf(result)}</span></p>
<h1>${nodes ?? headline(result)}</h1>
${nodes && html`<p class="kept">${headline(result)}.</p>`}
<p class="where">${where.filter((part) => part !== null).join(' · ')}${where.some(Boolean) && ' · '}${startedAt === null ? `page made ${moment(madeAt.toISOString())}` : `run of ${moment(startedAt)}`}</p>
${policy && html`<p class="rule">Tolerated: ${policy.interruptionThreshold}% interrupted in a month. Risky ${policy.blacklistedBands.length === 1 ? 'is the band' : 'are the bands'} <strong>${policy.blacklistedBands.join(', ') || 'none'}</strong>, for ${policy.blacklistHours} hours${dryRun && operation === 'apply' && ', if this were a live run'}.</p>`}
${notices('Warning', result.warnings)}</header>`;
}

function headline(result: ShownResult): string {
  const { clusters, regions, operation, dryRun } = result;
  const [only] = clusters;
  if (only === undefined || clusters.length > 1) {
    const done = clusters.filter(({ status }) => status === 'completed').length;
    return `${done} of ${clusters.length} clusters are ${dryRun ? 'planned' : 'done'}`;
  }
  if (only.status !== 'completed' && only.decisions.length === 0) return 'The cluster could not be worked on';
  const done = only.decisions.filter(({ outcome }) => outcome === null || SETTLED.includes(outcome));
  const among = (...actions: string[]) => done.filter(({ action }) => actions.includes(action)).length;
  const is = dryRun ? 'would be' : 'are';
  if (operation === 'clear') return `${count(among('remove'))} own entries ${is} cleared`;
  // As the charts count: entries that lapse, and other owners' on calm types, keep types off Spot too.
  if (only.status === 'completed' && isComplete(only, result)) {
    const types = typesOf(only, result);
    const off = types.filter(({ isAvailable }) => !isAvailable).length;
    return `${count(off)} of ${count(types.length)} types ${is} kept off Spot`;
  }
  const types = Object.values(regions[only.region ?? ''] ?? {}).flatMap((band) => Object.keys(band));
  const all = types.length > 0 ? ` of ${count(types.length)}` : '';
  return `${count(among(...actionsThat(({ keepsOff, isRisky }) => keepsOff && isRisky)))}${all} types ${is} kept off Spot`;
}

function statusOf({ status, dryRun }: ShownResult): string {
  if (status !== 'completed') return dryRun ? 'dry run failed' : 'not completed';
  return dryRun ? 'dry run: nothing was written' : 'completed';
}

export function notices(kind: string, texts: readonly (string | null)[]): Html[] {
  return texts.flatMap((text) =>
    text === null ? [] : [html`<p class="notice" role="note"><strong>${kind}:</strong> ${text}</p>`],
  );
}

/** The numbers of one cluster. */
export function cards(cluster: ShownCluster, result: ShownResult): Html {
  const { dryRun } = result;
  const actions = Object.entries(cluster.actions).filter(([, types]) => types > 0);
  const { succeeded, failed, deferred, postponed, verified } = cluster.outcome;
  return html`<div class="cards">
<section class="card"><h3>Decided</h3><ul class="actions">${actions.map(([action, types]) => html`<li>${inlineMark(action)}<b>${count(types)}</b> ${action}</li>`)}${actions.length === 0 && html`<li>nothing to do</li>`}</ul></section>
${availabilityCards(cluster, result)}
<section class="card"><h3>Written</h3>${dryRun ? html`<p class="big">0 <small>it was a dry run</small></p>` : html`<p class="big">${count(succeeded)} <small>${failed > 0 && `${count(failed)} failed, `}${deferred > 0 && `${count(deferred)} left, `}${postponed > 0 && `${count(postponed)} postponed, `}${verified === null ? 'nothing to confirm' : `${count(verified)} confirmed by the list`}</small></p>`}</section>
</div>`;
}

/** What stays available of each machine class. One with fewer types than the floor requires needs all of them, and no more. */
function availabilityCards(cluster: ShownCluster, result: ShownResult): Html[] {
  const all = isComplete(cluster, result) ? typesOf(cluster, result) : [];
  const { minTypesPerArchitecture = 0, minFamiliesPerArchitecture = 0 } = result.policy ?? {};
  return Object.entries(cluster.available).map(([machineClass, { types, families }]) => {
    const ofClass = all.filter((type) => type.machineClass === machineClass);
    const most = new Set(ofClass.map(({ family }) => family)).size;
    const needed = [
      Math.min(minTypesPerArchitecture, ofClass.length || Number.POSITIVE_INFINITY),
      Math.min(minFamiliesPerArchitecture, most || Number.POSITIVE_INFINITY),
    ] as const;
    const isLow = types < needed[0] || families < needed[1];
    return html`<section class="card ${isLow && 'low'}"><h3>Stays available, ${machineClass}</h3><p class="big">${count(types)} <small>types of ${familiesIn(families)}</small></p><p class="fine">${isLow ? 'Below the floor' : 'The floor is'}: ${needed[0]} types, ${familiesIn(needed[1])}</p></section>`;
  });
}

function familiesIn(families: number): string {
  return `${count(families)} ${families === 1 ? 'family' : 'families'}`;
}

/** Every setting that the decisions follow from. */
export function settings({ policy, feed, operation, target }: ShownResult): Html {
  const list = (items: readonly string[]) => items.join(', ') || 'none';
  const facts: [string, string | number | null | undefined][] = [
    ['Operation', operation],
    ['Target', target.name],
    ['Tolerated', policy && `${policy.interruptionThreshold}%`],
    ['Blacklisted bands', policy && list(policy.blacklistedBands)],
    ['Blacklist time', policy && `${policy.blacklistHours} h`],
    [
      'Floor per machine class',
      policy &&
        `${policy.minTypesPerArchitecture ?? '?'} types, ${policy.minFamiliesPerArchitecture ?? '?'} families`,
    ],
    [
      'Floor per template',
      policy?.minTypesPerTemplate === undefined ? null : `${policy.minTypesPerTemplate} types`,
    ],
    [
      'Ceiling',
      policy?.maxBlacklistShare !== undefined && policy
        ? `${Math.round(policy.maxBlacklistShare * 100)}% of the region`
        : null,
    ],
    ['Never', policy && list(policy.neverBlacklist)],
    ['Always', policy && list(policy.alwaysBlacklist)],
    ['Calm own entries', policy && (policy.releaseCalm ? 'are released' : 'lapse')],
    ['Feed', feed && `${count(feed.types)} types, ${count(feed.noEvidence)} without evidence`],
    ['Feed of', feed?.lastModified && moment(feed.lastModified)],
  ];
  const shown = facts.filter(([, fact]) => fact !== null && fact !== undefined);
  return html`<dl class="settings">${shown.map(([name, fact]) => html`<div><dt>${name}</dt><dd>${fact}</dd></div>`)}</dl>`;
}
