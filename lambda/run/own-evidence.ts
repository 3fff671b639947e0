// Loaded only by runs that ask for own evidence.
import { toSafeError } from '../domain/errors.ts';
import { isAbove, type RegionFeed } from '../domain/instance-types/spot-type.ts';
import { riskyAgainstOthers } from '../domain/own-evidence/signal.ts';
import { type Compared, compareInRegion, judge } from '../domain/own-evidence/verdict.ts';
import { suggestion } from '../input/near-names.ts';
import { reportEvidence } from '../report/evidence.ts';
import type { EvidenceFacts } from '../report/result.ts';
import type { ApplySettings } from '../settings/settings.ts';
import type { KnownEvidence, OwnFiguresReading, RunPorts } from './ports.ts';

/** What a run knows from the account's own machines. */
export interface OwnEvidenceReading {
  /** The regions' types, with what own figures say about them. */
  readonly feeds: readonly RegionFeed[];
  /**
   * @param isKeptOff whether the plans keep a type off in any cluster of a region
   * @param hidden why interruptions may be missing, in words; null if they are not
   */
  factsFor(
    isKeptOff: (region: string, instanceType: string) => boolean,
    hidden: string | null,
  ): EvidenceFacts;
  readonly warnings: readonly string[];
  readonly facts: KnownEvidence;
}

/** What the reading depends on. */
interface Request {
  readonly settings: ApplySettings;
  /** The regions of the run. */
  readonly feeds: readonly RegionFeed[];
  /** The names of all regions, to recognize a misspelt one. */
  readonly regionNames: readonly string[];
  /** When the run, or the one that it is a part of, started: milliseconds since 1970. */
  readonly startedAt: number;
  /** What the larger run knew: all its parts count the same days, even if figures for further days have arrived since. */
  readonly known: KnownEvidence | null;
  readonly ports: RunPorts;
}

/** Reads and judges the account's own figures. Whatever goes wrong is a warning, and AWS's bands decide. */
export async function readOwnEvidence({
  settings,
  feeds,
  regionNames,
  startedAt,
  known,
  ports,
}: Request): Promise<OwnEvidenceReading> {
  const { ownEvidenceDays: days, ownEvidenceRatio: ratio, ownEvidenceRegion: homeRegion, policy } = settings;
  const decides = settings.ownEvidence === 'decide';
  const [first] = feeds;
  const regions = feeds.map(({ region }) => region);
  const reading =
    first === undefined
      ? NOTHING
      : await read(
          {
            ...{ homeRegion, days, regions, os: first.os, now: startedAt },
            ...(known && { until: Date.parse(known.until) }),
          },
          ports,
        );
  const compared = new Map(
    regions.map((region) => {
      const ofRegion = reading.days.filter((day) => day.region === region);
      return [region, compareInRegion(reading.figures.get(region) ?? new Map(), ofRegion)];
    }),
  );
  const judged = feeds.map((feed) => withOwn(feed, compared.get(feed.region), ratio, decides));
  const above = new Set(feeds.flatMap((feed) => typesAbove(feed, policy.interruptionThreshold)));
  const signal = riskyAgainstOthers(reading.days, (region, type) => above.has(`${region} ${type}`), ratio);
  return {
    feeds: judged,
    factsFor: (isKeptOff, hidden) => {
      const dispersion = Object.fromEntries([...compared].map(([region, one]) => [region, one.dispersion]));
      const mode = decides ? 'decide' : 'report';
      const judging = { mode, ratio, policy, dispersion, hidden, riskyAgainstOthers: signal } as const;
      return reportEvidence(judging, judged, reading, isKeptOff);
    },
    warnings: [...reading.warnings, ...misspelt(homeRegion, regionNames)],
    facts: {
      until: new Date(reading.to || startedAt).toISOString(),
      isLacking: reading.isPassing ?? false,
      hidden: known?.hidden ?? null,
    },
  };
}

/** @returns the types whose band is above the threshold, each with its region; a type without AWS figures has no band */
function typesAbove({ region, types }: RegionFeed, threshold: number): string[] {
  return types
    .filter(({ band, noEvidence }) => !noEvidence && isAbove(band, threshold))
    .map(({ instanceType }) => `${region} ${instanceType}`);
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

/** Own figures of types that the feed lacks are not used: nothing is decided about them. */
function withOwn(
  feed: RegionFeed,
  compared: Compared | undefined,
  ratio: number,
  replacesBand: boolean,
): RegionFeed {
  if (compared === undefined || compared.types.size === 0) return feed;
  return {
    ...feed,
    types: feed.types.map((type) => {
      const [figures, comparison] = compared.types.get(type.instanceType) ?? [];
      return figures === undefined || comparison === undefined
        ? type
        : { ...type, own: judge(figures, comparison, type.band.label, ratio, replacesBand) };
    }),
  };
}
