import * as v from 'valibot';
import { SettingsError } from '../domain/errors.ts';
import { shortList } from '../domain/words.ts';

/** Who reads the settings: how messages name them, and whether a secret is required. */
export interface Caller {
  readonly needsSecret: boolean;
  /** A variable's name in a message. */
  nameOf(variable: string): string;
  /** Variables that must not be set, nor any whose name is close to one of these. */
  readonly refused: readonly string[];
  /** Another way to set it, in brackets after its name; empty if there is none. */
  alternative(key: string): string;
  /** How to fix problems, in one sentence. */
  readonly advice: string;
}

/** The variables of the credentials, where they are not in a secret. */
export const CREDENTIAL_VARIABLES = ['API_KEY', 'ORG_ID', 'CLUSTER_ID'] as const;

/** The Lambda function, which has an environment and a payload. */
export const FUNCTION: Caller = {
  needsSecret: true,
  // Whoever may read the function's configuration would have the key.
  refused: CREDENTIAL_VARIABLES,
  nameOf: (variable) => variable,
  alternative: (key) => ` (in the payload of a dry run: ${key})`,
  advice: "Correct the function's environment or the payload.",
};

/** The place and the rule; never valibot's own message, which quotes the value. */
export function described(name: string, issue: v.BaseIssue<unknown>): string {
  const inside = v.getDotPath(issue);
  return `${name}${inside === null ? '' : `.${inside}`} ${issue.message}`;
}

/** The error that names all problems at once. */
export function unusable(problems: readonly string[], { advice } = FUNCTION): SettingsError {
  return new SettingsError(
    `The settings cannot be used, so nothing was done: ${shortList(problems, '; ')}. ${advice}`,
  );
}
