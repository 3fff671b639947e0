import type * as v from 'valibot';

export interface Flag {
  /** The heading under which the help lists it. */
  readonly heading: string;
  /** The value's placeholder in the help; null for a switch, which means `true`. */
  readonly value: string | null;
  /** One line. */
  readonly help: string;
}

/** The definition of a setting. Everything that lists settings is generated from it. */
export interface Setting {
  /** Its rule in two equivalent forms: for JSON, and for text in the environment (null: not available there). */
  readonly rule: { readonly value: v.GenericSchema; readonly text: v.GenericSchema | null };
  /** Absent if the setting is required. */
  readonly default?: string | number | boolean | readonly string[] | null;
  /** The default in the documentation, if its value is not enough. */
  readonly defaultInWords?: string;
  /** `policy`: what to blacklist (only for `apply`); `run`: how to run; `connection`: which services to use. */
  readonly scope: 'policy' | 'run' | 'connection';
  /** Whether a payload may hold it: `what-if` means only with `dryRun: true`. */
  readonly inPayload: 'live' | 'what-if' | 'never';
  /** Null if the command line defines it itself. */
  readonly flag: Flag | null;
  /** Its cell in docs/configuration.md, in Markdown; absent if the flag's help is enough. */
  readonly docs?: string;
}
