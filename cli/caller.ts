import type { Caller } from '../lambda/settings/problems.ts';
import { variableOf } from '../lambda/settings/table.ts';
import { flagOf } from './flags.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** The variables of a policy that have no default. */
export const POLICY = ['OS', 'INTERRUPTION_THRESHOLD'];

/**
 * Names settings as the user gave them: by flag or by variable.
 *
 * @param variables everything that is given, from wherever, by variable; null if the run needs no policy
 */
export function callerWith(
  flags: Environment,
  environment: Environment,
  variables: Environment | null,
): Caller {
  const isMissing = variables !== null && POLICY.some((name) => variables[name] === undefined);
  const example = isMissing ? ' For example: --os Linux --interruption-threshold 20' : '';
  return {
    needsSecret: false,
    refused: [],
    nameOf: (variable) =>
      flags[variable] === undefined && environment[variable] !== undefined ? variable : flagOf(variable),
    alternative: (key) => ` (or ${variableOf(key)} in the environment)`,
    advice: `Correct the flags or the environment; --help explains them.${example}`,
  };
}
