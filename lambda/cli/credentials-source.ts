import { type Credentials, checkCredentials, fetchCredentials } from '../credentials.ts';
import { SettingsError } from '../errors.ts';
import { flagOf } from './flags.ts';

/**
 * Where a run's credentials come from; null for nowhere.
 *
 * @param secretId as the settings have it: checked and trimmed; for those who read a secret
 */
export type CredentialsSource = (secretId: string, signal: AbortSignal) => Promise<Credentials>;

const KEYS = { API_KEY: 'api-key', ORG_ID: 'org-id', CLUSTER_ID: 'cluster-id' } as const;

type Texts = Readonly<Record<string, string | undefined>>;

/**
 * Chooses between the keys themselves and a secret that holds them. What is given by flags decides; `CLUSTER_ID` does
 * not choose, because it narrows both.
 *
 * @param flags the flags that stand for variables, by variable
 * @param environment the environment variables
 * @returns null if there are no credentials at all
 * @throws {SettingsError} if they are incomplete or contradict each other
 */
export function credentialsSource(flags: Texts, environment: Texts): CredentialsSource | null {
  const given = { ...environment, ...flags };
  const wants = (texts: Texts) => ({
    keys: texts['API_KEY'] !== undefined || texts['ORG_ID'] !== undefined,
    secret: texts['SECRET_ID'] !== undefined,
  });
  const byFlags = wants(flags);
  const wanted = byFlags.keys || byFlags.secret ? byFlags : wants(environment);
  if (wanted.keys && wanted.secret) {
    throw new SettingsError(
      'Both a secret and keys are given, so nothing was done. Give either SECRET_ID, or API_KEY and ORG_ID.',
    );
  }
  const clusterId = given['CLUSTER_ID'];
  if (wanted.keys) {
    const credentials = keysOf(given);
    return async () => credentials;
  }
  if (clusterId !== undefined)
    keysOf({ API_KEY: 'not-asked-here', ORG_ID: 'nor-this', CLUSTER_ID: clusterId });
  if (!wanted.secret) {
    if (clusterId === undefined) return null;
    throw new SettingsError(
      'A cluster is given without credentials, so nothing was done. Add API_KEY and ORG_ID, or SECRET_ID.',
    );
  }
  return async (secretId, signal) => {
    const credentials = await fetchCredentials(secretId, signal);
    return clusterId === undefined ? credentials : { ...credentials, clusterId };
  };
}

function keysOf(given: Texts): Credentials {
  const keys = Object.entries(KEYS).flatMap(([variable, key]) =>
    given[variable] === undefined ? [] : [[key, given[variable]]],
  );
  const { credentials, problems } = checkCredentials(Object.fromEntries(keys));
  if (credentials !== null) return credentials;
  throw new SettingsError(
    `The credentials cannot be used, so nothing was done: ${problems.join('; ')}. Set API_KEY, ORG_ID and, for a single cluster, CLUSTER_ID.`,
  );
}

/** @returns what to say about keys on the command line, or null */
export function exposureWarning(flags: Texts): string | null {
  if (flags['API_KEY'] === undefined) return null;
  return `${flagOf('API_KEY')} can be read by everybody who can list this machine's processes, and stays in the shell's history: better set API_KEY in the environment.`;
}
