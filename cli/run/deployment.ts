import { environmentOf, scheduleVariables } from '../../infra/construct/environment.ts';
import {
  type Configuration,
  ConfigurationError,
  isRun,
  readConfiguration,
  settingsOf,
  type Target,
} from '../../infra/stack/configuration.ts';
import { SettingsError } from '../../lambda/domain/errors.ts';
import { shortList } from '../../lambda/domain/words.ts';
import { isRecord, parsedJson } from '../../lambda/input/json.ts';
import { nearestName } from '../../lambda/input/near-names.ts';
import { plainName, plainText } from '../../lambda/input/plain-text.ts';
import { SETTING_LIST } from '../../lambda/settings/table.ts';
import { readTextFile, type TextFileError } from './text-file.ts';

/** Where a deployment is configured: a `cdk.json`, and one of its targets, or null for the only one. */
export interface DeploymentSource {
  readonly file: string;
  readonly target: string | null;
}

export interface Deployment {
  /** The variables that the stack sets for the target's function, the secret's name included. */
  readonly variables: Readonly<Record<string, string>>;
  /** The name of each variable there, such as `region in cdk.json`. */
  readonly names: Readonly<Record<string, string>>;
  /** What the user should know about it. */
  readonly warnings: readonly string[];
}

export const NO_DEPLOYMENT: Deployment = { variables: {}, names: {}, warnings: [] };

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the variables that a target's function would get.
 *
 * @param environment the user's, which takes precedence
 * @throws {SettingsError} if the file cannot be read, synth would refuse it, or it has no such target
 */
export async function readDeployment(
  { file, target: name }: DeploymentSource,
  environment: Environment,
): Promise<Deployment> {
  const configuration = await readFileOf(file);
  const target = targetCalled(name, configuration, file);
  const variables = {
    ...environmentOf(settingsOf(configuration, target)),
    SECRET_ID: target.secretName ?? configuration.secretName,
    ...scheduleVariables(configuration.schedule),
  };
  const replaced = Object.entries(variables)
    .filter(([variable, text]) => environment[variable] !== undefined && environment[variable] !== text)
    .map(([variable]) => variable);
  const named = SETTING_LIST.filter(({ variable }) => Object.hasOwn(variables, variable)).map(
    ({ key, variable }) => [variable, `${key === 'secretId' ? 'secretName' : key} in ${plainText(file)}`],
  );
  return {
    variables,
    names: Object.fromEntries(named),
    warnings: [
      ...(isRun(configuration, target)
        ? []
        : [`The target ${target.name} is switched off in ${plainText(file)}: its function does not run.`]),
      ...(replaced.length === 0
        ? []
        : [`${shortList(replaced)} in the environment takes precedence over ${plainText(file)}.`]),
    ],
  };
}

async function readFileOf(file: string): Promise<Configuration> {
  const shown = plainText(file);
  const text = await readTextFile(file).catch(({ message }: TextFileError) => {
    throw new SettingsError(
      `${shown} ${message}, so nothing was done. Name the cdk.json of your deployment with --config.`,
    );
  });
  const document = parsedJson(text);
  if (!isRecord(document) || !isRecord(document['context']))
    throw new SettingsError(
      `${shown} is not a cdk.json: it is not JSON, or has no context. Name the cdk.json of your deployment with --config.`,
    );
  try {
    return readConfiguration(document['context']);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    const problems = error.problems.map((problem) => `\n  - ${problem}`).join('');
    throw new SettingsError(`The configuration in ${shown} cannot be used, so nothing was done:${problems}`);
  }
}

function targetCalled(name: string | null, { targets }: Configuration, file: string): Target {
  const [first] = targets;
  if (name === null && targets.length === 1 && first !== undefined) return first;
  const target = targets.find((one) => one.name === name);
  if (target !== undefined) return target;
  const names = targets.map((one) => one.name);
  const all = shortList(names);
  if (name === null)
    throw new SettingsError(`${plainText(file)} has several targets. Name one with --target: ${all}.`);
  const suggestion = nearestName(name, names);
  throw new SettingsError(
    `${plainText(file)} has no target ${plainName(name)}${suggestion === undefined ? '.' : `; did you mean ${suggestion}?`} Name one of: ${all}.`,
  );
}
