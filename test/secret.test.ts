import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCredentials } from '../lambda/credentials.ts';
import { SecretError } from '../lambda/errors.ts';
import type { SecretFailure } from './sandbox/aws/secrets-manager.ts';
import { SECRET_NAME } from './sandbox/sandbox.ts';
import { deploy } from './support.ts';

const KEY = 'castai_v1_zq7zq7zq7zq7_7qz';
const SECRET = { 'api-key': KEY, 'org-id': 'an-organization', 'cluster-id': 'a-cluster' };

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
      organizationId: 'an-organization',
      clusterId: 'a-cluster',
    });
  });

  it('without cluster-id stands for the whole fleet', () => {
    const { 'cluster-id': _, ...fleet } = SECRET;
    expect(readCredentials(JSON.stringify(fleet), 'a/secret').clusterId).toBeNull();
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
      wrong
        // Left out, cluster-id means the fleet.
        .filter(([how]) => !(key === 'cluster-id' && how === 'missing'))
        .map(([how, value]): [string, string, unknown] => [key, how, value]),
    ),
  )('%s: %s', (key, _, value) => {
    const problem = problemOf(JSON.stringify({ ...SECRET, [key]: value }));
    const complaints = problem.slice(0, problem.indexOf('Store'));
    expect(complaints).toContain(key);
    for (const other of ['api-key', 'org-id', 'cluster-id'].filter((name) => name !== key))
      expect(complaints).not.toContain(other);
    expect(problem).not.toContain('zq7');
    expect(problem).not.toContain('12345');
    expect(problem.length).toBeLessThan(500);
  });

  it.each(['org-id', 'cluster-id'])('%s: with an API key in its place', (key) => {
    for (const value of [KEY, KEY.toUpperCase(), 'castai_v12_zq7zq7'])
      expect(problemOf(JSON.stringify({ ...SECRET, [key]: value }))).toContain(`${key} must be the id of`);
    // Nobody knows what ids look like tomorrow.
    const harmless = JSON.stringify({ ...SECRET, [key]: 'a-castai_v1_id' });
    expect(readCredentials(harmless, 'a/secret').apiKey).toBe(KEY);
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
    ['lines of a .env file', `api-key=${KEY}\norg-id=an-organization\n`],
    ['with other names', JSON.stringify({ apiKey: KEY, organizationId: 'an-organization' })],
    ['with the key as a name', JSON.stringify({ [KEY]: 'api-key' })],
  ])('%s', (_, text) => {
    const problem = problemOf(text);
    expect(problem).not.toContain('zq7');
    // What a good one looks like.
    for (const key of ['"api-key"', '"org-id"', '"cluster-id"']) expect(problem).toContain(key);
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

  it('says that its role has no credentials when the SDK finds none', async () => {
    await using deployment = await deploy({
      environment: {
        AWS_ACCESS_KEY_ID: undefined,
        AWS_SECRET_ACCESS_KEY: undefined,
        AWS_EC2_METADATA_DISABLED: 'true',
      },
    });
    const { name, code, message } = await deployment.fail();
    expect({ name, code }).toEqual({ name: 'SecretError', code: 'SECRET_UNREACHABLE' });
    expect(message).toContain('credentials');
    expect(deployment.writes).toEqual([]);
  });

  it('refuses a binary secret', async () => {
    await using deployment = await deploy();
    deployment.sandbox.secrets.put(SECRET_NAME, Buffer.from(JSON.stringify(SECRET)));
    const { name, code, message } = await deployment.fail();
    expect({ name, code }).toEqual({ name: 'SecretError', code: 'SECRET_INVALID' });
    expect(message).toContain('api-key');
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
