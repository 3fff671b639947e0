import { familyOf, sizeOf } from '../domain/instance-type.ts';
import type { Policy } from '../domain/policy.ts';
import { type Feed, isAbove, type RegionFeed } from '../domain/spot-type.ts';
import { type FeedFacts, isoTime, type Machine, type RunResult } from './result.ts';

/** @returns the policy for the report: with the labels of the bands that it blacklists */
export function reportPolicy(policy: Policy, feed: Feed): RunResult['policy'] {
  const above = feed.bands.filter((band) => isAbove(band, policy.interruptionThreshold));
  return { ...policy, blacklistedBands: above.map(({ label }) => label) };
}

/** @param regions the parts of the feed that the run used */
export function reportFeed(feed: Feed, regions: readonly RegionFeed[]): FeedFacts {
  const types = regions.flatMap((region) => region.types);
  return {
    types: types.length,
    noEvidence: types.filter(({ noEvidence }) => noEvidence).length,
    etag: feed.etag,
    lastModified: isoTime(feed.lastModified),
  };
}

/** @param regions the parts of the feed that the run used */
export function reportRegions(regions: readonly RegionFeed[]): RunResult['regions'] {
  return Object.fromEntries(
    regions.map(({ region, types }) => {
      const bands = Object.groupBy(types, ({ band }) => band.label);
      const savingsOf = (ofBand: RegionFeed['types'] = []) =>
        Object.fromEntries(ofBand.map(({ instanceType, savings }) => [instanceType, savings]));
      return [region, Object.fromEntries(Object.entries(bands).map(([band, of]) => [band, savingsOf(of)]))];
    }),
  );
}

/** @param regions the parts of the feed that the run used */
export function reportMachines(regions: readonly RegionFeed[]): RunResult['machines'] {
  const types = new Map(
    regions.flatMap((region) => region.types.map((type) => [type.instanceType, type] as const)),
  );
  const families = Map.groupBy(types.values(), ({ instanceType }) => familyOf(instanceType));
  return Object.fromEntries(
    [...families].map(([family, ofFamily]) => [
      family,
      Object.fromEntries(
        ofFamily.map(({ instanceType, cores, memory }): [string, Machine] => [
          sizeOf(instanceType),
          [cores, memory && Number((memory / 1024).toFixed(2))],
        ]),
      ),
    ]),
  );
}
