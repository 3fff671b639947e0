// What the demonstration shows, as text. Pure: results in, text out.
import Table from 'cli-table3';
import type { Demonstration, RunReport } from './demonstration.ts';
import type { BandCount } from './feed-bands.ts';
import type { RunResult } from './run-result.ts';

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
  const date = feed.lastModified == null ? 'without a date' : `of ${feed.lastModified.slice(0, 10)}`;
  return [
    paint('bold', `${target.region} · ${target.os} · threshold ${policy.interruptionThreshold} %`),
    `${feedName} ${date}: ${count(feed.types)} types, ${count(feed.noEvidence)} of them without evidence`,
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
    const decided = Object.entries(actions).filter(([, types]) => types > 0);
    return [
      name,
      decided.map(([action, types]) => `${action} ${count(types)}`).join(', ') || 'nothing',
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
        `would have cost ${plural(saved, 'request')} and, at the default pace, ${paceTime(saved)}.`
      : 'There was nothing to write, so there was nothing for the second run to save.';
  return [
    secondRun,
    `The pace here is BATCH_PAUSE=0; the default is ${DEFAULT_PACE.requests} requests per ${DEFAULT_PACE.seconds} seconds.`,
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

const count = (value: number): string => value.toLocaleString('en');
const percent = (share: number): string => `${Math.round(share * 100)} %`;
const plural = (value: number, noun: string): string =>
  `${value === 0 ? 'no' : count(value)} ${noun}${value === 1 ? '' : 's'}`;

const elapsed = (milliseconds: number): string =>
  milliseconds < 1000 ? `${milliseconds} ms` : `${(milliseconds / 1000).toFixed(1)} s`;

/** How long so many requests take at the default pace: a pause between batches, and none after the last. */
function paceTime(requests: number): string {
  const seconds = (Math.ceil(requests / DEFAULT_PACE.requests) - 1) * DEFAULT_PACE.seconds;
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
