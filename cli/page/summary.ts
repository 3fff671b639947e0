import { viewEvidence } from '../views/evidence-view.ts';
import type { ShownCluster, ShownResult } from '../views/read-result.ts';
import { floorOf } from '../views/short-of.ts';
import type { Headline } from './headline.ts';
import { type Html, html } from './html.ts';
import { inlineMark } from './legend.ts';
import { availableIn, type ShownRegion } from './region.ts';
import { priceCard } from './savings.ts';

const count = (value: number) => value.toLocaleString('en');
const moment = (iso: string) => `${iso.slice(0, 16).replace('T', ' ')} UTC`;

/** The head of the page: the outcome in one sentence, and under which settings. */
export function header(result: ShownResult, { text, isBad, more }: Headline, madeAt: Date): Html {
  const { target, policy, startedAt, feed } = result;
  const [region, ...others] = new Set(result.clusters.map((cluster) => cluster.region));
  const where = [
    target.region ?? (others.length === 0 ? region : null),
    target.os,
    target.name === 'default' ? null : `target ${target.name}`,
    startedAt === '' ? `page made ${moment(madeAt.toISOString())}` : `run of ${moment(startedAt)}`,
    feed?.lastModified ? `AWS's figures of ${feed.lastModified.slice(0, 10)}` : null,
  ];
  return html`<header><p class="brand">spot-blacklist <span class="pill ${isBad ? 'bad' : 'good'}">${statusOf(result)}</span></p>
<h1${isBad && html` class="bad"`}>${text}</h1>
${more !== null && html`<p class="kept">${more}</p>`}
<p class="where">${where.filter((part) => part).join(' · ')}</p>
${policy && rule(policy, result)}
${viewEvidence(result).map((line) => html`<p class="rule">${line}</p>`)}
${notices('Warning', result.warnings)}</header>`;
}

/** What makes a type risky, and how long it is blacklisted. */
function rule(
  {
    interruptionThreshold,
    blacklistedBands: bands,
    blacklistHours,
    rollout,
  }: NonNullable<ShownResult['policy']>,
  { dryRun, operation, clusters }: ShownResult,
): Html {
  const [noun, are] = bands.length === 1 ? ['The band', 'is'] : ['The bands', 'are'];
  const isPlanned = (dryRun && operation === 'apply') || clusters.some(({ refusal }) => refusal);
  const verb = isPlanned ? 'would be' : 'are';
  const which = rollout < 100 ? `${rollout}% of such types` : 'such types';
  const risky =
    bands.length > 0 &&
    html`${noun} <strong>${bands.join(', ')}</strong> ${are} risky: ${which} ${verb} blacklisted for ${blacklistHours} hours.`;
  return html`<p class="rule">Tolerated: AWS's bands up to ${interruptionThreshold}%. ${risky || 'No band is risky.'}</p>`;
}

function statusOf({ status, dryRun }: ShownResult): string {
  if (status !== 'completed') return dryRun ? 'dry run failed' : 'not completed';
  return dryRun ? 'dry run: nothing was written' : 'completed';
}

/** Texts, each in a box with what it is. */
export function notices(kind: string, texts: readonly (string | null)[], tone: 'bad' | '' = ''): Html[] {
  return texts.flatMap((text) =>
    text === null ? [] : [html`<p class="notice ${tone}" role="note"><strong>${kind}:</strong> ${text}</p>`],
  );
}

/** The numbers of one cluster. */
export function cards(cluster: ShownCluster, region: ShownRegion, result: ShownResult): Html {
  const actions = Object.entries(cluster.actions).filter(([, types]) => types > 0);
  const isCarriedOut = cluster.status === 'completed' && region.isComplete;
  return html`<div class="cards">
<section class="card"><h3>Decided</h3><ul class="actions">${actions.map(([action, types]) => html`<li>${inlineMark(action)}<b>${count(types)}</b> ${action}</li>`)}${actions.length === 0 && html`<li>nothing to do</li>`}</ul></section>
${writtenCard(cluster, result)}
${isCarriedOut && !cluster.nodes?.spot && priceCard(region.types)}
</div><div class="cards">${availabilityCards(cluster, region, result)}</div>`;
}

function writtenCard({ outcome }: ShownCluster, { dryRun }: ShownResult): Html {
  const { succeeded, failed, deferred, postponed, verified } = outcome;
  const facts = [
    failed > 0 && `${count(failed)} failed`,
    deferred > 0 && `${count(deferred)} left`,
    postponed > 0 && `${count(postponed)} postponed`,
    verified === null ? 'nothing to confirm' : `${count(verified)} confirmed by the list`,
  ];
  const small = dryRun ? 'it was a dry run' : facts.filter(Boolean).join(', ');
  return html`<section class="card ${failed + deferred > 0 && 'low'}"><h3>Written</h3><p class="big">${count(succeeded)} <small>${small}</small></p></section>`;
}

/** What stays available of each machine class. One with fewer types than the floor requires needs all of them, and no more. */
function availabilityCards(
  cluster: ShownCluster,
  region: ShownRegion,
  { policy, dryRun }: ShownResult,
): Html[] {
  const isReal = (cluster.status === 'completed' && !dryRun) || region.isComplete;
  return Object.entries(availableIn(cluster, region) ?? cluster.available).map(
    ([machineClass, { types, families }]) => {
      const floor = floorOf(machineClass, region.isComplete ? region.types : [], policy);
      const isLow = types < floor.types || families < floor.families;
      const title = isReal ? 'Stays available' : 'Would stay available';
      return html`<section class="card ${isLow && 'low'}"><h3>${title}, ${machineClass}</h3><p class="big">${count(types)} <small>types of ${familiesIn(families)}</small></p><p class="fine">${isLow ? 'Below the floor' : 'The floor is'}: ${floor.types} types, ${familiesIn(floor.families)}</p></section>`;
    },
  );
}

function familiesIn(families: number): string {
  return `${count(families)} ${families === 1 ? 'family' : 'families'}`;
}

/** Every setting that the decisions follow from. */
export function settings({ policy, feed, evidence, operation, target }: ShownResult): Html {
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
    ['Floor per size', policy && `${policy.minTypesPerSize} types`],
    ['Fallback', policy && (policy.relaxOnFallback ? 'raises floors' : 'changes nothing')],
    ['Rollout', policy && `${policy.rollout}% of the risky types`],
    [
      'Own evidence',
      evidence && `${evidence.mode === 'decide' ? 'decides' : 'is shown'}, ratio ${evidence.ratio}`,
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
    [
      'Feed',
      feed &&
        `${count(feed.types)} types${feed.noEvidence > 0 ? `, ${count(feed.noEvidence)} without evidence` : ''}`,
    ],
    ['Feed of', feed?.lastModified && moment(feed.lastModified)],
  ];
  const shown = facts.filter(([, fact]) => fact !== null && fact !== undefined);
  return html`<dl class="settings">${shown.map(([name, fact]) => html`<div><dt>${name}</dt><dd>${fact}</dd></div>`)}</dl>`;
}
