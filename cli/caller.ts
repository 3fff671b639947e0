import { SettingsError } from '../lambda/domain/errors.ts';
import type { Caller } from '../lambda/settings/problems.ts';
import { readSettings, type Settings } from '../lambda/settings/settings.ts';
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

/**
 * Reads a run's settings as the function does, and asks about a threshold that looks like a share.
 *
 * @throws {SettingsError} as `readSettings`, and for a threshold between 0 and 1: every band reaches above it, as above 0
 */
export function readSettingsHere(variables: Environment, payload: unknown, caller: Caller): Settings {
  const settings = readSettings(variables, payload, caller);
  const threshold = settings.operation === 'apply' ? settings.policy.interruptionThreshold : 0;
  if (threshold === 0 || threshold >= 1) return settings;
  const percent = Number((100 * threshold).toFixed(6));
  throw new SettingsError(
    `${caller.nameOf('INTERRUPTION_THRESHOLD')} is in percent, and ${threshold} would blacklist every band, so nothing was done. Did you mean ${percent}?`,
  );
}
