import { isAbove, type SpotType } from '../../lambda/domain/instance-types/spot-type.ts';
import { isRecord, parsedJson } from '../../lambda/input/json.ts';
import { readFeed } from '../../lambda/spot-advisor/feed.ts';
import { readFeedFile } from '../sandbox/aws/feed.ts';
import { type Measurement, rounded } from './measurement.ts';

const FEEDS = ['2025-06-28', '2026-02-13'].map(
  (day) => new URL(`../../cli/demo/sandbox/aws/feeds/${day}.json.gz`, import.meta.url).pathname,
);
const OS = 'Linux';
/** In percent: above it is the highest band. */
const HIGHEST = 20;
const LOWEST = 5;

/** One type in one region, in both feeds. */
interface Pair {
  readonly before: SpotType;
  readonly after: SpotType;
}

/**
 * How long what the feed says stays true: of all types that are in two feeds with evidence in both, how many kept their
 * band.
 *
 * @param files two saved feeds, older first; the two of this project by default
 */
export async function measureSignal(files: readonly string[] = FEEDS): Promise<Measurement> {
  const [older = [], newer = []] = await Promise.all(files.map(typesIn));
  const pairs = pairsOf(new Map(older), new Map(newer));
  const isHighest = (type: SpotType) => isAbove(type.band, HIGHEST);
  const highest = pairs.filter(({ before }) => isHighest(before));
  const lowest = pairs.filter(({ before }) => !isAbove(before.band, LOWEST));
  const share = (of: readonly Pair[], fits: (pair: Pair) => boolean) =>
    `${rounded((of.filter(fits).length / of.length) * 100, 1)}%`;
  const isHighestLater = ({ after }: Pair) => isHighest(after);
  return {
    title: 'How good the signal is: types of all regions in two feeds',
    aim: 'What was above 20% is above 20% later far more often than any other type; AUC: 1 is a perfect order, 0.5 a guess',
    rows: [
      {
        entries: pairs.length,
        'same band': share(pairs, ({ before, after }) => before.band.label === after.band.label),
        'above 20% before': share(pairs, ({ before }) => isHighest(before)),
        'of these, later': share(highest, isHighestLater),
        'of all, later': share(pairs, isHighestLater),
        'of <5%, later': share(lowest, isHighestLater),
        AUC: auc(pairs, isHighestLater),
        'saving above 20%': saving(pairs.filter(isHighestLater)),
        'saving of others': saving(pairs.filter((pair) => !isHighestLater(pair))),
      },
    ],
  };
}

/**
 * The area under the ROC curve: how often a pair of types of which only one is in the highest band later is ordered
 * right by the bands before. Equal bands count half (Mann and Whitney); 0.5 is guessing.
 */
function auc(pairs: readonly Pair[], isHighestLater: (pair: Pair) => boolean): number {
  const bands = Map.groupBy(pairs, ({ before }) => before.band.lower);
  const lowestFirst = [...bands].toSorted(([a], [b]) => a - b).map(([, of]) => of);
  const [wins, highest, others] = lowestFirst.reduce(
    ([won, hits, misses], of) => {
      const hit = of.filter(isHighestLater).length;
      const miss = of.length - hit;
      return [won + hit * (misses + miss / 2), hits + hit, misses + miss];
    },
    [0, 0, 0],
  );
  return rounded(wins / (highest * others), 3);
}

/** The average that the newer feed gives. */
function saving(pairs: readonly Pair[]): string {
  return `${rounded(pairs.reduce((sum, { after }) => sum + after.savings, 0) / pairs.length, 1)}%`;
}

async function typesIn(file: string): Promise<[string, SpotType][]> {
  const text = (await readFeedFile(file)).body.toString();
  const feed = readFeed(text, { etag: null, lastModified: null });
  const document = parsedJson(text);
  const regions = isRecord(document) && isRecord(document['spot_advisor']) ? document['spot_advisor'] : {};
  return Object.entries(regions).flatMap(([region, systems]) =>
    isRecord(systems) && Object.hasOwn(systems, OS)
      ? feed.of(region, OS).types.map((type): [string, SpotType] => [`${region} ${type.instanceType}`, type])
      : [],
  );
}

function pairsOf(older: ReadonlyMap<string, SpotType>, newer: ReadonlyMap<string, SpotType>): Pair[] {
  return [...older].flatMap(([key, before]) => {
    const after = newer.get(key);
    return after === undefined || before.noEvidence || after.noEvidence ? [] : [{ before, after }];
  });
}
