import type { Architecture } from './instance-type.ts';

/** A CAST AI node template that is enabled and may buy Spot, as far as types are concerned. */
export interface Template {
  /** Made up for a template without a name: `(unnamed)`. */
  readonly name: string;
  /** Whether on-demand is bought where Spot is unavailable: starving it costs money, not pods. */
  readonly fallsBackToOnDemand: boolean;
  readonly constraints: Constraints;
}

/** What a template asks of a type. An empty list, and null, constrain nothing. */
export interface Constraints {
  readonly architectures: readonly Architecture[];
  /** In lower case: `linux`, `windows`. */
  readonly os: readonly string[];
  readonly minCpu: number | null;
  readonly maxCpu: number | null;
  /** MiB. */
  readonly minMemory: number | null;
  readonly maxMemory: number | null;
  /** In lower case. */
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
  };
  /** `false`: none. `true` includes them beside others, as CAST AI's Terraform provider documents, so it narrows nothing. */
  readonly burstable: boolean | null;
  /** Here and below, `true`: only these; `false`: none of these; null: either. */
  readonly bareMetal: boolean | null;
  readonly computeOptimized: boolean | null;
  readonly storageOptimized: boolean | null;
  /** In upper case, as CAST AI spells them: `AMD`, `INTEL`, `AWS`. */
  readonly cpuManufacturers: readonly string[];
  /** Names of constraints that are set and that nothing here can judge, such as `maxPricePerCpu`: named in the report, narrowing nothing. */
  readonly unjudged: readonly string[];
}

/** What a plan leaves of a template's types. */
export interface TemplateOutcome {
  readonly name: string;
  /** How many types of the region it allows, as far as that can be judged. */
  readonly allowed: number;
  /** How many of them can be bought as Spot once the plan is carried out. */
  readonly available: number;
  /** How many of them are risky, and kept available. */
  readonly spared: number;
  /** How many of them should stay available; 0 where the guard rail is off. */
  readonly floor: number;
  readonly fallsBackToOnDemand: boolean;
  /** Constraints that could not be judged, so that it may allow less than it seems to. */
  readonly unjudged: readonly string[];
}
