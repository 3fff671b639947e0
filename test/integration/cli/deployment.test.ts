// `--config` and `--target`: a run with the settings of a deployment.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { readDeployment } from '../../../cli/run/deployment.ts';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { cli, cliProcess, NO_KEYS } from '../../support/cli.ts';
import { MINIMAL, problemsOf, TARGET } from '../../support/configuration.ts';
import { synthesize } from '../../support/synthesized.ts';

const folder = mkdtempSync(join(tmpdir(), 'deployment-'));
const file = join(folder, 'cdk.json');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Writes a cdk.json with this configuration. */
function configure(configuration: unknown): string {
  writeFileSync(
    file,
    JSON.stringify({ app: 'node infra/stack/app.ts', context: { 'spot-blacklist': configuration } }),
  );
  return file;
}

/** What the sandbox's own addresses and secret make of the smallest configuration. */
const ofSandbox = ({ environment }: Sandbox, target: object = {}, more: object = {}) =>
  configure({
    ...MINIMAL,
    secretName: environment['SECRET_ID'],
    castaiApiUrl: environment['CASTAI_API_URL'],
    spotAdvisorUrl: environment['SPOT_ADVISOR_URL'],
    targets: [{ ...TARGET, ...target }],
    ...more,
  });

const planOf = (stdout: string) =>
  JSON.parse(stdout) as { target: object; policy: object; warnings: string[] };

test.each([
  ['rate(2 hours)', { SCHEDULE_GAP_MINUTES: '120' }],
  ['cron(0 8,20 ? * MON-FRI *)', { SCHEDULE_GAP_MINUTES: '3600', SCHEDULE_TIMES: '08:00,20:00' }],
])('the variables equal those that the stack gives to the target’s function: %s', async (schedule, made) => {
  const target = {
    ...TARGET,
    region: 'eu-west-1',
    clusters: ['prod-*', 'web'],
    neverBlacklist: ['m5.*'],
    maxBlacklistShare: 0.0000001,
    releaseCalm: true,
    formerTargetName: 'old',
    batchPause: 2.5,
    blacklistHours: 168,
  };
  const changes = { targets: [target], castaiApiUrl: 'https://api.eu.cast.ai', schedule };
  using synthesized = synthesize(changes);
  const functions = synthesized.template.findResources('AWS::Lambda::Function');
  const [deployed] = Object.values(functions).map(({ Properties }) => Properties.Environment.Variables);
  configure({ ...MINIMAL, ...changes });
  const { variables } = await readDeployment({ file, target: 'default' }, {});
  // The secret is named by its ARN there, and the command line sends no events.
  expect({ ...variables, SECRET_ID: deployed.SECRET_ID, EVENT_BUS: 'default' }).toEqual(
    Object.fromEntries(
      Object.entries(deployed).filter(([name]) => name in variables || name === 'EVENT_BUS'),
    ),
  );
  expect(variables['SECRET_ID']).toBe(MINIMAL.secretName);
  expect(variables).toMatchObject({ ...made, MAX_BLACKLIST_SHARE: '0.0000001' });
  expect('SCHEDULE_TIMES' in deployed).toBe('SCHEDULE_TIMES' in made);
});

describe('a run with --config', () => {
  test('takes the settings and the secret from the file, and needs nothing else', async () => {
    await using sandbox = await startSandbox();
    ofSandbox(sandbox, { name: 'prod', interruptionThreshold: 15, blacklistHours: 7 });
    const addresses = { CASTAI_API_URL: undefined, SPOT_ADVISOR_URL: undefined };
    const args = ['plan', '--config', file, '--json'];
    const { code, stdout } = await cliProcess(sandbox, args, { ...NO_KEYS, ...addresses });
    expect(code).toBe(0);
    expect(planOf(stdout)).toMatchObject({
      target: { name: 'prod', os: 'Linux' },
      policy: { interruptionThreshold: 15, blacklistHours: 7 },
    });
    expect(sandbox.requests.map(({ route }) => route)).toContain('secret');
  });

  test('prefers flags to the environment, and the environment to the file, with a warning', async () => {
    await using sandbox = await startSandbox();
    ofSandbox(sandbox, { interruptionThreshold: 15, blacklistHours: 7, minTypesPerTemplate: 3 });
    const args = ['plan', '--config', file, '--json', '--interruption-threshold', '5'];
    const environment = { INTERRUPTION_THRESHOLD: '10', BLACKLIST_HOURS: '9' };
    const { stdout, stderr } = await cli(sandbox, args, environment);
    expect(planOf(stdout).policy).toMatchObject({
      interruptionThreshold: 5,
      blacklistHours: 9,
      minTypesPerTemplate: 3,
    });
    expect(stderr).toMatch(
      /INTERRUPTION_THRESHOLD, BLACKLIST_HOURS in the environment takes precedence over /,
    );
    // The keys in the environment are used instead of the secret.
    expect(sandbox.requests.map(({ route }) => route)).not.toContain('secret');
  });

  test('warns if the target is disabled, and writes nothing if the target is a dry run', async () => {
    await using sandbox = await startSandbox();
    ofSandbox(sandbox, { dryRun: true, enabled: false });
    const { code, stdout } = await cli(sandbox, ['apply', '--config', file, '--auto-approve']);
    expect(code).toBe(0);
    expect(stdout).toContain('The target default is switched off in ');
    expect(stdout).toContain('a dry run; nothing was written');
    expect(sandbox.castai.entries).toEqual([]);
  });

  test('clears the entries of the target', async () => {
    await using sandbox = await startSandbox();
    ofSandbox(sandbox, { name: 'prod', batchPause: 0 });
    const target = ['--config', file, '--target', 'prod', '--auto-approve'];
    expect((await cli(sandbox, ['apply', ...target])).code).toBe(0);
    expect(sandbox.castai.entries[0]?.reason).toMatch(/^spot-blacklist\/prod: /);
    expect((await cli(sandbox, ['clear', ...target])).code).toBe(0);
    expect(sandbox.castai.entries).toEqual([]);
  });
});

test('a configuration that synth refuses is refused with the same sentences, all at once', async () => {
  const wrong = {
    ...MINIMAL,
    schedule: 'rate(1 hours)',
    enabeld: false,
    targets: [{ ...TARGET, interruptionTreshold: 5, blacklistHours: 1000 }],
  };
  const problems = problemsOf(wrong);
  expect(problems.length).toBeGreaterThan(3);
  const { code, stdout, stderr } = await cli(null, ['plan', '--config', configure(wrong)]);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  for (const problem of problems) expect(stderr).toContain(`\n  - ${problem}\n`);
  expect(stderr).toMatch(/^SettingsError: The configuration in .* cannot be used, so nothing was done:\n/);
});

describe('the target', () => {
  const two = { ...MINIMAL, targets: [TARGET, { ...TARGET, name: 'production' }] };

  test.each([
    [[], 'has several targets. Name one with --target: default, production.'],
    [
      ['--target', 'prodution'],
      'has no target prodution; did you mean production? Name one of: default, production.',
    ],
    [['--target', 'x\u001b[31m'], 'has no target x'],
  ])('must be one of the file’s targets: %j', async (args, message) => {
    const { code, stderr } = await cli(null, ['plan', '--config', configure(two), ...args]);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('\u001b');
  });
});

test.each([
  ['{', 'is not a cdk.json'],
  ['{"app":"x"}', 'is not a cdk.json'],
  ['{"context":{}}', 'it is missing'],
])('a file that is not a cdk.json is refused: %s', async (text, message) => {
  writeFileSync(file, text);
  const { code, stderr } = await cli(null, ['plan', '--config', file]);
  expect(code).toBe(2);
  expect(stderr).toContain(message);
  expect(await cli(null, ['plan', '--config', join(folder, 'none.json')])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('cannot be read (ENOENT)'),
  });
});
