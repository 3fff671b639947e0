import type { Policy } from '../domain/policy.ts';
import { isAbove, type RegionFeed } from '../domain/spot-type.ts';
import type { EvidenceFacts } from './result.ts';

/**
 * @param regions the parts of the feed that the run used, with own figures
 * @param covers what the figures cover: milliseconds since 1970
 */
export function reportEvidence(
  mode: EvidenceFacts['mode'],
  { interruptionThreshold }: Policy,
  regions: readonly RegionFeed[],
  covers: { readonly from: number; readonly to: number },
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
    from: iso(covers.from),
    to: iso(covers.to),
    hours: sum('hours'),
    interruptions: sum('interruptions'),
    riskier: disagreeing('risky'),
    calmer: disagreeing('calm'),
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
