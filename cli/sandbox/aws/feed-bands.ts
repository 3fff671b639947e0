import * as v from 'valibot';

const feed = v.object({
  ranges: v.array(v.object({ index: v.number(), label: v.string() })),
  spot_advisor: v.record(v.string(), v.record(v.string(), v.record(v.string(), v.object({ r: v.number() })))),
});

/** One band and how many of a region's types are in it. */
export interface BandCount {
  readonly band: string;
  readonly types: number;
}

/**
 * Counts a region's types by band, calmest first, straight from the feed: a second opinion to the function's own.
 * @throws {v.ValiError} for a document that is no feed, which the function should have refused first.
 */
export function countBands(document: unknown, region: string, os: string): BandCount[] {
  const { ranges, spot_advisor: regions } = v.parse(feed, document);
  const types = Object.values(regions[region]?.[os] ?? {});
  return ranges
    .toSorted((a, b) => a.index - b.index)
    .map(({ index, label }) => ({ band: label, types: types.filter(({ r }) => r === index).length }));
}
