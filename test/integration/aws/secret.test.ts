import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { SecretFailure } from '../../sandbox/aws/secrets-manager.ts';
import { SECRET_NAME, startSandbox } from '../../sandbox/sandbox.ts';
import { messageFrom } from '../../support/child-process.ts';
import { type Deployment, deploy } from '../../support/deployment.ts';
import { PROJECT } from '../../support/project.ts';

/** Code and message of the error of reading the secret on a terminal, in such an environment. */
function problemIn(environment: Record<string, string>): Promise<string> {
  return messageFrom<string>(join(PROJECT, 'test/support/secret-child.ts'), [SECRET_NAME], { environment });
}

let deployment: Deployment;
beforeAll(async () => {
  deployment = await deploy();
});
beforeEach(() => deployment.reset());
afterAll(() => deployment[Symbol.asyncDispose]());

describe('reading the secret', () => {
  const namesOf = (routes: readonly { route?: string | undefined }[]) => routes.map(({ route }) => route);

  it('shows how to create a missing secret, and sends no other request', async () => {
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
    ['NoValue', 'SECRET_WITHOUT_VALUE', /aws secretsmanager put-secret-value --secret-id/],
    ['KmsAccessDenied', 'SECRET_UNDECRYPTABLE', /kmsKeyArn in cdk\.json.*kms:Decrypt/],
    ['InvalidParameterException', 'SECRET_REFUSED', /aws secretsmanager list-secrets/],
    ['ThrottlingException', 'SECRET_UNREACHABLE', /the next run tries again/i],
  ])('has a specific error and advice for %s', async (failure, expectedCode, advice) => {
    deployment.sandbox.secrets.failure = failure;
    const { name, code, message } = await deployment.fail();
    expect({ name, code }).toEqual({ name: 'SecretError', code: expectedCode });
    expect(message).toMatch(advice);
    expect(message).toContain(SECRET_NAME);
    expect(new Set(namesOf(deployment.sandbox.requests))).toEqual(new Set(['secret']));
  });

  it('fails with advice to wait for the next run if the role’s session has expired', async () => {
    deployment.sandbox.secrets.failure = 'ExpiredTokenException';
    const { name, code, message } = await deployment.fail();
    expect({ name, code }).toEqual({ name: 'SecretError', code: 'AWS_CREDENTIALS_EXPIRED' });
    expect(message).toContain('the next run tries again');
  });

  it.each<[SecretFailure, string, RegExp]>([
    ['AccessDeniedException', 'SECRET_ACCESS_DENIED', /^Your AWS identity may not read/],
    ['ExpiredTokenException', 'AWS_CREDENTIALS_EXPIRED', /aws sso login/],
    ['UnrecognizedClientException', 'AWS_CREDENTIALS_REJECTED', /aws sts get-caller-identity/],
    ['InvalidSignatureException', 'AWS_CREDENTIALS_REJECTED', /the machine's clock/],
  ])('has advice for %s on a terminal', async (failure, code, advice) => {
    await using sandbox = await startSandbox();
    sandbox.secrets.failure = failure;
    const problem = await problemIn(sandbox.environment);
    expect(problem.startsWith(`${code}: `)).toBe(true);
    expect(problem.slice(code.length + 2)).toMatch(advice);
  });

  it('names what the environment lacks: a region, a profile, a connection, a known host', async () => {
    const keys = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' };
    const region = { AWS_REGION: 'us-east-1' };
    const problems = await Promise.all(
      [
        keys,
        { ...region, AWS_PROFILE: 'nobody', AWS_EC2_METADATA_DISABLED: 'true' },
        { ...region, ...keys, AWS_ENDPOINT_URL_SECRETS_MANAGER: 'http://127.0.0.1:9' },
        { ...region, ...keys, AWS_ENDPOINT_URL_SECRETS_MANAGER: 'http://nowhere.invalid' },
      ].map((environment) => problemIn({ ...environment, HOME: '/nonexistent' })),
    );
    expect(problems[0]).toMatch(/^AWS_REGION_MISSING: .*export AWS_REGION=/);
    expect(problems[1]).toMatch(/^AWS_CREDENTIALS_MISSING: .*Set AWS_PROFILE/);
    expect(problems[2]).toMatch(/^SECRET_UNREACHABLE: Could not connect/);
    expect(problems[3]).toMatch(/^SECRET_UNREACHABLE: The address of Secrets Manager could not be resolved/);
  });

  it('reports that it has no AWS credentials', async () => {
    await using bare = await deploy({
      environment: {
        AWS_ACCESS_KEY_ID: undefined,
        AWS_SECRET_ACCESS_KEY: undefined,
        AWS_EC2_METADATA_DISABLED: 'true',
      },
    });
    const { name, code, message } = await bare.fail();
    expect({ name, code }).toEqual({ name: 'SecretError', code: 'AWS_CREDENTIALS_MISSING' });
    expect(message).toContain('Check that it has a role');
    expect(bare.writes).toEqual([]);
  });

  it('refuses a binary secret', async () => {
    deployment.sandbox.secrets.put(SECRET_NAME, Buffer.from('{"api-key":"k"}'));
    const { name, code, message } = await deployment.fail();
    expect({ name, code }).toEqual({ name: 'SecretError', code: 'SECRET_INVALID' });
    expect(message).toContain('it contains binary data instead of text');
    expect(message).toContain('put-secret-value');
    expect(namesOf(deployment.sandbox.requests)).toEqual(['secret']);
  });

  it('refuses an empty cluster-id instead of taking it for the whole fleet', async () => {
    deployment.sandbox.putSecret({ 'cluster-id': '' });
    const { name, code, message } = await deployment.fail();
    expect({ name, code }).toEqual({ name: 'SecretError', code: 'SECRET_INVALID' });
    expect(message).toMatch(/cluster-id must be/);
    expect(namesOf(deployment.sandbox.requests)).toEqual(['secret']);
  });

  it('accepts the ARN of the secret', async () => {
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

  it('reads the secret in every run, so that it uses a rotated key', async () => {
    await deployment.succeed({ dryRun: true });
    deployment.sandbox.castai.apiKey = `castai_v1_${'rotated'.repeat(9)}_sandbox1`;
    deployment.sandbox.putSecret();
    await deployment.succeed({ dryRun: true });
  });

  it('retries after a reset connection and a 500 of Secrets Manager', async () => {
    deployment.sandbox.faults.push(
      { when: { route: 'secret', nth: 1 }, fault: { kind: 'reset' } },
      { when: { route: 'secret', nth: 1 }, fault: { kind: 'status', status: 500 } },
    );
    await deployment.succeed({ dryRun: true });
    expect(namesOf(deployment.sandbox.requests).filter((route) => route === 'secret')).toHaveLength(3);
  });
});
