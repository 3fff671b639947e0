// The messages at a terminal if AWS cannot identify the caller: with real files, real commands and a real STS address.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { messageFrom } from '../../support/child-process.ts';
import { PROJECT } from '../../support/project.ts';

/** In every place where a key could be. */
const HIDDEN = 'quetzal';

const ROLE = 'role_arn = arn:aws:iam::123456789012:role/reader';

const PROFILES: Record<string, string[]> = {
  static: [`aws_access_key_id = AKIA${HIDDEN}`, `aws_secret_access_key = ${HIDDEN}`],
  bare: [],
  half: [`aws_access_key_id = AKIA${HIDDEN}`],
  fails: [`credential_process = /bin/sh -c "echo Profile ${HIDDEN} could not be found >&2; exit 3"`],
  absent: [`credential_process = /nonexistent/${HIDDEN}`],
  garbled: [`credential_process = echo ${HIDDEN}`],
  nothing: ['credential_process = echo null'],
  old: [
    `credential_process = echo '{"Version":1,"AccessKeyId":"${HIDDEN}","SecretAccessKey":"${HIDDEN}","Expiration":"2020-01-01T00:00:00Z"}'`,
  ],
  future: ['credential_process = echo \'{"Version":2}\''],
  orphan: [ROLE, 'source_profile = gone'],
  through: [ROLE, 'source_profile = fails'],
  role: [ROLE, 'source_profile = static'],
  mfa: [ROLE, 'source_profile = static', 'mfa_serial = arn:aws:iam::123456789012:mfa/me'],
  circle: [ROLE, 'source_profile = round'],
  round: [ROLE, 'source_profile = circle'],
  source: [ROLE, 'credential_source = Env'],
  web: [ROLE, 'web_identity_token_file = /nonexistent/token'],
  sso: ['sso_session = s', 'sso_account_id = 123456789012', 'sso_role_name = r'],
  partial: ['sso_start_url = https://example.com/start'],
  lost: ['sso_session = unknown', 'sso_account_id = 123456789012', 'sso_role_name = r'],
  login: ['login_session = arn:aws:iam::123456789012:user/me'],
};

const SSO_SESSION = '[sso-session s]\nsso_region = us-east-1\nsso_start_url = https://example.com/start\n';

let folder: string;
let sandbox: Sandbox;
let sts: Server;
beforeAll(async () => {
  sandbox = await startSandbox();
  folder = mkdtempSync(join(tmpdir(), 'sign-in-'));
  const profiles = Object.entries(PROFILES).map(([name, lines]) =>
    [`[profile ${name}]`, 'region = us-east-1', ...lines, ''].join('\n'),
  );
  writeFileSync(join(folder, 'config'), [...profiles, SSO_SESSION].join('\n'));
  sts = createServer((_, response) => {
    response.writeHead(403, { 'content-type': 'text/xml' });
    response.end(
      '<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>',
    );
  });
  await new Promise<void>((resolve) => sts.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  await new Promise((resolve) => sts.close(resolve));
  rmSync(folder, { recursive: true });
  await sandbox[Symbol.asyncDispose]();
});

/** What the process has of an environment: these files, and nothing else of this machine. */
const environmentWith = (changes: Record<string, string>) => ({
  ...{ HOME: folder, PATH: process.env['PATH'] ?? '', AWS_EC2_METADATA_DISABLED: 'true' },
  AWS_CONFIG_FILE: join(folder, 'config'),
  AWS_SHARED_CREDENTIALS_FILE: join(folder, 'credentials'),
  AWS_ENDPOINT_URL_SECRETS_MANAGER: `${sandbox.environment['AWS_ENDPOINT_URL_SECRETS_MANAGER']}`,
  AWS_ENDPOINT_URL_STS: `http://127.0.0.1:${(sts.address() as AddressInfo).port}`,
  ...changes,
});

/** Code and message of the error of reading the secret. */
async function problemIn(changes: Record<string, string>, secretId = 'team/castai'): Promise<string> {
  const environment = environmentWith(changes);
  const problem = await messageFrom<string>(join(PROJECT, 'test/support/secret-child.ts'), [secretId], {
    environment,
  });
  expect(problem).not.toContain(HIDDEN);
  return problem;
}

const MISSING = 'AWS_CREDENTIALS_MISSING';
const EXPIRED = 'AWS_CREDENTIALS_EXPIRED';
const NOT_READ = ', so the secret was not read. ';

describe('a profile that yields no credentials has an error for each cause', () => {
  const { static: _, ...unusable } = PROFILES;
  const asked = ['nobody', 'Static', 'static ', ' static', 'static\n', ...Object.keys(unusable)];
  let problems: Record<string, string>;
  beforeAll(async () => {
    problems = await messageFrom(join(PROJECT, 'test/support/sign-in-child.ts'), asked, {
      environment: environmentWith({}),
    });
  }, 120_000);

  it.each<[string, string, string, string]>([
    ['nobody', MISSING, 'The AWS profile nobody does not exist', 'aws configure list-profiles'],
    ['Static', MISSING, 'The AWS profile Static does not exist', 'aws configure list-profiles'],
    ['static ', MISSING, 'AWS_PROFILE begins or ends with a blank ("static ")', 'Remove the blank.'],
    [' static', MISSING, 'AWS_PROFILE begins or ends with a blank (" static")', 'Remove the blank.'],
    ['static\n', MISSING, 'AWS_PROFILE begins or ends with a blank', 'Remove the blank.'],
    ['bare', MISSING, 'The AWS profile bare has no complete credentials', 'aws sts get-caller-identity'],
    ['half', MISSING, 'The AWS profile half has no complete credentials', 'aws sts get-caller-identity'],
    [
      'fails',
      MISSING,
      'The credential_process that the AWS profile fails uses failed',
      'aws sts get-caller-identity',
    ],
    [
      'absent',
      MISSING,
      'The credential_process that the AWS profile absent uses failed',
      'get-caller-identity',
    ],
    [
      'garbled',
      MISSING,
      'The credential_process that the AWS profile garbled uses returned invalid JSON',
      'aws sts',
    ],
    ['nothing', MISSING, 'The credentials of the AWS profile nothing could not be loaded', 'aws sts'],
    [
      'old',
      EXPIRED,
      'The credential_process that the AWS profile old uses returned expired credentials',
      'Renew them',
    ],
    [
      'future',
      MISSING,
      'The credential_process that the AWS profile future uses did not return Version 1',
      'aws sts',
    ],
    [
      'orphan',
      MISSING,
      'The AWS profile gone, which orphan names as its source_profile, does not exist',
      'sts',
    ],
    [
      'through',
      MISSING,
      'The credential_process that the AWS profile through uses failed',
      'aws sts get-caller-identity',
    ],
    ['mfa', MISSING, 'The AWS profile mfa requires an MFA code', 'aws configure export-credentials'],
    ['circle', MISSING, 'Detected a cycle attempting to resolve credentials for profile circle', 'aws sts'],
    ['source', MISSING, 'Unsupported credential source in profile source. Got Env, expected', 'aws sts'],
    [
      'web',
      MISSING,
      'The file /nonexistent/token, which the AWS configuration names, does not exist',
      'Check',
    ],
    ['sso', EXPIRED, 'Your AWS login has expired or you never logged in', 'Log in with: aws sso login'],
    ['partial', MISSING, 'Profile is configured with invalid SSO credentials', 'aws sts get-caller-identity'],
    ['lost', MISSING, 'The credentials of the AWS profile lost could not be loaded', 'aws sts'],
    ['login', EXPIRED, 'Your AWS login has expired or you never logged in', 'Log in with: aws login'],
    ['role', 'AWS_CREDENTIALS_REJECTED', "The AWS profile's role may not be assumed", 'Check role_arn'],
  ])('%j', (profile, code, wrong, fix) => {
    const problem = problems[profile] ?? '';
    expect(problem).not.toContain(HIDDEN);
    expect(problem.startsWith(`${code}: `)).toBe(true);
    const [before, after] = problem.split(NOT_READ);
    expect(before).toContain(wrong);
    expect(after).toContain(fix);
    expect(sandbox.requests).toEqual([]);
  });

  it('whether AWS_PROFILE names it or it is the default', async () => {
    const AWS_CONFIG_FILE = join(folder, 'default');
    writeFileSync(AWS_CONFIG_FILE, '[default]\nregion = us-east-1\ncredential_process = false\n');
    expect(await problemIn({ AWS_CONFIG_FILE })).toContain(
      'credential_process that the AWS profile default uses failed',
    );
    writeFileSync(AWS_CONFIG_FILE, '[default]\nregion = us-east-1\n');
    expect(await problemIn({ AWS_CONFIG_FILE })).toContain('No AWS credentials were found');
  });
});

it('half a pair of keys, a token file that is missing, and an STS that cannot be reached, are named', async () => {
  const AWS_REGION = 'us-east-1';
  expect(await problemIn({ AWS_REGION, AWS_ACCESS_KEY_ID: HIDDEN })).toContain(
    'Of the AWS keys, only AWS_ACCESS_KEY_ID is set',
  );
  const web = {
    AWS_WEB_IDENTITY_TOKEN_FILE: '/nonexistent/irsa',
    AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/x',
  };
  expect(await problemIn({ AWS_REGION, ...web })).toContain(
    '/nonexistent/irsa, which the AWS configuration names',
  );
  const unreachable = { AWS_PROFILE: 'role', AWS_ENDPOINT_URL_STS: 'http://127.0.0.1:9' };
  expect(await problemIn(unreachable)).toContain(
    'Could not connect to the AWS service that issues the credentials',
  );
});

describe('the region', () => {
  const keys = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' };

  it('is requested if none is set, and named if it is not a region', async () => {
    expect(await problemIn(keys)).toMatch(/^AWS_REGION_MISSING: No AWS region is set.*export AWS_REGION=/);
    expect(await problemIn({ ...keys, AWS_REGION: 'us-east-1 ' })).toMatch(
      /^AWS_REGION_MISSING: The AWS region "us-east-1 " is not the name of a region.*Correct AWS_REGION/,
    );
  });

  it('is that of the secret’s ARN, whatever AWS_REGION says', async () => {
    const arn = 'arn:aws:secretsmanager:eu-west-3:123456789012:secret:team/castai-AbCdEf';
    const problems = await Promise.all([
      problemIn(keys, arn),
      problemIn({ ...keys, AWS_REGION: 'us-east-1' }, arn),
    ]);
    for (const problem of problems)
      expect(problem).toMatch(
        /^SECRET_NOT_FOUND: .* create-secret --name team\/castai --region eu-west-3 .*the region in its ARN/,
      );
    const scopes = sandbox.requests.map(({ headers }) => String(headers['authorization']));
    expect(scopes.length).toBeGreaterThan(1);
    for (const scope of scopes) expect(scope).toContain('/eu-west-3/secretsmanager/');
    sandbox.requests.length = 0;
    expect(await problemIn({ ...keys, AWS_REGION: 'us-east-1' }, 'team/castai')).toContain(
      'set AWS_PROFILE and AWS_REGION',
    );
    expect(sandbox.requests[0]?.headers['authorization']).toContain('/us-east-1/secretsmanager/');
  });
});
