import type { SpotBlacklistError } from '../../lambda/domain/errors.ts';
import type { RunOutcome } from '../../lambda/run/conclude.ts';
import { type Caller, readSettings, type Settings } from '../../lambda/settings/settings.ts';
import { variableOf } from '../../lambda/settings/table.ts';
import {
  type CredentialsSource,
  credentialsSource,
  exposureWarning,
  givenVariable,
} from './credentials-source.ts';
import { type Deployment, NO_DEPLOYMENT, readDeployment } from './deployment.ts';
import { CREDENTIALS, FLAGS, flagOf, POLICY } from './flags.ts';
import type { RunInvocation } from './invocation.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** What a command needs from the user before it starts. */
interface Given {
  readonly settings: Settings;
  /** Null if there are none. */
  readonly credentials: CredentialsSource | null;
  readonly wording: Wording;
  /** For the user: about the deployment, and about a key on the command line. */
  readonly warnings: readonly string[];
}

/**
 * Reads a command's input from flags, the environment and a deployment, in this order of precedence.
 *
 * @param defaults variables that apply where nothing else is given
 * @throws {SettingsError} if it cannot be used; no request was sent
 */
export async function readGiven(
  { flags, deployment: source }: Pick<RunInvocation, 'flags' | 'deployment'>,
  environment: Environment,
  operation: RunInvocation['operation'],
  defaults: Environment = {},
): Promise<Given> {
  const deployment = source === null ? NO_DEPLOYMENT : await readDeployment(source, environment);
  const credentials = credentialsSource(flags, environment, deployment.variables);
  const sources = { flags, environment, deployment };
  const variables = { ...defaults, ...deployment.variables, ...environment, ...flags };
  const caller = callerWith(sources, operation === 'apply' ? variables : null);
  const settings = readSettings(variables, { operation }, caller);
  const warnings = [...deployment.warnings, exposureWarning(flags) ?? []].flat();
  return { settings, credentials, wording: wordingWith(sources), warnings };
}

/** Where a run's settings come from. */
interface Sources {
  /** The flags that stand for variables, by variable. */
  readonly flags: Environment;
  readonly environment: Environment;
  readonly deployment: Deployment;
}

/** Names a setting as the user gave it, or would give it: credentials rather by variable, because others can see flags. */
function nameIn({ flags, environment, deployment }: Sources, variable: string): string {
  if (flags[variable] !== undefined) return flagOf(variable);
  if (environment[variable] !== undefined) return variable;
  return deployment.names[variable] ?? (CREDENTIALS.includes(variable) ? variable : flagOf(variable));
}

/** @param variables all given settings, from any source, by variable; null if the run needs no policy */
function callerWith(sources: Sources, variables: Environment | null): Caller {
  const isMissing = variables !== null && POLICY.some((name) => variables[name] === undefined);
  const example = isMissing ? ' For example: --os Linux --interruption-threshold 20' : '';
  return {
    needsSecret: false,
    refused: [],
    nameOf: (variable) => nameIn(sources, variable),
    alternative: (key) => ` (or ${variableOf(key)} in the environment)`,
    advice: `Correct the flags or the environment; --help explains them.${example}`,
  };
}

/** Turns a sentence of the function's into one for the user of a terminal. */
export type Wording = (sentence: string) => string;

/** How the user gave each setting. */
interface Names {
  /** @returns the flag, the variable or the key of `cdk.json` that a setting came from, or could come from */
  nameOf(variable: string): string;
  /** @returns the same for a key of the credentials; null if it comes from the secret */
  nameOfKey(key: string): string | null;
}

const SETTING = new RegExp(`\\b(?:${FLAGS.map(({ variable }) => variable).join('|')})\\b`, 'g');
const KEYS = /((?:api-key|org-id|cluster-id)(?: and (?:org-id|cluster-id))?) in the secret/g;
const ABORTED =
  /did not finish before the run's deadline\. The next run tries again; if this happens often, raise the function's timeout/g;
const NEXT_RUN = /\b([Tt])he next run (?:tries again|starts from a fresh list and does the rest)/g;

/**
 * The function's messages name settings by variable and credentials by the secret's key, and rely on its schedule. At a
 * terminal there may be flags instead, and no secret, and no schedule repeats the run.
 */
export function wordingFor({ nameOf, nameOfKey }: Names): Wording {
  const placeOf = (keys: readonly string[]) => {
    const given = keys.flatMap((key) => nameOfKey(key) ?? []);
    const stored = keys.filter((key) => nameOfKey(key) === null);
    return [...given, ...(stored.length > 0 ? [`${stored.join(' and ')} in the secret`] : [])].join(' and ');
  };
  return (sentence) =>
    sentence
      .replace(KEYS, (_, keys: string) => placeOf(keys.split(' and ')))
      .replace(SETTING, (variable) => nameOf(variable))
      // These two are named by their keys everywhere.
      .replace(/\bclusters(?= and exceptClusters| match)/g, () => nameOf('CLUSTERS'))
      .replace(/\bexceptClusters\b/g, () => nameOf('EXCEPT_CLUSTERS'))
      .replace(ABORTED, 'was stopped')
      .replace(NEXT_RUN, (_, t: string) => `${t === 'T' ? 'R' : 'r'}un the command again`);
}

/** @returns the wording for a user with these sources */
function wordingWith(sources: Sources): Wording {
  return wordingFor({
    nameOf: (variable) => nameIn(sources, variable),
    nameOfKey: (key) => {
      const variable = givenVariable(key, sources.flags, sources.environment);
      return variable && nameIn(sources, variable);
    },
  });
}

/** @returns the same error */
export function reworded(error: SpotBlacklistError, wording: Wording): SpotBlacklistError {
  error.message = wording(error.message);
  return error;
}

/** Puts all sentences of a run into the user's words, wherever they are shown. */
export function outcomeIn(wording: Wording, { result, error }: RunOutcome): RunOutcome {
  const clusters = result.clusters.map((cluster) => ({
    ...cluster,
    problem: cluster.problem && wording(cluster.problem),
    warnings: cluster.warnings.map(wording),
    decisions: cluster.decisions.map(({ problem, ...decision }) =>
      problem === undefined ? decision : { ...decision, problem: wording(problem) },
    ),
  }));
  return {
    result: { ...result, warnings: result.warnings.map(wording), clusters },
    error: error && reworded(error, wording),
  };
}
