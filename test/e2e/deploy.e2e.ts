import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FEED_PATH } from '../../cli/demo/sandbox/http/routes.ts';
import type { Sandbox } from '../sandbox/sandbox.ts';
import { cdk, ROOT } from './cdk.ts';
import { type Deployed, STACK } from './deployed.ts';
import { type Installation, startInstallation } from './installation.ts';

// The steps of docs/install.md on a local AWS, in their order; each builds on the one before.

const SECRET_NAME = 'spot-blacklist/castai';

let installation: Installation;
let deployed: Deployed;
/** CAST AI and the feed. */
let sandbox: Sandbox;

beforeAll(async () => {
  installation = await startInstallation();
  ({ deployed, sandbox } = installation);
});

afterAll(() => installation?.[Symbol.asyncDispose]());

/** What the rule, which has no input, sends. */
const SCHEDULED = {
  ...{ version: '0', id: '53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa', 'detail-type': 'Scheduled Event' },
  ...{ source: 'aws.events', account: '123456789012', time: '2026-11-22T00:00:00Z', region: 'us-east-1' },
  ...{ resources: ['arn:aws:events:us-east-1:123456789012:rule/SpotBlacklist'], detail: {} },
};

/** The files of a folder with their hashes: a diff of half a megabyte of code would be useless. */
function hashesIn(code: string): Record<string, string> {
  const hashOf = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');
  return Object.fromEntries(readdirSync(code).map((name) => [name, hashOf(join(code, name))]));
}

test('1. the secret is created', async () => {
  await installation.aws.createSecret(SECRET_NAME, sandbox);
});

test('2. an invalid configuration stops the deployment, with readable problems', async () => {
  const { status, output } = await installation.deploy({
    'targets.0.blacklistHours': 1,
    alarmEmail: 'nobody',
  });
  expect(status).not.toBe(0);
  expect(output).toContain('targets.0.blacklistHours must be at least 2 h, but is 1 h');
  expect(output).toContain('alarmEmail must be an e-mail address');
  expect(output).not.toMatch(/^\s+at /m);
  await expect(deployed.template()).rejects.toThrow('does not exist');
});

test('3. cdk bootstrap', async () => {
  const { status, output } = await cdk(['bootstrap'], installation.environment);
  expect(output).toContain('bootstrapped');
  expect(status).toBe(0);
});

test('4. cdk deploy builds and deploys', async () => {
  const code = join(ROOT, 'dist', 'handler');
  mkdirSync(code, { recursive: true });
  writeFileSync(join(code, 'index.mjs'), 'throw new Error("stale");\n');
  const stale = hashesIn(code);
  const { status, output } = await installation.deploy();
  expect(output).toContain(`${STACK}.DryRunCommand = echo '{"dryRun":true}' | aws lambda invoke`);
  expect(status).toBe(0);
  const built = hashesIn(code);
  expect(built['index.mjs']).not.toBe(stale['index.mjs']);
  expect(hashesIn(await deployed.download(installation.folder))).toEqual(built);
});

test('5. the deployment matches the configuration', async () => {
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
  const template = join(installation.folder, 'cdk.out', `${STACK}.template.json`);
  const { status, stdout } = spawnSync('cfn-lint', [template], { encoding: 'utf8' });
  expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
});

test('7. the dry-run command shows what a run would do, and writes nothing', async () => {
  const payload = await installation.payloadOf('DryRunCommand');
  expect(payload).toEqual({ dryRun: true });
  const result = await installation.succeed(payload);
  expect(result).toMatchObject({
    status: 'completed',
    dryRun: true,
    target: { region: 'us-east-1', os: 'Linux' },
  });
  expect(result.clusters.map(({ actions }) => actions.add)).toEqual([445]);
  expect(installation.liveTypes).toEqual([]);
});

test('8. a run, started as by the rule, fills the blacklist and notifies the chat channel', async () => {
  const chatMessage = await deployed.divertChat();
  const result = await installation.succeed(SCHEDULED);
  expect(result).toMatchObject({ status: 'completed', dryRun: false });
  expect(installation.liveTypes).toHaveLength(445);
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
        /^Newly kept off Spot: (\S+, ){9}\S+ and 435 more\. Details are in the log group \S+ in us-east-1, /,
      ),
    },
  });
  // A run that changes nothing is no message.
  await installation.succeed(SCHEDULED);
  expect(await chatMessage()).toBeNull();
});

test('9. the run’s metrics are in its log, in CloudWatch’s embedded format', async () => {
  const { log } = await installation.invoke(SCHEDULED);
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
  const { functionError, payload } = await installation.invoke({ interruptionThreshold: 5 });
  expect(functionError).toBe('Unhandled');
  expect(payload).toMatchObject({
    errorType: 'SettingsError',
    errorMessage: expect.stringContaining('interruptionThreshold is for dry runs only'),
  });
  expect(sandbox.requests).toHaveLength(before);
});

test('11. without its secret, a run shows the command that creates it', async () => {
  const { functionError, payload } = await installation.invoke({
    ...(await installation.payloadOf('DryRunCommand')),
    secretId: 'no/such',
  });
  expect(functionError).toBe('Unhandled');
  expect(payload).toMatchObject({
    errorType: 'SecretError',
    errorMessage: expect.stringContaining('aws secretsmanager create-secret'),
  });
});

test('12. deploying again without changes changes nothing', async () => {
  const { status, output } = await installation.cdk(['diff', '--method', 'template', '--fail']);
  expect(output).toContain('Number of stacks with differences: 0');
  expect(status).toBe(0);
});

test('13. a changed setting is deployed, and the next run uses it', async () => {
  const before = installation.liveTypes;
  const { status } = await installation.deploy({
    'targets.0.interruptionThreshold': 15,
    schedule: 'cron(5 * * * ? *)',
  });
  expect(status).toBe(0);
  expect((await deployed.rule()).ScheduleExpression).toBe('cron(5 * * * ? *)');
  expect(await installation.succeed(SCHEDULED)).toMatchObject({ policy: { interruptionThreshold: 15 } });
  expect(installation.liveTypes).toHaveLength(559);
  expect(installation.liveTypes).toEqual(expect.arrayContaining(before));
});

test('14. the kill switch disables the rule', async () => {
  expect((await installation.deploy({ enabled: false })).status).toBe(0);
  expect((await deployed.rule()).State).toBe('DISABLED');
});

test('15. the clear command removes every own entry, and no other', async () => {
  const foreign = sandbox.castai.seed({ instanceType: 'm5.large', lifecycle: 'all', reason: 'ours' });
  await installation.succeed(await installation.payloadOf('ClearCommand'));
  expect(sandbox.castai.liveEntries()).toEqual([foreign]);
});

test('16. cdk destroy deletes the stack, and keeps the secret', async () => {
  const { status } = await installation.cdk(['destroy', '--force']);
  expect(status).toBe(0);
  await expect(deployed.outputs()).rejects.toThrow('does not exist');
  const { SecretString } = await new SecretsManagerClient(installation.aws.client).send(
    new GetSecretValueCommand({ SecretId: SECRET_NAME }),
  );
  expect(SecretString).toContain(sandbox.castai.apiKey);
});
