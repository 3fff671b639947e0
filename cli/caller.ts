import type { Caller } from '../lambda/settings/problems.ts';
import { variableOf } from '../lambda/settings/table.ts';
import { flagOf } from './flags.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Names settings as the user gave them: by flag or by variable. */
export function callerWith(flags: Environment, environment: Environment): Caller {
  return {
    needsSecret: false,
    refused: [],
    nameOf: (variable) =>
      flags[variable] === undefined && environment[variable] !== undefined ? variable : flagOf(variable),
    alternative: (key) => ` (or ${variableOf(key)} in the environment)`,
    advice: 'Correct the flags or the environment; --help explains them.',
  };
}
