import type { Policy } from '../domain/decision.ts';
import { sizesOf } from '../domain/guard-rails/sizes.ts';
import { familyOf, sizeOf } from '../domain/instance-types/instance-type.ts';
import { type Feed, isAbove, type RegionFeed } from '../domain/instance-types/spot-type.ts';
import type { OwnDay } from '../domain/own-evidence/evidence.ts';
import { dateOf, isoTime } from '../domain/words.ts';
import type { EvidenceFacts, RunResult } from './result.ts';

/** How own figures were judged. */
interface Judging
  extends Pick<EvidenceFacts, 'mode' | 'ratio' | 'dispersion' | 'hidden' | 'riskyAgainstOthers'> {
  readonly policy: Policy;
}

/**
 * @param regions the parts of the feed that the run used, with own figures
 * @param reading what the figures cover (milliseconds since 1970), and the same by day
 * @param isKeptOff whether the plans keep a type off in any cluster of a region
 */
export function reportEvidence(
  { policy: { interruptionThreshold }, dispersion, ...judging }: Judging,
  regions: readonly RegionFeed[],
  { from, to, days }: { readonly from: number; readonly to: number; readonly days: readonly OwnDay[] },
  isKeptOff: (region: string, instanceType: string) => boolean,
): EvidenceFacts {
  const known = regions.map(({ region, types }) => {
    const own = types.flatMap((type) => (type.own ? [{ ...type, own: type.own }] : []));
    return { region, own };
  });
  const all = known.flatMap(({ own }) => own);
  const sum = (of: 'hours' | 'interruptions') => all.reduce((total, { own }) => total + own.summary[of], 0);
  const disagreeing = (verdict: 'risky' | 'calm') =>
    all.filter(({ band, own }) => {
      const isRisky = isAbove(band, interruptionThreshold);
      return own.verdict === verdict && isRisky !== (verdict === 'risky');
    }).length;
  const iso = (time: number) => isoTime(all.length === 0 ? null : time);
  return {
    ...judging,
    dispersion: Object.fromEntries(
      Object.entries(dispersion).map(([region, value]) => [region, Number(value.toFixed(2))]),
    ),
    from: iso(from),
    to: iso(to),
    hours: sum('hours'),
    interruptions: sum('interruptions'),
    riskier: disagreeing('risky'),
    calmer: disagreeing('calm'),
    days: byDay(days, isKeptOff),
    regions: Object.fromEntries(
      known.map(({ region, own: types }) => {
        const figures = types.map(({ instanceType, own: { summary, verdict } }) => {
          return [instanceType, { ...summary, verdict }];
        });
        return [region, Object.fromEntries(figures)];
      }),
    ),
  };
}

function byDay(
  days: readonly OwnDay[],
  isKeptOff: (region: string, instanceType: string) => boolean,
): EvidenceFacts['days'] {
  return [...Map.groupBy(days, ({ day }) => day)]
    .sort(([a], [b]) => a - b)
    .map(([day, figures]) => {
      const of = (keptOff: boolean) => {
        const some = figures.filter(
          ({ region, instanceType }) => isKeptOff(region, instanceType) === keptOff,
        );
        return {
          hours: Math.round(some.reduce((sum, { hours }) => sum + hours, 0)),
          machines: some.reduce((sum, { machines }) => sum + machines, 0),
        };
      };
      return { day: dateOf(day), keptOff: of(true), others: of(false) };
    });
}

/** @returns the policy for the report: with the labels of the bands that it blacklists */
export function reportPolicy(policy: Policy, feed: Feed): RunResult['policy'] {
  const above = feed.bands.filter((band) => isAbove(band, policy.interruptionThreshold));
  return { ...policy, blacklistedBands: above.map(({ label }) => label) };
}

/** @param regions the parts of the feed that the run used */
export function reportFeed(feed: Feed, regions: readonly RegionFeed[]): NonNullable<RunResult['feed']> {
  const types = regions.flatMap((region) => region.types);
  return {
    types: types.length,
    noEvidence: types.filter(({ noEvidence }) => noEvidence).length,
    inNoSize: regions.reduce((sum, region) => sum + sizesOf(region.types).outside, 0),
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
        ofFamily.map(({ instanceType, cores, memory }): [string, [number | null, number | null]] => [
          sizeOf(instanceType),
          [cores, memory && Number((memory / 1024).toFixed(2))],
        ]),
      ),
    ]),
  );
}
