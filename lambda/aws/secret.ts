import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import * as v from 'valibot';
import { type SecretCode, SecretError } from '../domain/errors.ts';
import { UUID } from '../domain/words.ts';
import { isRecord, parsedJson } from '../input/json.ts';
import { nearestName } from '../input/near-names.ts';
import type { Credentials } from '../run/ports.ts';
import { clientOptions, type Place, thrownBy } from './client.ts';
import { type ErrorKind, kindOf, problemWith, SECRET_TEMPLATE } from './errors.ts';
import { type IdentityProblem, identityProblem, listener, signIn } from './sign-in.ts';

/** Milliseconds for all attempts; also limits a slow response body. Secrets Manager usually responds in a few. */
const LONGEST_FETCH = 14_000;

const LIMITS = { attempts: 3, connection: 2_000, response: 4_000 };

/**
 * Reads the CAST AI credentials from Secrets Manager.
 *
 * @param secretId the secret's name, or its ARN, which contains its region
 * @param place where this code runs, for the advice in errors
 * @throws {SecretError} if the secret cannot be read or is invalid
 * @throws {SettingsError} if the environment sets an unusable proxy
 */
export async function fetchCredentials(
  secretId: string,
  deadline: AbortSignal,
  place: Place = 'lambda',
): Promise<Credentials> {
  const said: string[] = [];
  const region = regionIn(secretId);
  const client = new SecretsManagerClient({
    ...clientOptions(LIMITS),
    logger: listener(said),
    ...(region !== undefined && { region }),
  });
  try {
    const problem = await signIn(client, said, place);
    if (problem !== null) throw unread(problem);
    // The time starts only now: a command that signs in may wait for the user.
    const abortSignal = AbortSignal.any([deadline, AbortSignal.timeout(LONGEST_FETCH)]);
    const { SecretString: text, SecretBinary: binary } = await client.send(
      new GetSecretValueCommand({ SecretId: secretId }),
      { abortSignal },
    );
    if (binary !== undefined) throw unusable(secretId, 'it contains binary data instead of text');
    return readCredentials(text ?? '', secretId);
  } catch (error) {
    throw error instanceof SecretError ? error : secretProblem(error, secretId, place);
  } finally {
    client.destroy();
  }
}

/** @returns the region of a secret that is given by its ARN; undefined for a name */
function regionIn(secretId: string): string | undefined {
  return /^arn:[\w-]+:secretsmanager:([a-z0-9-]+):/.exec(secretId)?.[1];
}

/** @returns a name or an ARN for a command of the AWS CLI, which does not take the region from an ARN */
function inCommand(secretId: string): string {
  const region = regionIn(secretId);
  return region === undefined ? secretId : `${secretId} --region ${region}`;
}

const CODES: Partial<Readonly<Record<ErrorKind, SecretCode>>> = {
  withoutValue: 'SECRET_WITHOUT_VALUE',
  missing: 'SECRET_NOT_FOUND',
  deleted: 'SECRET_DELETED',
  invalid: 'SECRET_REFUSED',
  undecryptable: 'SECRET_UNDECRYPTABLE',
  denied: 'SECRET_ACCESS_DENIED',
  misnamedRegion: 'AWS_REGION_MISSING',
  withoutRegion: 'AWS_REGION_MISSING',
};

/**
 * @param thrown whatever the SDK threw
 * @returns this project's error for it, with the fix for where the code runs
 */
function secretProblem(thrown: unknown, secretId: string, place: Place): SecretError {
  const identity = identityProblem(thrownBy(thrown), place);
  if (identity !== null) return unread(identity);
  const regionSource = regionIn(secretId) === undefined ? 'AWS_REGION' : 'the region in its ARN';
  const secret = { name: secretId, inCommand: inCommand(secretId), regionSource, place };
  return new SecretError(
    CODES[kindOf(thrown)] ?? 'SECRET_UNREACHABLE',
    problemWith('secret', secret, thrown),
  );
}

/** @returns the error for a secret that was not requested, because AWS cannot identify the caller */
function unread({ code, wrong, fix }: IdentityProblem): SecretError {
  return new SecretError(code, `${wrong}, so the secret was not read. ${fix}`);
}

/** Every EKS cluster of the organization. Never a default: a missing or mistyped key must not widen a run. */
const FLEET = '*';

/**
 * Ids are shown in results, logs and errors. No API key is a UUID, so one pasted in place of an id is rejected
 * before it can be shown.
 */
const schema = v.pipe(
  v.object(
    {
      'api-key': text(/^[\x21-\x7e]{1,512}$/, 'a CAST AI API key: visible ASCII characters, no white space'),
      'org-id': text(UUID, 'the UUID of a CAST AI organization'),
      'cluster-id': text(
        new RegExp(`${UUID.source}|^\\*$`, 'i'),
        'the UUID of a CAST AI cluster, or "*" for every EKS cluster of the organization',
      ),
    },
    'is missing',
  ),
  v.check(
    (secret) => secret['org-id'] !== secret['api-key'] && secret['cluster-id'] !== secret['api-key'],
    'uses the API key as an id',
  ),
);

const KEYS = Object.keys(schema.entries);

function text(pattern: RegExp, rule: string) {
  const message = `must be ${rule}`;
  return v.pipe(v.string(message), v.regex(pattern, message));
}

/**
 * Reads the secret's text.
 *
 * @param secretId the secret's name or ARN, for the message
 * @throws {SecretError} that names every missing or invalid key, but no value
 */
export function readCredentials(text: string, secretId: string): Credentials {
  const value = parsedJson(text);
  if (!isRecord(value)) throw unusable(secretId, shapeProblem(text, value));
  const { credentials, problems } = checkCredentials(value);
  if (credentials === null) throw unusable(secretId, problems.join('; '));
  // JSON.parse uses the last of duplicate keys.
  if (text.split('"cluster-id"').length > 2) throw unusable(secretId, 'it contains cluster-id twice');
  return credentials;
}

function unusable(secretId: string, problem: string): SecretError {
  return new SecretError(
    'SECRET_INVALID',
    `The secret ${secretId} cannot be used: ${problem}. Put ${SECRET_TEMPLATE} into a file castai.json and run: aws secretsmanager put-secret-value --secret-id ${inCommand(secretId)} --secret-string file://castai.json`,
  );
}

/** The likely reason why a text is not a JSON object. */
function shapeProblem(text: string, value: unknown): string {
  if (text.trim() === '') return 'it is empty';
  if (value === undefined) {
    return /[\u2018-\u201f\u00ab\u00bb]/.test(text)
      ? 'it has typographic quotation marks, but JSON needs straight ones (")'
      : 'it is not JSON';
  }
  if (typeof value === 'string' && isRecord(parsedJson(value))) {
    return 'it is JSON inside a JSON string, so it was encoded twice';
  }
  return 'it is JSON, but not an object';
}

/**
 * @param keys the secret's content: `api-key`, `org-id` and `cluster-id`; other keys are ignored, unless they look like
 *   a mistyped one
 * @param nameOf what a key is called in a message
 * @returns the credentials, or the problem with each key
 */
export function checkCredentials(
  keys: Readonly<Record<string, unknown>>,
  nameOf: (key: string) => string = (key) => key,
): { credentials: Credentials; problems: [] } | { credentials: null; problems: string[] } {
  const mistyped = Object.keys(keys).filter((key) => !KEYS.includes(key) && nearestName(key, KEYS));
  const { success, output, issues = [] } = v.safeParse(schema, keys);
  if (!success || mistyped.length > 0) {
    // Paths and rules only: valibot's own messages quote the value.
    const problems = issues.map(({ message, path }) => {
      const key = String(path?.[0].key ?? '');
      return `${key === '' ? 'it' : nameOf(key)} ${message}`;
    });
    // Close to a known name, so it is no API key and can be shown.
    const doubts = mistyped.map(
      (key) => `${key} is not a known key; did you mean ${nearestName(key, KEYS)}?`,
    );
    return { credentials: null, problems: [...problems, ...doubts.slice(0, KEYS.length)] };
  }
  const { 'api-key': apiKey, 'org-id': organizationId, 'cluster-id': clusterId } = output;
  return {
    credentials: { apiKey, organizationId, clusterId: clusterId === FLEET ? null : clusterId },
    problems: [],
  };
}
