import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CloudFormationClient, CreateStackCommand } from '@aws-sdk/client-cloudformation';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { unzipSync } from 'fflate';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FEED_PATH } from '../../cli/demo/sandbox/http/routes.ts';
import { startFunction } from '../sandbox/function/function.ts';
import { type Sandbox, startSandbox } from '../sandbox/sandbox.ts';
import { ROOT } from './cdk.ts';
import { Deployed, STACK } from './deployed.ts';
import { type LocalAws, startLocalAws } from './local-aws.ts';

// A release's template and code on a local AWS without a bootstrap; each step builds on the one before.

const BUCKET = 'some-bucket';
const KEY = 'spot-blacklist/0.1.0.zip';
const SECRET_NAME = 'teams/castai';

let aws: LocalAws;
let sandbox: Sandbox;
let deployed: Deployed;
let folder: string;

const asset = (name: string) => readFileSync(join(folder, 'release', name));

/** The function's environment. moto passes numbers on as they are, where Lambda has strings. */
async function environment(): Promise<Record<string, string>> {
  const { Configuration } = await deployed.function();
  const variables = Object.entries(Configuration?.Environment?.Variables ?? {});
  return Object.fromEntries(variables.map(([name, value]) => [name, String(value)]));
}

beforeAll(async () => {
  aws = await startLocalAws();
  sandbox = await startSandbox();
  deployed = new Deployed(aws);
  folder = mkdtempSync(join(tmpdir(), 'spot-blacklist-template-'));
  const node = (...args: string[]) => execFileSync(process.execPath, args, { cwd: ROOT, stdio: 'inherit' });
  node('esbuild.config.mjs', join(folder, 'handler'));
  node('build/release-assets.ts', join(folder, 'handler'), join(folder, 'release'));
});

afterAll(async () => {
  await aws?.[Symbol.asyncDispose]();
  await sandbox?.close();
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
});

test('1. cfn-lint finds nothing in the template', () => {
  const { status, stdout } = spawnSync('cfn-lint', [join(folder, 'release', 'template.json')], {
    encoding: 'utf8',
  });
  expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
});

test('2. the secret is created, and the code is uploaded', async () => {
  await aws.createSecret(SECRET_NAME, sandbox);
  const s3 = new S3Client({ ...aws.client, forcePathStyle: true });
  await s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
  await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: KEY, Body: asset('handler.zip') }));
});

test('3. the template is deployed unchanged', async () => {
  const parameters = {
    ...{ CodeBucket: BUCKET, CodeKey: KEY, SecretName: SECRET_NAME },
    ...{ InterruptionThreshold: '15', TargetName: 'plain', RuleState: 'DISABLED' },
    AlarmTopicArn: 'arn:aws:sns:us-east-1:123456789012:alarms',
  };
  await new CloudFormationClient(aws.client).send(
    new CreateStackCommand({
      StackName: STACK,
      TemplateBody: asset('template.json').toString(),
      Capabilities: ['CAPABILITY_IAM'],
      Parameters: Object.entries(parameters).map(([ParameterKey, ParameterValue]) => ({
        ParameterKey,
        ParameterValue,
      })),
    }),
  );
  expect(Object.keys(await deployed.outputs()).sort()).toEqual([
    'ClearCommand',
    'DryRunCommand',
    'FailureQueueUrl',
    'FunctionName',
    'LogGroupName',
  ]);
});

test('4. the deployment matches the parameters', async () => {
  const { Configuration, Concurrency } = await deployed.function();
  expect(Configuration?.CodeSha256).toBe(createHash('sha256').update(asset('handler.zip')).digest('base64'));
  expect(await environment()).toEqual({
    SECRET_ID: SECRET_NAME,
    OS: 'Linux',
    INTERRUPTION_THRESHOLD: '15',
    BLACKLIST_HOURS: '12',
    TARGET_NAME: 'plain',
    CASTAI_API_URL: 'https://api.cast.ai',
    SCHEDULE_GAP_MINUTES: '60',
    EVENT_BUS: 'default',
  });
  expect(Concurrency?.ReservedConcurrentExecutions).toBe(1);
  const { target, ...rule } = await deployed.rule();
  expect(rule).toMatchObject({ ScheduleExpression: 'rate(1 hour)', State: 'DISABLED' });
  expect(target?.Arn).toBe(Configuration?.FunctionArn);
  const { statements } = await deployed.permissions();
  expect(statements).toContainEqual(
    expect.objectContaining({
      Action: 'secretsmanager:GetSecretValue',
      Resource: `arn:aws:secretsmanager:us-east-1:123456789012:secret:${SECRET_NAME}-??????`,
    }),
  );
});

test('5. the deployed code runs with the deployed environment', async () => {
  const { Configuration } = await deployed.function();
  const code = join(folder, 'code');
  mkdirSync(code);
  for (const [name, content] of Object.entries(unzipSync(asset('handler.zip'))))
    writeFileSync(join(code, name), content);
  await using run = await startFunction({
    bundle: join(code, 'index.mjs'),
    environment: {
      ...(await environment()),
      ...aws.environment,
      // The parameter admits CAST AI's own addresses only.
      CASTAI_API_URL: sandbox.url,
      SPOT_ADVISOR_URL: `${sandbox.url}${FEED_PATH}`,
      BATCH_PAUSE: '0',
    },
    timeoutSeconds: Configuration?.Timeout ?? 0,
    memory: Configuration?.MemorySize ?? 0,
  });
  const [, dryRun = ''] = /^echo '([^']*)'/.exec((await deployed.outputs())['DryRunCommand'] ?? '') ?? [];
  expect(await run.invoke(JSON.parse(dryRun))).toMatchObject({
    payload: { status: 'completed', dryRun: true },
  });
  expect(sandbox.castai.liveEntries()).toEqual([]);
  expect(await run.invoke({})).toMatchObject({ payload: { status: 'completed', dryRun: false } });
  const [entry] = sandbox.castai.liveEntries();
  expect(entry?.reason).toMatch(/^spot-blacklist\/plain: /);
});
