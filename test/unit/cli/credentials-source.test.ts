import { expect, test } from 'vitest';
import { credentialsSource } from '../../../cli/run/credentials-source.ts';

const ID = '0a9b8c7d-1111-4222-8333-444455556666';
const KEYS = { API_KEY: 'a-key', ORG_ID: '3f1c2b4a-1111-4222-8333-444455556666', CLUSTER_ID: ID };
const { API_KEY: _, ...WITHOUT_KEY } = KEYS;
const { CLUSTER_ID: __, ...WITHOUT_CLUSTER } = KEYS;

test('without keys and a secret, there are no credentials', () => {
  expect(credentialsSource({}, { OS: 'Linux' })).toBeNull();
});

test.each([
  ['in the environment', {}, KEYS],
  ['of flags, with a secret in the environment', KEYS, { SECRET_ID: 'a/secret' }],
  ['of which a flag narrows the environment’s', { CLUSTER_ID: ID }, { ...KEYS, CLUSTER_ID: '*' }],
])('keys %s are used', async (_, flags, environment) => {
  const credentials = await credentialsSource(flags, environment)?.('', AbortSignal.timeout(1_000));
  expect(credentials).toEqual({ apiKey: KEYS.API_KEY, organizationId: KEYS.ORG_ID, clusterId: ID });
});

test.each([
  [{}, { CLUSTER_ID: 'one' }, 'without credentials'],
  [{}, WITHOUT_KEY, 'API_KEY is missing'],
  [{}, { ...KEYS, API_KEY: '' }, 'API_KEY must be'],
  [{}, { ...KEYS, CLUSTER_ID: '' }, 'CLUSTER_ID must be'],
  [{}, WITHOUT_CLUSTER, 'CLUSTER_ID is missing'],
  [{ CLUSTER_ID: 'one' }, KEYS, '--cluster-id must be'],
  [{}, { ...KEYS, SECRET_ID: 'a/secret' }, 'Give either SECRET_ID, or API_KEY'],
  [{}, { ...KEYS, CLUSTERID: ID }, 'did you mean CLUSTER_ID'],
])('the flags %j with the environment %j are refused', (flags, environment, problem) => {
  expect(() => credentialsSource(flags, environment)).toThrow(problem);
});
