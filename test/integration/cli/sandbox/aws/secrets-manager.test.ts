import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { expect, test } from 'vitest';
import { type Sandbox, SECRET_NAME, startSandbox } from '../../../../sandbox/sandbox.ts';

/** Gets a secret by the real SDK, with the endpoint that the function gets by its environment. */
async function getSecret({ environment }: Sandbox, SecretId: string) {
  const client = new SecretsManagerClient({
    endpoint: environment['AWS_ENDPOINT_URL_SECRETS_MANAGER'] ?? '',
    region: environment['AWS_REGION'] ?? '',
    credentials: { accessKeyId: 'sandbox', secretAccessKey: 'sandbox' },
    maxAttempts: 1,
  });
  return await client.send(new GetSecretValueCommand({ SecretId }));
}

test('the sandbox’s secret contains the key of its CAST AI', async () => {
  await using sandbox = await startSandbox();
  const { SecretString = '' } = await getSecret(sandbox, SECRET_NAME);
  const { apiKey, organizationId, clusters } = sandbox.castai;
  expect(apiKey).toMatch(/^castai_v1_\w{64}_\w{8}$/);
  expect(JSON.parse(SecretString)).toEqual({
    'api-key': apiKey,
    'org-id': organizationId,
    'cluster-id': clusters[0]?.id,
  });
});

test('a secret is found by its name and by its ARN, whole or without the random end', async () => {
  await using sandbox = await startSandbox({ region: 'eu-west-1' });
  const arn = sandbox.secrets.put('some/name', 'any text');
  expect(arn).toBe('arn:aws:secretsmanager:eu-west-1:000000000000:secret:some/name-AbCdEf');
  for (const id of ['some/name', arn, arn.slice(0, -7)]) {
    expect(await getSecret(sandbox, id)).toMatchObject({
      SecretString: 'any text',
      ARN: arn,
      Name: 'some/name',
    });
  }
});

test('a secret can be replaced, changed, binary, and deleted', async () => {
  await using sandbox = await startSandbox();
  sandbox.putSecret({ 'cluster-id': '*' });
  const { SecretString = '' } = await getSecret(sandbox, SECRET_NAME);
  expect(Object.keys(JSON.parse(SecretString))).toEqual(['api-key', 'org-id', 'cluster-id']);

  sandbox.secrets.put(SECRET_NAME, Buffer.from([1, 2, 3]));
  const binary = await getSecret(sandbox, SECRET_NAME);
  expect(binary.SecretString).toBeUndefined();
  expect(binary.SecretBinary).toEqual(new Uint8Array([1, 2, 3]));

  sandbox.secrets.delete(SECRET_NAME);
  await expect(getSecret(sandbox, SECRET_NAME)).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
});

test.for(['AccessDeniedException', 'DecryptionFailure', 'InvalidRequestException'] as const)(
  '%s',
  async (failure) => {
    await using sandbox = await startSandbox();
    sandbox.secrets.failure = failure;
    await expect(getSecret(sandbox, SECRET_NAME)).rejects.toMatchObject({ name: failure });
  },
);

test('a status fault looks like a failure of AWS', async () => {
  await using sandbox = await startSandbox();
  sandbox.faults.push({ when: { route: 'secret' }, fault: { kind: 'status', status: 500 } });
  await expect(getSecret(sandbox, SECRET_NAME)).rejects.toMatchObject({
    name: 'InternalServiceError',
    $metadata: { httpStatusCode: 500 },
  });
});
