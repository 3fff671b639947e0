import type { ShownCluster, ShownResult } from '../read-result.ts';
import { type Html, html } from './html.ts';
import { inlineMark } from './legend.ts';

const count = (value: number) => value.toLocaleString('en');
const moment = (iso: string) => `${iso.slice(0, 16).replace('T', ' ')} UTC`;

/** The head of the page: what was decided, in one sentence, and under which settings. */
export function header(result: ShownResult, madeAt: Date): Html {
  const { target, policy, startedAt, dryRun, operation } = result;
  const where = [target.region, target.os, target.name === 'default' ? null : `target ${target.name}`];
  return html`<header><p class="brand">spot-blacklist <span class="pill ${result.status === 'completed' ? 'good' : 'bad'}">${statusOf(result)}</span></p>
<h1>${headline(result)}</h1>
<p class="where">${where.filter((part) => part !== null).join(' · ')}${where.some(Boolean) && ' · '}${startedAt === null ? `page made ${moment(madeAt.toISOString())}` : `run of ${moment(startedAt)}`}</p>
${policy && html`<p class="rule">Tolerated: ${policy.interruptionThreshold}% interrupted in a month. Risky ${policy.blacklistedBands.length === 1 ? 'is the band' : 'are the bands'} <strong>${policy.blacklistedBands.join(', ') || 'none'}</strong>, for ${policy.blacklistHours} hours${dryRun && operation === 'apply' && ', if this were a live run'}.</p>`}
${notices('Warning', result.warnings)}</header>`;
}

function headline({ clusters, regions, operation, dryRun }: ShownResult): string {
  const decisions = clusters.flatMap((cluster) => cluster.decisions);
  const among = (...actions: string[]) => decisions.filter(({ action }) => actions.includes(action)).length;
  const would = dryRun ? ' would be' : '';
  if (operation === 'clear') return `${count(among('remove'))} own entries${would || ' were'} cleared`;
  const held = among('add', 'renew', 'keep', 'covered');
  const all = clusters.flatMap(({ region }) =>
    Object.values(regions[region ?? ''] ?? {}).map((band) => Object.keys(band).length),
  );
  const total = all.reduce((sum, types) => sum + types, 0);
  const place = clusters.length === 1 ? '' : ` in ${clusters.length} clusters`;
  return `${count(held)}${total > 0 ? ` of ${count(total)}` : ''} types ${dryRun ? 'would be' : 'are'} kept off Spot${place}`;
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
export function cards(cluster: ShownCluster, { policy, dryRun }: ShownResult): Html {
  const actions = Object.entries(cluster.actions).filter(([, types]) => types > 0);
  const { succeeded, failed, deferred, verified } = cluster.outcome;
  return html`<div class="cards">
<section class="card"><h3>Decided</h3><ul class="actions">${actions.map(([action, types]) => html`<li>${inlineMark(action)}<b>${count(types)}</b> ${action}</li>`)}${actions.length === 0 && html`<li>nothing to do</li>`}</ul></section>
${Object.entries(cluster.available)
  .toSorted(([a], [b]) => b.localeCompare(a))
  .map(([architecture, { types, families }]) => {
    const floor = [policy?.minTypesPerArchitecture ?? 0, policy?.minFamiliesPerArchitecture ?? 0] as const;
    const isLow = types < floor[0] || families < floor[1];
    return html`<section class="card ${isLow && 'low'}"><h3>Stays available, ${architecture}</h3><p class="big">${count(types)} <small>types of ${count(families)} families</small></p><p class="fine">${isLow ? 'Below the floor' : 'The floor is'}: ${floor[0]} types, ${floor[1]} families</p></section>`;
  })}
<section class="card"><h3>Written</h3>${dryRun ? html`<p class="big">0 <small>it was a dry run</small></p>` : html`<p class="big">${count(succeeded)} <small>${failed > 0 && `${count(failed)} failed, `}${deferred > 0 && `${count(deferred)} left, `}${verified === null ? 'nothing to confirm' : `${count(verified)} confirmed by the list`}</small></p>`}</section>
</div>`;
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
      'Floor per architecture',
      policy &&
        `${policy.minTypesPerArchitecture ?? '?'} types, ${policy.minFamiliesPerArchitecture ?? '?'} families`,
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
