import type { Architecture } from './instance-type.ts';

/** A CAST AI node template that is enabled and may buy Spot, as far as types are concerned. */
export interface Template {
  /** `(unnamed)` for a template without a name. */
  readonly name: string;
  /** Whether on-demand is bought if Spot is unavailable: then a lack of types costs money, but blocks no pods. */
  readonly fallsBackToOnDemand: boolean;
  /** Whether CAST AI drains its nodes before AWS takes them, so that no interruption is counted. */
  readonly predictsInterruptions: boolean;
  /** The nodes that it has; null if that is unknown. */
  readonly bought: BoughtNodes | null;
  readonly constraints: Constraints;
}

/** How a template's nodes were bought, as CAST AI counts them beside the template. */
export interface BoughtNodes {
  readonly spot: number;
  /** On-demand, because Spot was not available. */
  readonly fallback: number;
}

/** What a template requires of a type. An empty list or null is no constraint. */
export interface Constraints {
  readonly architectures: readonly Architecture[];
  /** In lower case: `linux`, `windows`. */
  readonly os: readonly string[];
  readonly minCpu: number | null;
  readonly maxCpu: number | null;
  /** MiB. */
  readonly minMemory: number | null;
  readonly maxMemory: number | null;
  /** In lower case. A type instead of a family may stand for that type. */
  readonly includeFamilies: readonly string[];
  readonly excludeFamilies: readonly string[];
  readonly gpu: {
    readonly isRequired: boolean;
    /** In upper case. */
    readonly manufacturers: readonly string[];
    readonly includeNames: readonly string[];
    readonly excludeNames: readonly string[];
    readonly minCount: number | null;
    readonly maxCount: number | null;
    /** Here and below, whether such types are included beside the others; null if that is not known. */
    readonly fractional: boolean | null;
  };
  readonly burstable: boolean | null;
  /** Here and below, `true`: only these; `false`: none of these; null: either. */
  readonly bareMetal: boolean | null;
  readonly computeOptimized: boolean | null;
  readonly storageOptimized: boolean | null;
  /** In upper case, as CAST AI spells them: `AMD`, `INTEL`, `AWS`. */
  readonly cpuManufacturers: readonly string[];
  /** Names of constraints that cannot be evaluated here, such as `maxPricePerCpu`: reported, and ignored. */
  readonly unjudged: readonly string[];
}

/** Which of a template's types a plan leaves available. */
export interface TemplateOutcome {
  readonly name: string;
  /** The number of the region's types that it allows or may allow. */
  readonly allowed: number;
  /** How many of them it surely allows. */
  readonly sure: number;
  /** How many of these, or of all if none is sure, can be bought as Spot once the plan is carried out. */
  readonly available: number;
  /** How many of those allowed are risky, and kept available. */
  readonly spared: number;
  /** How many should at least be available, raised by fallback; 0 if the guard rail is disabled. */
  readonly floor: number;
  /** Its nodes; null if they are unknown. */
  readonly fallback: BoughtNodes | null;
  readonly fallsBackToOnDemand: boolean;
  /** The families that it names, in `instanceFamilies.include`; a type may stand in place of one. */
  readonly families: readonly string[];
  /** Constraints that could not be evaluated, so that it may allow fewer types. */
  readonly unjudged: readonly string[];
}
