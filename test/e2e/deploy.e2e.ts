import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateSecretCommand,
  GetSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startFunction } from '../../cli/sandbox/function/function.ts';
import { FEED_PATH } from '../../cli/sandbox/http/routes.ts';
import { type Sandbox, startSandbox } from '../../cli/sandbox/sandbox.ts';
import type { RunResult } from '../../lambda/report/result.ts';
import { cdk, ROOT } from './cdk.ts';
import { Deployed, STACK } from './deployed.ts';
import { type LocalAws, startLocalAws } from './local-aws.ts';

// The steps of docs/install.md on a local AWS, in their order; each builds on the one before.

const SECRET_NAME = 'spot-blacklist/castai';

let aws: LocalAws;
/** CAST AI and the feed. */
let sandbox: Sandbox;
let deployed: Deployed;
let folder: string;

beforeAll(async () => {
  aws = await startLocalAws();
  sandbox = await startSandbox();
  deployed = new Deployed(aws);
  folder = mkdtempSync(join(tmpdir(), 'spot-blacklist-e2e-'));
});

afterAll(async () => {
  await aws?.[Symbol.asyncDispose]();
  await sandbox?.close();
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
});

/** Runs a command of CDK against the local AWS, with settings from the command line. */
function run(command: readonly string[], settings: Readonly<Record<string, string>> = {}) {
  const all = {
    castaiApiUrl: sandbox.url,
    spotAdvisorUrl: `${sandbox.url}${FEED_PATH}`,
    // As fast as the sandbox answers: hundreds of types would otherwise take minutes.
    'targets.0.batchPause': '0',
    chatTopic: 'true',
    ...settings,
  };
  const context = Object.entries(all).flatMap(([path, value]) => ['-c', `spot-blacklist:${path}=${value}`]);
  return cdk([...command, '--output', join(folder, 'cdk.out'), ...context], {
    ...aws.environment,
    HOME: folder,
  });
}

function deploy(settings: Readonly<Record<string, string>> = {}) {
  // moto has neither change sets nor the values of the parameters before.
  const options = ['--require-approval', 'never', '--method', 'direct', '--no-previous-parameters'];
  return run(['deploy', ...options], settings);
}

/**
 * Invokes the deployed code as Lambda would: with the environment, memory and timeout that the function was given,
 * and what Lambda adds: the role's credentials and where it runs. Here, AWS is moto.
 */
async function invoke(payload: unknown) {
  const { Configuration } = await deployed.function();
  await using deployedFunction = await startFunction({
    bundle: join(await deployed.download(folder), 'index.mjs'),
    environment: { ...Configuration?.Environment?.Variables, ...aws.environment },
    timeoutSeconds: Configuration?.Timeout ?? 0,
    memory: Configuration?.MemorySize ?? 0,
  });
  return await deployedFunction.invoke(payload);
}

async function succeed(payload: unknown): Promise<RunResult> {
  const { functionError, payload: result, log } = await invoke(payload);
  if (functionError !== undefined) throw new Error(`${JSON.stringify(result)}\n${log}`);
  return result as RunResult;
}

/** The payload in a command that `cdk deploy` printed. */
async function payloadOf(output: string): Promise<Record<string, unknown>> {
  const [, payload] = /^echo '([^']*)' \|/.exec((await deployed.outputs())[output] ?? '') ?? [];
  return JSON.parse(payload ?? 'null');
}

/** What the rule, which has no input, sends. */
const SCHEDULED = {
  ...{ version: '0', id: '53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa', 'detail-type': 'Scheduled Event' },
  ...{ source: 'aws.events', account: '123456789012', time: '2026-11-22T00:00:00Z', region: 'us-east-1' },
  ...{ resources: ['arn:aws:events:us-east-1:123456789012:rule/SpotBlacklist'], detail: {} },
};

const liveTypes = () =>
  sandbox.castai
    .liveEntries()
    .map(({ instanceType }) => instanceType)
    .sort();

/** The files of a folder with their hashes: a difference of half a megabyte of code helps nobody. */
function hashesIn(code: string): Record<string, string> {
  const hashOf = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');
  return Object.fromEntries(readdirSync(code).map((name) => [name, hashOf(join(code, name))]));
}

test('1. the secret is created', async () => {
  const secret = {
    'api-key': sandbox.castai.apiKey,
    'org-id': sandbox.castai.organizationId,
    'cluster-id': sandbox.castai.clusters[0]?.id,
  };
  await new SecretsManagerClient(aws.client).send(
    new CreateSecretCommand({ Name: SECRET_NAME, SecretString: JSON.stringify(secret) }),
  );
});

test('2. a wrong configuration stops everything, in sentences', async () => {
  const { status, output } = await deploy({ 'targets.0.blacklistHours': '1', alarmEmail: 'nobody' });
  expect(status).not.toBe(0);
  expect(output).toContain('targets.0.blacklistHours must be at least 2 h, but is 1 h');
  expect(output).toContain('alarmEmail must be an e-mail address');
  expect(output).not.toMatch(/^\s+at /m);
  await expect(deployed.template()).rejects.toThrow('does not exist');
});

test('3. cdk bootstrap', async () => {
  const { status, output } = await cdk(['bootstrap'], { ...aws.environment, HOME: folder });
  expect(output).toContain('bootstrapped');
  expect(status).toBe(0);
});

test('4. cdk deploy builds afresh, and deploys', async () => {
  const code = join(ROOT, 'dist', 'handler');
  mkdirSync(code, { recursive: true });
  writeFileSync(join(code, 'index.mjs'), 'throw new Error("stale");\n');
  const stale = hashesIn(code);
  const { status, output } = await deploy();
  expect(output).toContain(`${STACK}.DryRunCommand = echo '{"dryRun":true}' | aws lambda invoke`);
  expect(status).toBe(0);
  const built = hashesIn(code);
  expect(built['index.mjs']).not.toBe(stale['index.mjs']);
  expect(hashesIn(await deployed.download(folder))).toEqual(built);
});

test('5. what is deployed is what was configured', async () => {
  const { input, target, ...rule } = await deployed.rule();
  expect(rule).toMatchObject({ ScheduleExpression: 'rate(1 hour)', State: 'ENABLED' });
  expect(input).toBeNull();
  const { Configuration, Concurrency } = await deployed.function();
  expect(target).toMatchObject({
    Arn: Configuration?.FunctionArn,
    DeadLetterConfig: { Arn: expect.stringMatching(/:sqs:.*Failures/) },
    RetryPolicy: { MaximumEventAgeInSeconds: 3300, MaximumRetryAttempts: 4 },
  });
  expect(Configuration).toMatchObject({
    Runtime: 'nodejs24.x',
    Handler: 'index.handler',
    MemorySize: 512,
    Timeout: 900,
    Environment: {
      Variables: {
        SECRET_ID: SECRET_NAME,
        TARGET_NAME: 'default',
        OS: 'Linux',
        INTERRUPTION_THRESHOLD: '20',
        BLACKLIST_HOURS: '12',
        BATCH_PAUSE: '0',
        SCHEDULE_GAP_MINUTES: '60',
        CASTAI_API_URL: sandbox.url,
        SPOT_ADVISOR_URL: `${sandbox.url}${FEED_PATH}`,
      },
    },
  });
  expect(Concurrency?.ReservedConcurrentExecutions).toBe(1);
  const { statements, managed } = await deployed.permissions();
  expect(managed).toEqual([]);
  expect(statements).toContainEqual({
    Sid: 'ReadSecret',
    Effect: 'Allow',
    Action: 'secretsmanager:GetSecretValue',
    Resource: `arn:aws:secretsmanager:us-east-1:123456789012:secret:${SECRET_NAME}-??????`,
  });
  expect(statements.map(({ Sid }: { Sid?: string }) => Sid)).toEqual([
    'ReadSecret',
    'WriteOwnLogs',
    'ReportFailures',
    'TellWhatChanged',
    undefined,
  ]);
});

test('6. cfn-lint finds nothing in the template', () => {
  const template = join(folder, 'cdk.out', `${STACK}.template.json`);
  const { status, stdout } = spawnSync('cfn-lint', [template], { encoding: 'utf8' });
  expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
});

test('7. the dry-run command shows what a run would do, and writes nothing', async () => {
  const payload = await payloadOf('DryRunCommand');
  expect(payload).toEqual({ dryRun: true });
  const result = await succeed(payload);
  expect(result).toMatchObject({
    status: 'completed',
    dryRun: true,
    target: { region: 'us-east-1', os: 'Linux' },
  });
  expect(result.clusters.map(({ actions }) => actions.add)).toEqual([445]);
  expect(liveTypes()).toEqual([]);
});

test('8. a run, as the rule starts it, fills the blacklist, and tells the chat channel', async () => {
  const chatMessage = await deployed.divertChat();
  const result = await succeed(SCHEDULED);
  expect(result).toMatchObject({ status: 'completed', dryRun: false });
  expect(liveTypes()).toHaveLength(445);
  for (const entry of sandbox.castai.liveEntries()) {
    expect(entry).toMatchObject({ lifecycle: 'spot', clusterId: sandbox.castai.clusters[0]?.id });
    expect(entry.reason).toMatch(/^spot-blacklist\/default: /);
    expect(Date.parse(entry.expiresAt ?? '') - Date.now()).toBeGreaterThan(11.9 * 3_600_000);
  }
  expect(await chatMessage()).toMatchObject({
    ...{ version: '1.0', source: 'custom' },
    content: {
      textType: 'client-markdown',
      title: 'spot-blacklist: Run Completed (default)',
      description: expect.stringMatching(
        /^Newly kept off Spot: (\S+, ){9}\S+ and 435 more\. The log group \S+ in us-east-1, /,
      ),
    },
  });
  // A run that changes nothing is no message.
  await succeed(SCHEDULED);
  expect(await chatMessage()).toBeNull();
});

test('9. the run’s metrics are in its log, where CloudWatch takes them from', async () => {
  const { log } = await invoke(SCHEDULED);
  const lines = log.split('\n').filter((line) => line.includes('CloudWatchMetrics'));
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    expect.objectContaining({
      target: 'default',
      RunCompleted: 1,
      RiskyTypes: 449,
      BlacklistedTypes: 445,
      Added: 0,
    }),
  ]);
});

test('10. a policy in the payload of a live run is refused, and writes nothing', async () => {
  const before = sandbox.requests.length;
  const { functionError, payload } = await invoke({ interruptionThreshold: 5 });
  expect(functionError).toBe('Unhandled');
  expect(payload).toMatchObject({
    errorType: 'SettingsError',
    errorMessage: expect.stringContaining('interruptionThreshold is for dry runs only'),
  });
  expect(sandbox.requests).toHaveLength(before);
});

test('11. without its secret a run says which command creates it', async () => {
  const { functionError, payload } = await invoke({
    ...(await payloadOf('DryRunCommand')),
    secretId: 'no/such',
  });
  expect(functionError).toBe('Unhandled');
  expect(payload).toMatchObject({
    errorType: 'SecretError',
    errorMessage: expect.stringContaining('aws secretsmanager create-secret'),
  });
});

test('12. deploying the same again changes nothing', async () => {
  const { status, output } = await run(['diff', '--method', 'template', '--fail']);
  expect(output).toContain('Number of stacks with differences: 0');
  expect(status).toBe(0);
});

test('13. a changed setting is deployed, and the next run follows it', async () => {
  const before = liveTypes();
  const { status } = await deploy({ 'targets.0.interruptionThreshold': '15', schedule: 'cron(5 * * * ? *)' });
  expect(status).toBe(0);
  expect((await deployed.rule()).ScheduleExpression).toBe('cron(5 * * * ? *)');
  expect(await succeed(SCHEDULED)).toMatchObject({ policy: { interruptionThreshold: 15 } });
  expect(liveTypes()).toHaveLength(559);
  expect(liveTypes()).toEqual(expect.arrayContaining(before));
});

test('14. the kill switch disables the rule', async () => {
  expect((await deploy({ enabled: 'false' })).status).toBe(0);
  expect((await deployed.rule()).State).toBe('DISABLED');
});

test('15. the clear command takes back every entry, and nobody else’s', async () => {
  const foreign = sandbox.castai.seed({ instanceType: 'm5.large', lifecycle: 'all', reason: 'ours' });
  await succeed(await payloadOf('ClearCommand'));
  expect(sandbox.castai.liveEntries()).toEqual([foreign]);
});

test('16. cdk destroy takes the stack away, and leaves the secret', async () => {
  const { status } = await run(['destroy', '--force']);
  expect(status).toBe(0);
  await expect(deployed.outputs()).rejects.toThrow('does not exist');
  const { SecretString } = await new SecretsManagerClient(aws.client).send(
    new GetSecretValueCommand({ SecretId: SECRET_NAME }),
  );
  expect(SecretString).toContain(sandbox.castai.apiKey);
});
