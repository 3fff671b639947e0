// What a fleet's target can hold, as docs/fleets.md says; fleet.test.ts plays every row.
import { markdownTable } from '../../docs/markdown-table.ts';

interface Fleet {
  /** So many clusters, of 449 risky types each, cause no error once they are filled, and leave nothing uncovered. */
  readonly clusters: number;
  /** Hours until the first fill of so many is done, with Lambda's retries. */
  readonly firstFill: number;
}

export interface Capacity extends Fleet {
  readonly batchSize: number;
  /** Seconds. */
  readonly batchPause: number;
  readonly fannedOut: Fleet;
}

export const CAPACITIES: readonly Capacity[] = [
  {
    ...{ batchSize: 10, batchPause: 5, clusters: 30, firstFill: 2.4 },
    fannedOut: { clusters: 80, firstFill: 5 },
  },
  {
    ...{ batchSize: 10, batchPause: 2, clusters: 75, firstFill: 2.4 },
    fannedOut: { clusters: 190, firstFill: 4.8 },
  },
  {
    ...{ batchSize: 10, batchPause: 1, clusters: 150, firstFill: 2.4 },
    fannedOut: { clusters: 300, firstFill: 3.8 },
  },
  {
    ...{ batchSize: 20, batchPause: 1, clusters: 300, firstFill: 2.4 },
    fannedOut: { clusters: 500, firstFill: 3.3 },
  },
];

/** Clusters that stay covered at the default pace only because Lambda repeats the runs that fail. */
export const COVERED_BY_RETRIES = 100;

/**
 * @param document the text of docs/fleets.md
 * @returns the same with today's table
 * @throws {Error} if it has no place for it
 */
export function fleetsDocument(document: string): string {
  const place = /(?<=<!-- npm run docs: capacity -->\n\n).*?(?=<!-- end -->)/s;
  if (!place.test(document)) throw new Error('docs/fleets.md has no place for the table "capacity".');
  const cellsOf = ({ clusters, firstFill }: Fleet) => [String(clusters), `${firstFill} h`];
  const rows = CAPACITIES.map(({ batchSize, batchPause, fannedOut, ...alone }) => [
    `${batchSize} per ${batchPause} s${batchSize === 10 && batchPause === 5 ? ' (default)' : ''}`,
    ...cellsOf(alone),
    ...cellsOf(fannedOut),
  ]);
  const heads = [
    'pace',
    ...['clusters of 449 risky types', 'first fill of so many'],
    ...['with fan-out', 'first fill of so many'],
  ];
  return document.replace(place, () => `${markdownTable(heads, rows).join('\n')}\n`);
}
