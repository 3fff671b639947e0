import type { Globs } from './globs.ts';
import type { Policy } from './policy.ts';
import { type Band, isAbove, type SpotType } from './spot-type.ts';

/** @returns why a type is to be blacklisted; null if it is not */
export type CauseOf = (type: SpotType) => string | null;

/** Says of each type why it is to be blacklisted: the always list first, then own evidence, then AWS's band. */
export function causesIn(types: readonly SpotType[], policy: Policy, always: Globs): CauseOf {
  const risks = risksOf(types, policy);
  return (type) => {
    const { instanceType, band, noEvidence, own } = type;
    const glob = always.matching(instanceType);
    if (glob !== undefined) return `on the always list (${glob})`;
    if (own?.decides) return own.decides === 'risky' ? own.inPlaceOfBand : null;
    // "Never interrupted and no saving" is what the feed says of types that it knows nothing about.
    const risk = noEvidence ? undefined : risks.get(band);
    return risk === undefined ? null : risk + (own?.besideBand ?? '');
  };
}

/**
 * What is wrong with each band above the threshold. One text for all types of a band, because a fleet's decisions stay
 * in memory until the run is reported.
 */
function risksOf(types: readonly SpotType[], { interruptionThreshold }: Policy): ReadonlyMap<Band, string> {
  const above = types.map(({ band }) => band).filter((band) => isAbove(band, interruptionThreshold));
  return new Map(
    [...new Set(above)].map((band) => [
      band,
      `${band.label} interrupted in a month, above the tolerated ${interruptionThreshold}%`,
    ]),
  );
}
