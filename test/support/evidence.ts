import type { RegionFeed } from '../../lambda/domain/instance-types/spot-type.ts';
import type { OwnFigures } from '../../lambda/domain/own-evidence/evidence.ts';
import { weigh } from '../../lambda/domain/own-evidence/verdict.ts';

/** Figures of machines that were interrupted one by one, unless it is said how many went. */
export function figures(hours: number, interruptions: number, machines = interruptions): OwnFigures {
  return { hours, interruptions, machines };
}

/** A region with own figures about some of its types. */
export function withFigures(
  feed: RegionFeed,
  own: Readonly<Record<string, OwnFigures>>,
  { threshold = 20, decides = true } = {},
): RegionFeed {
  return {
    ...feed,
    types: feed.types.map((type) => {
      const ofType = own[type.instanceType];
      return ofType === undefined
        ? type
        : { ...type, own: weigh(ofType, type.band.label, threshold, decides) };
    }),
  };
}
