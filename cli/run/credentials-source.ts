import { checkCredentials, fetchCredentials } from '../../lambda/aws/secret.ts';
import { SettingsError } from '../../lambda/domain/errors.ts';
import { isSameId } from '../../lambda/domain/words.ts';
import { nearestName } from '../../lambda/input/near-names.ts';
import type { Credentials } from '../../lambda/run/ports.ts';
import { isSettingVariable } from '../../lambda/settings/settings.ts';
import { flagOf } from './flags.ts';

/**
 * Provides a run's credentials.
 *
 * @param secretId from the settings, validated and trimmed; used only if the credentials come from a secret
 */
export type CredentialsSource = (secretId: string, signal: AbortSignal) => Promise<Credentials>;

const KEYS = { API_KEY: 'api-key', ORG_ID: 'org-id', CLUSTER_ID: 'cluster-id' } as const;

type Texts = Readonly<Record<string, string | undefined>>;

/**
 * Chooses between keys given directly and a secret. Flags take precedence over the environment, and that over the
 * deployment; `CLUSTER_ID` does not matter for the choice, because it narrows both.
 *
 * @param flags the flags that stand for variables, by variable
 * @param environment the environment variables
 * @param deployed the variables of a deployment
 * @returns null if there are no credentials at all
 * @throws {SettingsError} if they are incomplete or contradict each other
 */
export function credentialsSource(
  flags: Texts,
  environment: Texts,
  deployed: Texts = {},
): CredentialsSource | null {
  refuseMistyped(environment);
  const given = { ...environment, ...flags };
  const wanted = wantedIn([flags, environment, deployed]);
  const nameOf = (variable: string) => (flags[variable] === undefined ? variable : flagOf(variable));
  if (wanted.keys && wanted.secret) {
    throw new SettingsError(
      `Both a secret and keys are given, so nothing was done. Give either ${nameOf('SECRET_ID')}, or ${nameOf('API_KEY')} and ${nameOf('ORG_ID')}.`,
    );
  }
  const problemsAt = (key: string) => nameOf(variableFor(key));
  if (wanted.keys) {
    const credentials = checked(keysIn(given), problemsAt);
    return async () => credentials;
  }
  const clusterId = given['CLUSTER_ID'];
  if (!wanted.secret) {
    if (clusterId === undefined) return null;
    throw new SettingsError(
      'A cluster is given without credentials, so nothing was done. Add API_KEY and ORG_ID, or SECRET_ID.',
    );
  }
  // Placeholders for the other two: the secret is not read before it is needed.
  if (clusterId !== undefined) checked({ ...STAND_IN, 'cluster-id': clusterId }, problemsAt);
  return async (secretId, signal) => {
    const credentials = await fetchCredentials(secretId, signal, 'terminal');
    return clusterId === undefined ? credentials : narrowed(credentials, clusterId);
  };
}

const STAND_IN = { 'api-key': 'in-the-secret', 'org-id': '00000000-0000-0000-0000-000000000000' };

/** What the first source with credentials provides. */
function wantedIn(all: readonly Texts[]): { keys: boolean; secret: boolean } {
  const wants = all.map((texts) => ({
    keys: texts['API_KEY'] !== undefined || texts['ORG_ID'] !== undefined,
    secret: texts['SECRET_ID'] !== undefined,
  }));
  return wants.find(({ keys, secret }) => keys || secret) ?? { keys: false, secret: false };
}

/** @returns the variable that a key of the credentials comes from; null for the secret */
export function givenVariable(key: string, flags: Texts, environment: Texts): string | null {
  const variable = variableFor(key);
  const isRead = variable === 'CLUSTER_ID' || wantedIn([flags, environment]).keys;
  return isRead && { ...environment, ...flags }[variable] !== undefined ? variable : null;
}

/** @throws {SettingsError} if the secret is not for this cluster */
function narrowed(credentials: Credentials, clusterId: string): Credentials {
  if (clusterId === '*' && credentials.clusterId === null) return credentials;
  if (clusterId !== '*' && (credentials.clusterId === null || isSameId(clusterId, credentials.clusterId)))
    return { ...credentials, clusterId };
  throw new SettingsError(
    'CLUSTER_ID is not the cluster that the secret is for, so nothing was done. CLUSTER_ID can narrow a secret, but not widen or change it: omit it, or change the secret.',
  );
}

/** @throws {SettingsError} if a variable resembles one of the keys: a mistyped CLUSTER_ID would not narrow anything */
function refuseMistyped(environment: Texts): void {
  const known = Object.keys(KEYS);
  const mistyped = Object.keys(environment).filter(
    (variable) =>
      environment[variable] !== undefined &&
      !known.includes(variable) &&
      !isSettingVariable(variable) &&
      nearestName(variable, known),
  );
  const [first] = mistyped;
  if (first === undefined) return;
  throw new SettingsError(
    `${first} is not a setting, so nothing was done; did you mean ${nearestName(first, known)}? Correct or unset it.`,
  );
}

function keysIn(given: Texts): Record<string, string | undefined> {
  const keys = Object.entries(KEYS).filter(([variable]) => given[variable] !== undefined);
  return Object.fromEntries(keys.map(([variable, key]) => [key, given[variable]]));
}

function variableFor(key: string): string {
  return Object.entries(KEYS).find(([, name]) => name === key)?.[0] ?? key;
}

/** @throws {SettingsError} that lists the problems, by variable or flag */
function checked(keys: Readonly<Record<string, unknown>>, nameOf: (key: string) => string): Credentials {
  const { credentials, problems } = checkCredentials(keys, nameOf);
  if (credentials !== null) return credentials;
  throw new SettingsError(
    `The credentials cannot be used, so nothing was done: ${problems.join('; ')}. Set API_KEY, ORG_ID and CLUSTER_ID.`,
  );
}

/** @returns a warning about a key on the command line, or null */
export function exposureWarning(flags: Texts): string | null {
  if (flags['API_KEY'] === undefined) return null;
  return `${flagOf('API_KEY')} is visible to everyone who can list this machine's processes, and stays in the shell's history: set API_KEY in the environment instead.`;
}
