import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SecretFailure } from '../../../cli/sandbox/aws/secrets-manager.ts';
import { SECRET_NAME, startSandbox } from '../../../cli/sandbox/sandbox.ts';
import { readCredentials } from '../../../lambda/aws/secret.ts';
import { SecretError } from '../../../lambda/domain/errors.ts';
import { messageFrom } from '../../support/child-process.ts';
import { deploy } from '../../support/deployment.ts';
import { PROJECT } from '../../support/project.ts';

const KEY = 'castai_v1_zq7zq7zq7zq7_7qz';
const ORGANIZATION = '3f1c2b4a-1111-4222-8333-444455556666';
const CLUSTER = '0a9b8c7d-1111-4222-8333-444455556666';
const SECRET = { 'api-key': KEY, 'org-id': ORGANIZATION, 'cluster-id': CLUSTER };

function problemOf(text: string): string {
  try {
    readCredentials(text, 'a/secret');
  } catch (error) {
    expect(error).toBeInstanceOf(SecretError);
    expect(error).toMatchObject({ name: 'SecretError', code: 'SECRET_INVALID' });
    expect(error).not.toHaveProperty('cause');
    return (error as SecretError).message;
  }
  throw new Error('the secret was taken');
}

describe('a secret', () => {
  it('gives the key, the organization and the cluster', () => {
    expect(readCredentials(JSON.stringify(SECRET), 'a/secret')).toEqual({
      apiKey: KEY,
      organizationId: ORGANIZATION,
      clusterId: CLUSTER,
    });
  });

  it('with "*" as its cluster-id stands for the whole fleet', () => {
    const fleet = { ...SECRET, 'cluster-id': '*' };
    expect(readCredentials(JSON.stringify(fleet), 'a/secret').clusterId).toBeNull();
  });

  it('may begin with a byte order mark, as some editors write it', () => {
    expect(readCredentials(`\ufeff${JSON.stringify(SECRET)}`, 'a/secret').clusterId).toBe(CLUSTER);
  });

  it.each(['clusterId', 'cluster_id', 'CLUSTER-ID', 'cluster id', 'clusterid', 'cluster-idd', 'cluser-id'])(
    'with %s instead of cluster-id is refused, and names the right key',
    (name) => {
      const { 'cluster-id': id, ...rest } = SECRET;
      const problem = problemOf(JSON.stringify({ ...rest, [name]: id }));
      expect(problem).toContain('cluster-id is missing');
      expect(problem).toContain(`${name} is not a known key; did you mean cluster-id?`);
    },
  );

  it('is refused where a nearly right key stands beside the right one: nobody knows which is meant', () => {
    const problem = problemOf(JSON.stringify({ ...SECRET, 'cluster-id': '*', cluster_id: CLUSTER }));
    expect(problem).toContain('cluster_id is not a known key; did you mean cluster-id?');
  });

  it('may hold more than what is read', () => {
    const secret = { ...SECRET, owner: 'platform', 'rotated-at': 5 };
    expect(readCredentials(JSON.stringify(secret), 'a/secret').apiKey).toBe(KEY);
  });
});

describe('a key of the secret that cannot be used is named, and its value is not', () => {
  const wrong: [string, unknown][] = [
    ['missing', undefined],
    ['empty', ''],
    ['blank', ' '],
    ['with a line break at its end', `${KEY}\n`],
    ['with a space within', `${KEY} ${KEY}`],
    ['with quotes of a word processor', `“${KEY}”`],
    ['a number', 12_345],
    ['null', null],
    ['a list', [KEY]],
    ['an object', { value: KEY }],
    ['endless', KEY.repeat(100)],
  ];
  it.each(
    ['api-key', 'org-id', 'cluster-id'].flatMap((key) =>
      wrong.map(([how, value]): [string, string, unknown] => [key, how, value]),
    ),
  )('%s: %s', (key, _, value) => {
    const problem = problemOf(JSON.stringify({ ...SECRET, [key]: value }));
    const complaints = problem.slice(0, problem.indexOf('Put {'));
    expect(complaints).toContain(key);
    for (const other of ['api-key', 'org-id', 'cluster-id'].filter((name) => name !== key))
      expect(complaints).not.toContain(other);
    expect(problem).not.toContain('zq7');
    expect(problem).not.toContain('12345');
    expect(problem.length).toBeLessThan(600);
  });

  it.each(['org-id', 'cluster-id'])('%s: with an API key in its place', (key) => {
    for (const value of [KEY, KEY.toUpperCase(), `"${KEY}"`, ` ${KEY}`, 'zq7'.repeat(22), 'an-organization'])
      expect(problemOf(JSON.stringify({ ...SECRET, [key]: value }))).toContain(`${key} must be the UUID of`);
  });

  it('all at once', () => {
    const problem = problemOf(JSON.stringify({ 'api-key': '', 'cluster-id': '' }));
    for (const key of ['api-key', 'org-id', 'cluster-id']) expect(problem).toContain(`${key} `);
  });
});

describe('a secret that is no JSON object is refused without being quoted', () => {
  it.each([
    ['empty', ''],
    ['the key alone', KEY],
    ['the key as JSON text', JSON.stringify(KEY)],
    ['cut off', JSON.stringify(SECRET).slice(0, -5)],
    ['with single quotes', JSON.stringify(SECRET).replaceAll('"', "'")],
    ['with a comma too many', JSON.stringify(SECRET).replace('}', ',}')],
    ['JSON within JSON text', JSON.stringify(JSON.stringify(SECRET))],
    ['a list', JSON.stringify([SECRET])],
    ['null', 'null'],
    ['a number', '5'],
    ['lines of a .env file', `api-key=${KEY}\norg-id=${ORGANIZATION}\n`],
    ['with other names', JSON.stringify({ apiKey: KEY, organizationId: ORGANIZATION })],
    ['with the key as a name', JSON.stringify({ [KEY]: 'api-key' })],
  ])('%s', (_, text) => {
    const problem = problemOf(text);
    expect(problem).not.toContain('zq7');
    // What a good one looks like.
    for (const key of ['"api-key"', '"org-id"', '"cluster-id"']) expect(problem).toContain(key);
  });

  it.each([
    ['it is empty', ['', ' \n']],
    ['it has typographic quotation marks', [JSON.stringify(SECRET).replaceAll('"', '“')]],
    ['it is not JSON', [KEY, JSON.stringify(SECRET).replaceAll('"', "'"), '{"api-key":']],
    ['it was encoded twice', [JSON.stringify(JSON.stringify(SECRET))]],
    ['it is JSON, but not an object', ['null', '5', '[]', JSON.stringify(KEY)]],
  ])('and told: %s', (problem, texts) => {
    for (const text of texts) {
      expect(problemOf(text)).toContain(problem);
      expect(problemOf(text)).toContain('aws secretsmanager put-secret-value --secret-id a/secret ');
    }
  });

  it('whatever its text, it gives credentials or a SecretError', () => {
    const values = fc.oneof(fc.jsonValue(), fc.string());
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.json(),
      fc
        .dictionary(fc.constantFrom('api-key', 'org-id', 'cluster-id', '__proto__'), values)
        .map((secret) => JSON.stringify(secret)),
    );
    fc.assert(
      fc.property(texts, (text) => {
        try {
          const { apiKey, organizationId, clusterId } = readCredentials(text, 'a/secret');
          for (const part of [apiKey, organizationId]) expect(part).toMatch(/^\S+$/);
          expect(clusterId).not.toBe('');
        } catch (error) {
          expect(error).toBeInstanceOf(SecretError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

/** Code and message of what comes of reading the secret in such an environment. */
function problemIn(place: 'lambda' | 'terminal', environment: Record<string, string>): Promise<string> {
  return messageFrom<string>(join(PROJECT, 'test/support/secret-child.ts'), [place], { environment });
}

describe('the function', () => {
  const namesOf = (routes: readonly { route?: string | undefined }[]) => routes.map(({ route }) => route);

  it('says how to create the secret when there is none, and asks nobody else', async () => {
    await using deployment = await deploy();
    deployment.sandbox.secrets.delete(SECRET_NAME);
    const { name, code, message } = await deployment.fail();
    expect({ name, code }).toEqual({ name: 'SecretError', code: 'SECRET_NOT_FOUND' });
    expect(message).toContain(`aws secretsmanager create-secret --name ${SECRET_NAME}`);
    for (const key of ['"api-key"', '"org-id"', '"cluster-id"']) expect(message).toContain(key);
    expect(namesOf(deployment.sandbox.requests)).toEqual(['secret']);
  });

  it.each<[SecretFailure, string, RegExp]>([
    ['AccessDeniedException', 'SECRET_ACCESS_DENIED', /secretsmanager:GetSecretValue/],
    ['DecryptionFailure', 'SECRET_UNDECRYPTABLE', /kms:Decrypt/],
    ['InvalidRequestException', 'SECRET_DELETED', /aws secretsmanager restore-secret --secret-id/],
  ])('tells a secret that fails with %s apart', async (failure, expectedCode, advice) => {
    await using deployment = await deploy();
    deployment.sandbox.secrets.failure = failure;
    const { name, code, message } = await deployment.fail();
    expect({ name, code }).toEqual({ name: 'SecretError', code: expectedCode });
    expect(message).toMatch(advice);
    expect(message).toContain(SECRET_NAME);
    expect(namesOf(deployment.sandbox.requests)).toEqual(['secret']);
  });

  it.each<['lambda' | 'terminal', SecretFailure, string, RegExp]>([
    ['lambda', 'NoValue', 'SECRET_WITHOUT_VALUE', /aws secretsmanager put-secret-value --secret-id/],
    ['terminal', 'AccessDeniedException', 'SECRET_ACCESS_DENIED', /^Your AWS identity may not read/],
    ['lambda', 'KmsAccessDenied', 'SECRET_UNDECRYPTABLE', /kmsKeyArn in cdk\.json.*kms:Decrypt/],
    ['lambda', 'InvalidParameterException', 'SECRET_REFUSED', /aws secretsmanager list-secrets/],
    ['terminal', 'ExpiredTokenException', 'AWS_CREDENTIALS_EXPIRED', /aws sso login/],
    ['lambda', 'ExpiredTokenException', 'AWS_CREDENTIALS_EXPIRED', /the next run tries again/],
    ['terminal', 'UnrecognizedClientException', 'AWS_CREDENTIALS_REJECTED', /aws sts get-caller-identity/],
    ['terminal', 'InvalidSignatureException', 'AWS_CREDENTIALS_REJECTED', /the machine's clock/],
    ['lambda', 'ThrottlingException', 'SECRET_UNREACHABLE', /the next run tries again/i],
  ])('at %s, %s has its own sentence and fix', async (place, failure, code, advice) => {
    await using sandbox = await startSandbox();
    sandbox.secrets.failure = failure;
    const problem = await problemIn(place, sandbox.environment);
    expect(problem.startsWith(`${code}: `)).toBe(true);
    expect(problem.slice(code.length + 2)).toMatch(advice);
  });

  it('names what is wrong with the surroundings: no region, no profile, no connection, no such host', async () => {
    const keys = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' };
    const region = { AWS_REGION: 'us-east-1' };
    const problems = await Promise.all(
      [
        keys,
        { ...region, AWS_PROFILE: 'nobody', AWS_EC2_METADATA_DISABLED: 'true' },
        { ...region, ...keys, AWS_ENDPOINT_URL_SECRETS_MANAGER: 'http://127.0.0.1:9' },
        { ...region, ...keys, AWS_ENDPOINT_URL_SECRETS_MANAGER: 'http://nowhere.invalid' },
      ].map((environment) => problemIn('terminal', { ...environment, HOME: '/nonexistent' })),
    );
    expect(problems[0]).toMatch(/^AWS_REGION_MISSING: .*export AWS_REGION=/);
    expect(problems[1]).toMatch(/^AWS_CREDENTIALS_MISSING: .*Set AWS_PROFILE/);
    expect(problems[2]).toMatch(/^SECRET_UNREACHABLE: Could not connect/);
    expect(problems[3]).toMatch(/^SECRET_UNREACHABLE: The address of Secrets Manager could not be resolved/);
  });

  it('says that the function has no credentials when the SDK finds none', async () => {
    await using deployment = await deploy({
      environment: {
        AWS_ACCESS_KEY_ID: undefined,
        AWS_SECRET_ACCESS_KEY: undefined,
        AWS_EC2_METADATA_DISABLED: 'true',
      },
    });
    const { name, code, message } = await deployment.fail();
    expect({ name, code }).toEqual({ name: 'SecretError', code: 'AWS_CREDENTIALS_MISSING' });
    expect(message).toContain('Check that it has a role');
    expect(deployment.writes).toEqual([]);
  });

  it('refuses a binary secret', async () => {
    await using deployment = await deploy();
    deployment.sandbox.secrets.put(SECRET_NAME, Buffer.from(JSON.stringify(SECRET)));
    const { name, code, message } = await deployment.fail();
    expect({ name, code }).toEqual({ name: 'SecretError', code: 'SECRET_INVALID' });
    expect(message).toContain('it contains binary data instead of text');
    expect(message).toContain('put-secret-value');
    expect(namesOf(deployment.sandbox.requests)).toEqual(['secret']);
  });

  it('refuses an empty cluster-id instead of taking it for the whole fleet', async () => {
    await using deployment = await deploy();
    deployment.sandbox.putSecret({ 'cluster-id': '' });
    const { name, code, message } = await deployment.fail();
    expect({ name, code }).toEqual({ name: 'SecretError', code: 'SECRET_INVALID' });
    expect(message).toMatch(/cluster-id must be/);
    expect(namesOf(deployment.sandbox.requests)).toEqual(['secret']);
  });

  it('finds the secret by its ARN too', async () => {
    await using deployment = await deploy();
    const arn = deployment.sandbox.secrets.put(
      'team/castai',
      JSON.stringify({
        'api-key': deployment.sandbox.castai.apiKey,
        'org-id': deployment.sandbox.castai.organizationId,
        'cluster-id': deployment.sandbox.castai.clusters[0]?.id,
      }),
    );
    await deployment.succeed({ secretId: arn, dryRun: true });
  });

  it('reads the secret anew in every run, so that a rotated key is taken up', async () => {
    await using deployment = await deploy();
    await deployment.succeed({ dryRun: true });
    deployment.sandbox.castai.apiKey = `castai_v1_${'rotated'.repeat(9)}_sandbox1`;
    deployment.sandbox.putSecret();
    await deployment.succeed({ dryRun: true });
  });

  it('gets over an answer of Secrets Manager that is lost, reset or cut off', async () => {
    await using deployment = await deploy();
    deployment.sandbox.faults.push(
      { when: { route: 'secret', nth: 1 }, fault: { kind: 'reset' } },
      { when: { route: 'secret', nth: 1 }, fault: { kind: 'status', status: 500 } },
    );
    await deployment.succeed({ dryRun: true });
    expect(namesOf(deployment.sandbox.requests).filter((route) => route === 'secret')).toHaveLength(3);
  });
});
