import {
  DecryptionFailure,
  GetSecretValueCommand,
  InvalidRequestException,
  ResourceNotFoundException,
  SecretsManagerClient,
  SecretsManagerServiceException,
} from '@aws-sdk/client-secrets-manager';
import * as v from 'valibot';
import { SecretError } from './errors.ts';
import { parsedJson } from './json.ts';
import { proxyOptions } from './proxy.ts';
import { looksLikeKey } from './setting-rules.ts';

/** What the secret holds. */
export interface Credentials {
  readonly apiKey: string;
  readonly organizationId: string;
  /** The one cluster to work on, or null for every EKS cluster of the organization. */
  readonly clusterId: string | null;
}

/** Milliseconds for all attempts; Secrets Manager answers within a few. It bounds a body that trickles, too. */
const LONGEST_FETCH = 14_000;

const TIMEOUTS = { connectionTimeout: 2_000, requestTimeout: 4_000, throwOnRequestTimeout: true };

/**
 * Reads the CAST AI credentials from Secrets Manager.
 *
 * @param secretId the secret's name or ARN
 * @throws {SecretError} if the secret cannot be read or does not hold what it should
 * @throws {SettingsError} if the environment names a proxy that is unusable
 */
export async function fetchCredentials(secretId: string, deadline: AbortSignal): Promise<Credentials> {
  const abortSignal = AbortSignal.any([deadline, AbortSignal.timeout(LONGEST_FETCH)]);
  // The SDK creates its own agents, which would ignore proxies.
  const agent = proxyOptions();
  const requestHandler = { ...TIMEOUTS, httpAgent: agent, httpsAgent: agent };
  const client = new SecretsManagerClient({ maxAttempts: 3, requestHandler });
  try {
    const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: secretId }), {
      abortSignal,
    });
    return readCredentials(SecretString ?? '', secretId);
  } catch (error) {
    throw error instanceof SecretError ? error : unreadable(error, secretId);
  } finally {
    client.destroy();
  }
}

/** The SDK's error told in this project's words; the SDK's own holds the request and the answer. */
function unreadable(error: unknown, secretId: string): SecretError {
  if (error instanceof ResourceNotFoundException) {
    return new SecretError(
      'SECRET_NOT_FOUND',
      `There is no secret ${secretId} in this account and region. Put {"api-key":"…","org-id":"…","cluster-id":"…"} into a file castai.json and create it with: aws secretsmanager create-secret --name ${secretId} --secret-string file://castai.json`,
    );
  }
  if (error instanceof InvalidRequestException) {
    return new SecretError(
      'SECRET_DELETED',
      `The secret ${secretId} is marked for deletion. Bring it back with: aws secretsmanager restore-secret --secret-id ${secretId}`,
    );
  }
  if (error instanceof DecryptionFailure) {
    return new SecretError(
      'SECRET_UNDECRYPTABLE',
      `The secret ${secretId} cannot be decrypted. Allow the function's role kms:Decrypt on the secret's KMS key.`,
    );
  }
  if (error instanceof SecretsManagerServiceException && error.name === 'AccessDeniedException') {
    return new SecretError(
      'SECRET_ACCESS_DENIED',
      `The function may not read the secret ${secretId}. Allow its role secretsmanager:GetSecretValue on it (and kms:Decrypt on its key, if that is your own).`,
    );
  }
  return new SecretError(
    'SECRET_UNREACHABLE',
    `Secrets Manager did not hand out the secret ${secretId}. Check that the function can reach it (a VPC needs an endpoint or a NAT gateway) and that its role has credentials; the next run tries again.`,
  );
}

const credential = (what: string) => {
  const message = `must be ${what}, without white space`;
  return v.pipe(v.string(message), v.regex(/^[\x21-\x7e]{1,512}$/, message));
};

/** Ids are shown in results, logs and errors, so a key that was pasted in their place must not pass for one. */
const id = (what: string) =>
  v.pipe(
    credential(what),
    v.check((text) => !looksLikeKey(text), `must be ${what}, not an API key`),
  );

const secretSchema = v.pipe(
  v.object(
    {
      'api-key': credential('a CAST AI API key'),
      'org-id': id('the id of a CAST AI organization'),
      // An empty id is refused: it must not widen the run from one cluster to the whole fleet.
      'cluster-id': v.exactOptional(id('the id of a CAST AI cluster (left out for the whole fleet)')),
    },
    'is missing',
  ),
  v.check(
    (secret) => secret['org-id'] !== secret['api-key'] && secret['cluster-id'] !== secret['api-key'],
    'holds the API key as an id, too',
  ),
);

/**
 * Reads the secret's text.
 *
 * @param secretId the secret's name or ARN, for the message
 * @throws {SecretError} that names every key that is missing or wrong, and no value
 */
export function readCredentials(text: string, secretId: string): Credentials {
  const { credentials, problems } = checkCredentials(parsedJson(text) ?? {});
  if (credentials !== null) return credentials;
  throw new SecretError(
    'SECRET_INVALID',
    `The secret ${secretId} cannot be used: ${problems.join('; ')}. Store a JSON object with "api-key", "org-id" and, for a single cluster, "cluster-id" in it.`,
  );
}

/**
 * @param keys what a secret holds: `api-key`, `org-id` and, for a single cluster, `cluster-id`
 * @returns the credentials, or what is wrong with each key
 */
export function checkCredentials(
  keys: unknown,
): { credentials: Credentials; problems: [] } | { credentials: null; problems: string[] } {
  const { success, output, issues } = v.safeParse(secretSchema, keys);
  if (!success) {
    // Paths and rules only: valibot's own messages quote the value.
    const problems = issues.map((issue) => `${v.getDotPath(issue) ?? 'it'} ${issue.message}`);
    return { credentials: null, problems };
  }
  const { 'api-key': apiKey, 'org-id': organizationId, 'cluster-id': clusterId = null } = output;
  return { credentials: { apiKey, organizationId, clusterId }, problems: [] };
}
