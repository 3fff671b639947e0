import { type Caller, CREDENTIAL_VARIABLES } from '../../lambda/settings/settings.ts';
import { variableOf } from '../../lambda/settings/table.ts';
import type { Deployment } from './deployment.ts';
import { flagOf } from './flags.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** The variables of the credentials. */
export const CREDENTIALS: readonly string[] = ['SECRET_ID', ...CREDENTIAL_VARIABLES];

/** The variables of a policy that have no default. */
export const POLICY = ['OS', 'INTERRUPTION_THRESHOLD'];

/** Where a run's settings come from. */
export interface Given {
  /** The flags that stand for variables, by variable. */
  readonly flags: Environment;
  readonly environment: Environment;
  readonly deployment: Deployment;
}

/** Names a setting as the user gave it, or would give it: credentials rather by variable, because others can see flags. */
export function nameIn({ flags, environment, deployment }: Given, variable: string): string {
  if (flags[variable] !== undefined) return flagOf(variable);
  if (environment[variable] !== undefined) return variable;
  return deployment.names[variable] ?? (CREDENTIALS.includes(variable) ? variable : flagOf(variable));
}

/** @param variables everything that is given, from wherever, by variable; null if the run needs no policy */
export function callerWith(given: Given, variables: Environment | null): Caller {
  const isMissing = variables !== null && POLICY.some((name) => variables[name] === undefined);
  const example = isMissing ? ' For example: --os Linux --interruption-threshold 20' : '';
  return {
    needsSecret: false,
    refused: [],
    nameOf: (variable) => nameIn(given, variable),
    alternative: (key) => ` (or ${variableOf(key)} in the environment)`,
    advice: `Correct the flags or the environment; --help explains them.${example}`,
  };
}
