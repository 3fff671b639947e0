import { describe, expect, it } from 'vitest';
import { readCredentials } from '../../../lambda/aws/secret.ts';
import { SecretError } from '../../../lambda/domain/errors.ts';

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
  it('yields the key, the organization and the cluster', () => {
    expect(readCredentials(JSON.stringify(SECRET), 'a/secret')).toEqual({
      apiKey: KEY,
      organizationId: ORGANIZATION,
      clusterId: CLUSTER,
    });
  });

  it('with "*" as its cluster-id selects the whole fleet', () => {
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

  it('is refused if it has a misspelt key beside the right one', () => {
    const problem = problemOf(JSON.stringify({ ...SECRET, 'cluster-id': '*', cluster_id: CLUSTER }));
    expect(problem).toContain('cluster_id is not a known key; did you mean cluster-id?');
  });

  it('may have further keys', () => {
    const secret = { ...SECRET, owner: 'platform', 'rotated-at': 5 };
    expect(readCredentials(JSON.stringify(secret), 'a/secret').apiKey).toBe(KEY);
  });
});

describe('an unusable key of the secret is named without its value', () => {
  const wrong: [string, unknown][] = [
    ['missing', undefined],
    ['empty', ''],
    ['blank', ' '],
    ['with a line break at its end', `${KEY}\n`],
    ['with a space within', `${KEY} ${KEY}`],
    ['with typographic quotation marks', `“${KEY}”`],
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

  it.each(['org-id', 'cluster-id'])('%s, if it holds an API key', (key) => {
    for (const value of [KEY, KEY.toUpperCase(), `"${KEY}"`, ` ${KEY}`, 'zq7'.repeat(22), 'an-organization'])
      expect(problemOf(JSON.stringify({ ...SECRET, [key]: value }))).toContain(`${key} must be the UUID of`);
  });

  it('together with all others', () => {
    const problem = problemOf(JSON.stringify({ 'api-key': '', 'cluster-id': '' }));
    for (const key of ['api-key', 'org-id', 'cluster-id']) expect(problem).toContain(`${key} `);
  });
});

describe('a secret that is not a JSON object is refused without being quoted', () => {
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
  ])('because %s', (problem, texts) => {
    for (const text of texts) {
      expect(problemOf(text)).toContain(problem);
      expect(problemOf(text)).toContain('aws secretsmanager put-secret-value --secret-id a/secret ');
    }
  });
});
