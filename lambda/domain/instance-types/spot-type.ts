import type { OwnEvidence } from '../own-evidence/evidence.ts';

/** One of the feed's interruption ranges, in percent; AWS does not publish of what. */
export interface Band {
  /** As the feed writes it: `<5%`, `5-10%`, `>20%`. */
  readonly label: string;
  readonly lower: number;
  /** `Infinity` where the label has no upper edge. */
  readonly upper: number;
}

/** What the feed and the account's own machines say about one instance type. */
export interface SpotType {
  readonly instanceType: string;
  readonly band: Band;
  /** Average saving over on-demand, in percent; 0 and below occur. */
  readonly savings: number;
  /** Whether it looks like "no data": lowest band and no saving at all. */
  readonly noEvidence: boolean;
  /** vCPUs; null if the feed does not say. */
  readonly cores: number | null;
  /** MiB; null if the feed does not say. */
  readonly memory: number | null;
  /** Absent where there are no own figures. */
  readonly own?: OwnEvidence;
}

/** What the feed says about one region and operating system. */
export interface RegionFeed {
  readonly region: string;
  /** As the feed writes it: `Linux`. */
  readonly os: string;
  readonly types: readonly SpotType[];
}

/** The Spot Advisor document. */
export interface Feed {
  readonly etag: string | null;
  /** A digest of the text, in the form of an ETag. Unlike the server's ETag, it changes only if the text does. */
  readonly digest: string;
  /** When the feed was published, in milliseconds since 1970, if the server says. */
  readonly lastModified: number | null;
  /** Every band, lowest first. */
  readonly bands: readonly Band[];
  /** The names of the types of all regions and operating systems. */
  names(): string[];
  /** The names of the regions. */
  regions(): string[];
  /**
   * @param region the name of an AWS region
   * @param os the name of an operating system, in any case
   * @throws {FeedError} if the feed lacks them, or its data there cannot be trusted
   */
  of(region: string, os: string): RegionFeed;
}

/**
 * @param label of a band, such as `<5%`, `5-10%` or `>20%`
 * @returns its edges in percent, or null if it cannot be read, or is a reversed range
 */
export function edgesOf(label: string): Pick<Band, 'lower' | 'upper'> | null {
  const [, below, from, to, above] = /^<(\d+)%$|^(\d+)-(\d+)%$|^>(\d+)%$/.exec(label) ?? [];
  const lower = Number(above ?? from ?? 0);
  const upper = above === undefined ? Number(below ?? to) : Number.POSITIVE_INFINITY;
  // Also rejects NaN, where nothing matched.
  return upper > lower ? { lower, upper } : null;
}

/** @returns how risky a type is, for comparisons: by own evidence if that decides, otherwise by its band's lower edge */
export function riskOf({ band, own }: SpotType): number {
  if (own?.decides === 'risky') return riskByRatio(own.ratio);
  return own?.decides === 'calm' ? CALMEST : band.lower;
}

/** Below every band ... */
const CALMEST = -1;

/** ... and above every one. */
const RISKIEST = 100;

/** @returns how risky a type is that own evidence calls risky: more than any band makes it */
export function riskByRatio(ratio: number | null): number {
  return RISKIEST + Math.min(ratio ?? Number.POSITIVE_INFINITY, Number.MAX_SAFE_INTEGER);
}

/** @returns whether a band reaches above the threshold (percent), by its labelled upper edge */
export function isAbove(band: Band, threshold: number): boolean {
  return band.upper > threshold;
}
