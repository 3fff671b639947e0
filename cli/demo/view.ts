// What the demonstration shows besides plans and results. Pure: facts in, text out.
import type { RunResult } from '../../lambda/report/result.ts';
import type { Settings } from '../../lambda/settings/settings.ts';
import { calmestFirst } from '../page/types.ts';
import { estimate } from '../terminal/progress.ts';
import { drawTable } from '../terminal/table.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { viewActions } from '../views/plan-view.ts';

type Look = Pick<Terminal, 'style' | 'width'>;

/** One of the runs, and the requests that CAST AI received from it. */
export interface DemoRun {
  readonly name: string;
  readonly result: RunResult;
  readonly reads: number;
  readonly writes: number;
}

/** The length of a bar for all types, in characters; shorter in a narrow terminal. */
const BAR_LENGTH = 40;
/** The width of the other columns of the bands' table. */
const BESIDE_BAR = 54;

/**
 * The feed, by band: how many types it has in each, and whether they can still be bought as Spot.
 *
 * @param feedName identifies the feed
 */
export function viewBands(
  { policy, feed, regions, clusters }: RunResult,
  feedName: string,
  look: Look,
): string {
  const total = feed?.types ?? 0;
  const date = feed?.lastModified == null ? '' : ` of ${feed.lastModified.slice(0, 10)}`;
  const length = Math.max(10, Math.min(BAR_LENGTH, look.width - BESIDE_BAR));
  const spared = clusters.flatMap(({ decisions }) => decisions.filter(({ action }) => action === 'spare'));
  const rows = Object.values(regions).flatMap((bands) =>
    calmestFirst(Object.keys(bands)).map((band) => {
      const types = Object.keys(bands[band] ?? {}).length;
      const share = total === 0 ? 0 : types / total;
      const isRisky = policy?.blacklistedBands.includes(band) ?? false;
      const exceptions = spared.filter((decision) => decision.band === band).length;
      const verdict = exceptions > 0 ? `blacklisted, except ${exceptions}` : 'blacklisted';
      const colour = isRisky ? 'red' : 'green';
      return [
        band,
        count(types),
        `${Math.round(share * 100)}%`,
        look.style(colour, '█'.repeat(Math.round(share * length))),
        look.style(colour, isRisky ? verdict : 'available'),
      ];
    }),
  );
  return [
    look.style('bold', 'How often Spot took machines back during a month'),
    `${feedName}${date}: ${count(total)} types${feed?.noEvidence ? `, ${count(feed.noEvidence)} of them without evidence` : ''}`,
    drawTable(
      [
        ['Band', 'left'],
        ['Types', 'right'],
        ['Share', 'right'],
        ['', 'left'],
        ['As Spot', 'left'],
      ],
      rows,
      look.width,
    ),
  ].join('\n');
}

/**
 * The runs side by side, and what they mean.
 *
 * @param pace how fast the function would write by default
 */
export function viewRuns(
  runs: readonly DemoRun[],
  pace: Pick<Settings, 'batchSize' | 'batchPause'>,
  look: Look,
): string {
  const rows = runs.map(({ name, result, reads, writes }) => {
    const { actions = {}, outcome } = result.clusters[0] ?? {};
    return [name, viewActions(actions), count(reads), count(writes), count(outcome?.verified ?? null)];
  });
  return [
    look.style('bold', 'Three runs, and the requests that CAST AI saw of them'),
    drawTable(
      [
        ['Run', 'left'],
        ['Decided', 'left'],
        ['Reads', 'right'],
        ['Writes', 'right'],
        ['Confirmed', 'right'],
      ],
      rows,
      look.width,
    ),
    '',
    ...conclusion(runs, pace),
  ].join('\n');
}

/** What to try after the demonstration. */
export interface NextSteps {
  /** The command that starts the command line here. */
  readonly command: string;
  /** Lines about other things to try. */
  readonly others: readonly string[];
}

export function viewNext({ command, others }: NextSteps): string {
  return [
    'Next, a plan of your own region, without any account:',
    `  ${command} plan --region us-east-1 \\`,
    '    --os Linux --interruption-threshold 20 --report page.html',
    ...others,
  ].join('\n');
}

function conclusion(
  runs: readonly DemoRun[],
  { batchSize, batchPause }: Pick<Settings, 'batchSize' | 'batchPause'>,
): string[] {
  const [first] = runs;
  const most = Math.max(...runs.map(({ writes }) => writes));
  const last = runs.at(-1)?.writes ?? 0;
  const least = estimate(most, { batchSize, batchPause });
  const time = least === null ? '' : `, which takes ${least} for ${count(most)}`;
  return [
    most > last
      ? `The second run saw what was there and sent ${last === 0 ? 'no' : last} writes. Adding everything again would have cost ${count(most - last)} requests.`
      : 'There was nothing to write, so there was nothing for the second run to save.',
    ...(first === undefined ? [] : raisedFloors(first.result)),
    `Here the requests were sent without a pause; by default ${batchSize} start every ${batchPause} seconds${time}.`,
    'CAST AI and AWS Secrets Manager were stand-ins on this machine: no account was touched.',
  ];
}

/** The templates that get types back, because they buy on-demand for lack of Spot. */
function raisedFloors({ clusters, policy }: RunResult): string[] {
  const usual = policy?.minTypesPerTemplate ?? 0;
  return clusters.flatMap(({ templates }) =>
    (templates ?? []).flatMap(({ name, floor, fallback = null }) =>
      fallback === null || fallback.fallback === 0 || floor <= usual
        ? []
        : `The template ${name} had to buy ${fallback.fallback} of ${fallback.spot + fallback.fallback} nodes on-demand, so it gets types back: its floor rises from ${usual} types to ${floor}.`,
    ),
  );
}

const count = (value: number | null): string => value?.toLocaleString('en') ?? '';
