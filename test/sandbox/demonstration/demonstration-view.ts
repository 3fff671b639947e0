// What the demonstration shows, as text. Pure: results in, text out.
import Table from 'cli-table3';
import type { BandCount } from '../../../cli/sandbox/aws/feed-bands.ts';
import type { Demonstration, RunReport } from './demonstration.ts';
import type { RunResult } from './run-result.ts';
import { actionCounts, count, plural } from './words.ts';

/** Marks text for a terminal, or leaves it as it is where colour is not wanted. */
export type Paint = (style: 'bold' | 'dim' | 'red' | 'green', text: string) => string;

export interface ViewOptions {
  /** Which feed was served, for people. */
  readonly feedName: string;
  /** How many types are in each band; left out where the feed is not at hand, but AWS's own. */
  readonly bands?: readonly BandCount[];
  readonly paint: Paint;
}

/** The function's default pace. The demonstration runs without pauses. */
const DEFAULT_PACE = { requests: 10, seconds: 5 };
/** How many of the riskiest types are shown by name. */
const SHOWN_TYPES = 10;
/** The length of a bar that stands for all types, in characters. */
const BAR_LENGTH = 40;

/** Returns all that is shown, top to bottom. */
export function renderDemonstration(demonstration: Demonstration, options: ViewOptions): string {
  const { dryRun, firstRun, secondRun } = demonstration;
  const { feedName, bands, paint } = options;
  return [
    title(dryRun.result, feedName, paint),
    bandTable(dryRun.result, bands ?? bandsOf(dryRun.result), paint),
    riskiestTable(dryRun.result, paint),
    runTable([dryRun, firstRun, secondRun], paint),
    conclusion(firstRun, secondRun),
  ].join('\n\n');
}

function title({ target, policy, feed }: RunResult, feedName: string, paint: Paint): string {
  const date = feed.lastModified == null ? '' : ` of ${feed.lastModified.slice(0, 10)}`;
  return [
    paint('bold', `${target.region} · ${target.os} · threshold ${policy.interruptionThreshold} %`),
    `${feedName}${date}: ${count(feed.types)} types, ${count(feed.noEvidence)} of them without evidence`,
  ].join('\n');
}

/** What the result alone can tell: the bands of the types that something was decided about. */
function bandsOf({ policy, clusters: [{ decisions }] }: RunResult): BandCount[] {
  return policy.blacklistedBands.map((band) => ({
    band,
    types: decisions.filter((decision) => decision.band === band).length,
  }));
}

function bandTable(result: RunResult, bands: readonly BandCount[], paint: Paint): string {
  const { policy, feed, clusters } = result;
  const spared = clusters[0].decisions.filter(({ action }) => action === 'spare');
  const rows = bands.map(({ band, types }) => {
    const share = feed.types === 0 ? 0 : types / feed.types;
    const isBlacklisted = policy.blacklistedBands.includes(band);
    const exceptions = spared.filter((decision) => decision.band === band).length;
    const verdict = isBlacklisted ? `blacklisted${exceptions > 0 ? ` but ${exceptions}` : ''}` : 'available';
    const bar = paint(isBlacklisted ? 'red' : 'green', '█'.repeat(Math.round(share * BAR_LENGTH)));
    return [band, count(types), percent(share), bar, isBlacklisted ? paint('red', verdict) : verdict];
  });
  return section(
    'How often Spot took machines back during the last month',
    table(['Band', 'Types', 'Share', '', 'As Spot'], ['left', 'right', 'right', 'left', 'left'], rows),
    paint,
  );
}

function riskiestTable({ clusters: [{ decisions }] }: RunResult, paint: Paint): string {
  const risky = decisions.filter(({ action }) => action !== 'lapse' && action !== 'release');
  if (risky.length === 0)
    return paint('bold', 'No type is risky at this threshold: there is nothing to blacklist.');
  const rows = risky
    .slice(0, SHOWN_TYPES)
    .map(({ instanceType, band, savings, action }) => [
      instanceType,
      band ?? '',
      savings === null ? '' : `${savings} %`,
      action,
    ]);
  return section(
    `The riskiest ${rows.length} of ${plural(risky.length, 'risky type')}`,
    table(['Instance type', 'Band', 'Saving', 'Dry run says'], ['left', 'left', 'right', 'left'], rows),
    paint,
  );
}

function runTable(runs: readonly RunReport[], paint: Paint): string {
  const rows = runs.map(({ name, result, reads, writes, milliseconds }) => {
    const [{ actions, outcome }] = result.clusters;
    return [
      name,
      actionCounts(actions),
      count(reads),
      count(writes),
      outcome.verified === null ? '' : count(outcome.verified),
      elapsed(milliseconds),
    ];
  });
  return section(
    'Three runs, and the requests that CAST AI saw of them',
    table(
      ['Run', 'Decided', 'Reads', 'Writes', 'Confirmed', 'Took'],
      ['left', 'left', 'right', 'right', 'right', 'right'],
      rows,
    ),
    paint,
  );
}

function conclusion(first: RunReport, second: RunReport): string {
  const saved = first.writes - second.writes;
  const secondRun =
    saved > 0
      ? `The second run saw what was there and sent ${plural(second.writes, 'write')}. Adding everything again ` +
        `would have cost ${plural(saved, 'request')}.`
      : 'There was nothing to write, so there was nothing for the second run to save.';
  return [
    secondRun,
    pace(first.writes),
    'CAST AI and AWS Secrets Manager were stand-ins on this machine: no account was touched.',
  ].join('\n');
}

function section(heading: string, body: string, paint: Paint): string {
  return `${paint('bold', heading)}\n${body}`;
}

function table(head: string[], colAligns: ('left' | 'right')[], rows: string[][]): string {
  // Empty styles: cli-table3 would colour by itself, terminal or not.
  const drawn = new Table({ head, colAligns, style: { head: [], border: [], compact: true } });
  drawn.push(...rows);
  return drawn.toString();
}

const percent = (share: number): string => `${Math.round(share * 100)} %`;

const elapsed = (milliseconds: number): string =>
  milliseconds < 1000 ? `${milliseconds} ms` : `${(milliseconds / 1000).toFixed(1)} s`;

/** What is not as it would be in a real account: the pace, where there was anything to write. */
function pace(writes: number): string {
  const { requests, seconds } = DEFAULT_PACE;
  const time = paceTime(writes);
  const consequence = time === '' ? '' : `, which takes ${time} for ${count(writes)}`;
  return `Here the requests were sent without a pause; by default ${requests} start every ${seconds} seconds${consequence}.`;
}

/** How long so many requests take at the default pace; empty where there is no pause, as after the last batch. */
function paceTime(requests: number): string {
  const total = Math.max(0, Math.ceil(requests / DEFAULT_PACE.requests) - 1) * DEFAULT_PACE.seconds;
  const [minutes, seconds] = [Math.floor(total / 60), total % 60];
  return [minutes > 0 ? `${minutes} min` : '', seconds > 0 ? `${seconds} s` : ''].filter(Boolean).join(' ');
}
