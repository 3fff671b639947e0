import type { Command } from 'commander';
import type { OPERATIONS } from '../../lambda/settings/table.ts';
import type { DeploymentSource } from './deployment.ts';

/** The formats of a run's output on stdout: `table` is text for people, the others are documents. */
export const PLAN_FORMATS = ['table', 'markdown', 'csv', 'json'] as const;
export type PlanFormat = (typeof PLAN_FORMATS)[number];
export type DocumentFormat = Exclude<PlanFormat, 'table'>;

/** The values of `--format` in `diff`. */
export const DIFF_FORMATS = ['text', 'markdown'] as const;
export type DiffFormat = (typeof DIFF_FORMATS)[number];

/** A run: `plan`, `apply` and `clear`. */
export interface RunInvocation {
  readonly command: 'run';
  /** The flags that stand for variables, by variable. */
  readonly flags: Readonly<Record<string, string>>;
  readonly operation: (typeof OPERATIONS)[number];
  /** Whether nothing was typed: everything comes from the environment. */
  readonly isBare?: boolean;
  readonly autoApprove: boolean;
  /** The deployment whose settings apply where no flag or variable is given; null for none. */
  readonly deployment: DeploymentSource | null;
  /** A saved feed, for a plan without network; null for AWS's. */
  readonly feed: string | null;
  /** The file with own evidence; null to query AWS, if own evidence is on. */
  readonly ownEvidenceFile: string | null;
  /** The output on stdout: text for people, or a document. */
  readonly format: PlanFormat;
  /** The report page's file; null for none. */
  readonly report: string | null;
  /** Whether the exit code says that changes are pending. */
  readonly detailedExitCode: boolean;
}

export interface ReportInvocation {
  readonly command: 'report';
  readonly result: string;
  readonly page: string;
}

export interface DiffInvocation {
  readonly command: 'diff';
  readonly before: string;
  readonly after: string;
  readonly format: DiffFormat;
}

export interface DemoInvocation {
  readonly command: 'demo';
  /** As for a run. */
  readonly flags: Readonly<Record<string, string>>;
  /** The feed file; null for the bundled one. */
  readonly feed: string | null;
  readonly live: boolean;
  readonly report: string | null;
}

export interface ProbeInvocation {
  readonly command: 'probe';
  /** As for a run. */
  readonly flags: Readonly<Record<string, string>>;
  readonly deployment: DeploymentSource | null;
  readonly autoApprove: boolean;
  /** Whether it may take another ten minutes, to see an expiry take effect. */
  readonly mayWait: boolean;
  /** The file for the findings. */
  readonly output: string;
}

export interface StatusInvocation {
  readonly command: 'status';
  /** As for a run. */
  readonly flags: Readonly<Record<string, string>>;
  readonly deployment: DeploymentSource | null;
  readonly format: PlanFormat;
}

/** The parsed command line; values are not validated yet. */
export type Invocation =
  | RunInvocation
  | StatusInvocation
  | ReportInvocation
  | DiffInvocation
  | ProbeInvocation
  | DemoInvocation;

/** A command of the command line. */
export interface CommandRow {
  readonly name: string;
  /** One line for the list of commands, and the first line of the command's own help. */
  readonly summary: string;
  /** Below the flags in the command's own help. */
  readonly notes?: string;
  /**
   * Defines the command's arguments and flags.
   *
   * @param typed is called with the typed command
   */
  define(command: Command, typed: (invocation: Invocation) => void): void;
}
