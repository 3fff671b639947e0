import type { OwnDay } from '../domain/evidence.ts';
import type { Policy } from '../domain/policy.ts';
import { isAbove, type RegionFeed } from '../domain/spot-type.ts';
import type { EvidenceFacts } from './result.ts';

/**
 * @param regions the parts of the feed that the run used, with own figures
 * @param reading what the figures cover (milliseconds since 1970), and the same by day
 * @param isKeptOff whether the plans keep a type off in any cluster of a region
 */
export function reportEvidence(
  mode: EvidenceFacts['mode'],
  { interruptionThreshold }: Policy,
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
  const iso = (time: number) => (all.length === 0 ? null : new Date(time).toISOString());
  return {
    mode,
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
      return { day: new Date(day).toISOString().slice(0, 10), keptOff: of(true), others: of(false) };
    });
}
