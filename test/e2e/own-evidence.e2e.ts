import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CloudFormationClient, CreateStackCommand } from '@aws-sdk/client-cloudformation';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { App, DefaultStackSynthesizer, type IStackSynthesizer, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { CURRENTLY_RECOMMENDED_FLAGS } from 'aws-cdk-lib/cx-api';
import { zipSync } from 'fflate';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { historyOf } from '../../cli/demo/sandbox/aws/capacity-manager.ts';
import { EC2_PATH, FEED_PATH } from '../../cli/demo/sandbox/http/routes.ts';
import { SpotBlacklist } from '../../infra/construct/spot-blacklist.ts';
import { addOutputs } from '../../infra/stack/stack.ts';
import type { RunResult } from '../../lambda/report/result.ts';
import { startFunction } from '../sandbox/function/function.ts';
import { type Sandbox, startSandbox } from '../sandbox/sandbox.ts';
import { smallFeed } from '../support/deployment.ts';
import { ROOT } from './cdk.ts';
import { Deployed, STACK } from './deployed.ts';
import { type LocalAws, startLocalAws } from './local-aws.ts';

// A target of a user's own app that decides by own evidence, on a local AWS. moto has no Capacity Manager: that is the sandbox's.

const BUCKET = 'own-evidence';
const KEY = 'handler.zip';
const SECRET_NAME = 'spot-blacklist/castai';

let aws: LocalAws;
let sandbox: Sandbox;
let deployed: Deployed;
let folder: string;

const handler = () => join(folder, 'handler');

/** The template of a stack with one target, whose code is in the bucket. */
function template(): string {
  const app = new App({
    autoSynth: false,
    context: CURRENTLY_RECOMMENDED_FLAGS,
    outdir: join(folder, 'out'),
  });
  // It is not bootstrapped.
  const synthesizer = new DefaultStackSynthesizer({ generateBootstrapVersionRule: false });
  const stack = new Stack(app, STACK, { synthesizer: synthesizer as IStackSynthesizer });
  const construct = new SpotBlacklist(stack, 'Target', {
    secret: Secret.fromSecretNameV2(stack, 'Secret', SECRET_NAME),
    code: Code.fromBucketV2(Bucket.fromBucketName(stack, 'Code', BUCKET), KEY),
    settings: {
      ...{ os: 'Linux', interruptionThreshold: 20, blacklistHours: 12, batchPause: 0 },
      ...{ minTypesPerArchitecture: 0, minFamiliesPerArchitecture: 0, minTypesPerTemplate: 0 },
      ...{ castaiApiUrl: sandbox.url, spotAdvisorUrl: `${sandbox.url}${FEED_PATH}` },
      ...{ ownEvidence: 'decide', ownEvidenceDays: 30, maxBlacklistShare: 1 },
    },
  });
  addOutputs(stack, { targets: [{ construct, isDry: false }] });
  return JSON.stringify(Template.fromStack(stack).toJSON());
}

beforeAll(async () => {
  aws = await startLocalAws();
  sandbox = await startSandbox();
  deployed = new Deployed(aws);
  folder = mkdtempSync(join(tmpdir(), 'spot-blacklist-evidence-'));
  execFileSync(process.execPath, ['esbuild.config.mjs', handler()], { cwd: ROOT, stdio: 'inherit' });
  sandbox.feed.replace(smallFeed({ 'm5.large': 1, 'c5.large': 4, 'r5.large': 4 }));
  sandbox.capacityManager.machineHours = historyOf(
    [
      { instanceType: 'm5.large', machines: 6, interruptions: { 5: 1, 50: 1, 90: 1, 500: 2 } },
      { instanceType: 'c5.large', machines: 40 },
    ],
    Date.now(),
    30,
  );
});

afterAll(async () => {
  await aws?.[Symbol.asyncDispose]();
  await sandbox?.close();
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
});

test('1. the secret, the code and the stack are there', async () => {
  const secret = {
    'api-key': sandbox.castai.apiKey,
    'org-id': sandbox.castai.organizationId,
    'cluster-id': sandbox.castai.clusters[0]?.id,
  };
  await new SecretsManagerClient(aws.client).send(
    new CreateSecretCommand({ Name: SECRET_NAME, SecretString: JSON.stringify(secret) }),
  );
  const s3 = new S3Client({ ...aws.client, forcePathStyle: true });
  const files = readdirSync(handler()).map((name) => [name, readFileSync(join(handler(), name))] as const);
  await s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
  await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: KEY, Body: zipSync(Object.fromEntries(files)) }));
  await new CloudFormationClient(aws.client).send(
    new CreateStackCommand({ StackName: STACK, TemplateBody: template(), Capabilities: ['CAPABILITY_IAM'] }),
  );
  const { Configuration } = await deployed.function();
  expect(Configuration?.Environment?.Variables).toMatchObject({
    OWN_EVIDENCE: 'decide',
    OWN_EVIDENCE_DAYS: '30',
  });
});

test('2. the role may read own evidence in its region, and nothing else of EC2', async () => {
  const { statements } = await deployed.permissions();
  const ofEc2 = statements.filter((one: { Action: unknown }) => JSON.stringify(one.Action).includes('ec2:'));
  expect(ofEc2).toEqual([
    {
      Sid: 'ReadOwnEvidence',
      Effect: 'Allow',
      Action: ['ec2:GetCapacityManagerAttributes', 'ec2:GetCapacityManagerMetricData'],
      Resource: '*',
      Condition: { StringEquals: { 'aws:RequestedRegion': aws.region } },
    },
  ]);
});

test('3. the deployed code decides by it, and writes', async () => {
  const { Configuration } = await deployed.function();
  await using deployedFunction = await startFunction({
    bundle: join(handler(), 'index.mjs'),
    environment: {
      ...Configuration?.Environment?.Variables,
      ...aws.environment,
      AWS_ENDPOINT_URL_EC2: `${sandbox.url}${EC2_PATH}`,
    },
    timeoutSeconds: Configuration?.Timeout ?? 0,
    memory: Configuration?.MemorySize ?? 0,
  });
  const { functionError, payload, log } = await deployedFunction.invoke({});
  expect(functionError, log).toBeUndefined();
  const { evidence, warnings, clusters } = payload as unknown as RunResult;
  expect(warnings).toEqual([]);
  expect(evidence).toMatchObject({ mode: 'decide', riskier: 1, calmer: 1 });
  expect(clusters[0]?.decisions.map(({ instanceType, action }) => [instanceType, action])).toEqual([
    ['m5.large', 'add'],
    ['r5.large', 'add'],
  ]);
  expect(sandbox.castai.entries.map(({ instanceType, reason }) => [instanceType, reason])).toEqual([
    [
      'm5.large',
      "spot-blacklist/default: own evidence: interrupted 4 times (5 machines) in 4,320 of your machine-hours, your others never, AWS's band is 5-10%",
    ],
    ['r5.large', "spot-blacklist/default: AWS's band is >20%, above the tolerated 20%"],
  ]);
});
