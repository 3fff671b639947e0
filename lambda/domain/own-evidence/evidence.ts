/*
 * The interruptions of the account's own Spot machines, as a plan needs them. verdict.ts judges the figures; a run loads it
 * only if it uses own evidence.
 */

/** What happened to the account's own Spot machines of one type, in one region and OS. */
export interface OwnFigures {
  /** Machine-hours; above 0, except on single days. */
  readonly hours: number;
  /**
   * How often machines were interrupted: machines interrupted in the same hour and zone count once, because they have one
   * cause.
   */
  readonly interruptions: number;
  /** How many machines were interrupted; at least `interruptions`. */
  readonly machines: number;
}

/** Own figures by region and instance type. */
export type OwnFiguresByRegion = ReadonlyMap<string, ReadonlyMap<string, OwnFigures>>;

/** Own figures of one type on one day. */
export interface OwnDay extends OwnFigures {
  readonly region: string;
  readonly instanceType: string;
  /** Midnight UTC: milliseconds since 1970. */
  readonly day: number;
}

/** What own figures say about a type: `undecided` where there are too few of them. */
export type Verdict = 'risky' | 'calm' | 'undecided';

/** Own figures as they are shown: whole numbers. */
export interface OwnSummary {
  readonly hours: number;
  readonly interruptions: number;
  /** Omitted if it equals `interruptions`. */
  readonly machines?: number;
  /**
   * How many times as often as the account's other machines of the region and OS, per machine-hour, to two digits; null if
   * those were never interrupted, or do not exist.
   */
  readonly ratio: number | null;
}

/** Own figures, compared with those of the account's other machines. */
export interface OwnEvidence {
  readonly summary: OwnSummary;
  /** Not rounded; null as in the summary. */
  readonly ratio: number | null;
  readonly verdict: Verdict;
  /** What it decides in place of AWS's band; null if the band decides. */
  readonly decides: 'risky' | 'calm' | null;
  /** The reason where it decides: `interrupted 10 times in 2,000 of your machine-hours, 8 times as often ...`. */
  readonly inPlaceOfBand: string;
  /** What a reason adds where the band decides. */
  readonly besideBand: string;
}
