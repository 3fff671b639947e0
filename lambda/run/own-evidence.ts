// Loaded only by runs that ask for own evidence.
import { toSafeError } from '../domain/errors.ts';
import type { RegionFeed } from '../domain/instance-types/spot-type.ts';
import type { OwnFiguresByRegion } from '../domain/own-evidence/evidence.ts';
import { weigh } from '../domain/own-evidence/verdict.ts';
import { suggestion } from '../input/near-names.ts';
import { reportEvidence } from '../report/evidence.ts';
import type { EvidenceFacts } from '../report/result.ts';
import type { ApplySettings } from '../settings/settings.ts';
import type { KnownEvidence, OwnFiguresReading, RunPorts } from './ports.ts';

/** What a run knows from the account's own machines. */
export interface Learned {
  /** The regions' types, with what own figures say about them. */
  readonly feeds: readonly RegionFeed[];
  /** @param isKeptOff whether the plans keep a type off in any cluster of a region */
  factsFor(isKeptOff: (region: string, instanceType: string) => boolean): EvidenceFacts;
  readonly warnings: readonly string[];
  readonly facts: KnownEvidence;
}

/**
 * Reads and judges the account's own figures. Whatever goes wrong is a warning, and AWS's bands decide.
 *
 * @param feeds the regions of the run
 * @param known the names of all regions, to recognize a misspelt one
 * @param startedAt when the run, or its round, started: milliseconds since 1970
 * @param round what the round's planner knew: all jobs count the same days, also those of which figures have come since
 */
export async function learn(
  { ownEvidence, ownEvidenceDays: days, ownEvidenceRegion: homeRegion, policy }: ApplySettings,
  feeds: readonly RegionFeed[],
  known: readonly string[],
  startedAt: number,
  round: KnownEvidence | undefined,
  ports: RunPorts,
): Promise<Learned> {
  const decides = ownEvidence === 'decide';
  const [first] = feeds;
  const regions = feeds.map(({ region }) => region);
  const reading =
    first === undefined
      ? NOTHING
      : await read(
          {
            ...{ homeRegion, days, regions, os: first.os, now: startedAt },
            ...(round && { until: Date.parse(round.until) }),
          },
          ports,
        );
  const judged = feeds.map((feed) => withOwn(feed, reading.figures, policy.interruptionThreshold, decides));
  return {
    feeds: judged,
    factsFor: (isKeptOff) =>
      reportEvidence(decides ? 'decide' : 'report', policy, judged, reading, isKeptOff),
    warnings: [...reading.warnings, ...misspelt(homeRegion, known)],
    facts: {
      until: new Date(reading.to || startedAt).toISOString(),
      isLacking: reading.isPassing ?? false,
    },
  };
}

function misspelt(homeRegion: string | null, known: readonly string[]): string[] {
  if (homeRegion === null || known.includes(homeRegion)) return [];
  const meant = suggestion(homeRegion, known, 2);
  return meant === '' ? [] : [`OWN_EVIDENCE_REGION is ${homeRegion}, which the feed does not have${meant}.`];
}

const NOTHING: OwnFiguresReading = { figures: new Map(), days: [], from: 0, to: 0, warnings: [] };

async function read(
  query: Parameters<RunPorts['readOwnFigures']>[0],
  { readOwnFigures, deadline }: RunPorts,
): Promise<OwnFiguresReading> {
  try {
    return await readOwnFigures(query, deadline.evidence());
  } catch (thrown) {
    const { message } = toSafeError(thrown);
    return { ...NOTHING, warnings: [`Own evidence could not be read, so AWS's bands decide: ${message}`] };
  }
}

/** Own figures of types that the feed lacks have no use: nothing is decided about them. */
function withOwn(
  feed: RegionFeed,
  figures: OwnFiguresByRegion,
  threshold: number,
  replacesBand: boolean,
): RegionFeed {
  const ofRegion = figures.get(feed.region);
  if (ofRegion === undefined || ofRegion.size === 0) return feed;
  return {
    ...feed,
    types: feed.types.map((type) => {
      const own = ofRegion.get(type.instanceType);
      return own === undefined
        ? type
        : { ...type, own: weigh(own, type.band.label, threshold, replacesBand) };
    }),
  };
}
