import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { startSandbox } from '../../sandbox/sandbox.ts';
import {
  APPROVED,
  cli,
  cliProcess,
  environmentOf,
  LINUX_20,
  NO_KEYS,
  outcomeOf,
  startSmall,
  writesOf,
} from '../../support/cli.ts';
import { PROJECT } from '../../support/project.ts';

test.for([
  { wrong: ['--frobnicate'], shown: ['--frobnicate', '--help'] },
  {
    wrong: [],
    shown: ['--os', 'INTERRUPTION_THRESHOLD', 'For example: --os Linux --interruption-threshold 20\n'],
  },
  {
    wrong: [...LINUX_20, '--blacklist-hours', '500', '--batch-size=0'],
    shown: ['--blacklist-hours must be', '--batch-size must be'],
  },
  { wrong: LINUX_20, shown: ['There is no terminal to ask on', '--auto-approve', '--dry-run'] },
  { wrong: [...LINUX_20, '--dry-run', '--report', '/nowhere/page.html'], shown: ['/nowhere/page.html'] },
  { wrong: ['report', 'nowhere.json'], shown: ['nowhere.json cannot be read (ENOENT)'] },
])('$wrong is refused with exit code 2, and no request is sent', async ({ wrong, shown }) => {
  await using sandbox = await startSandbox();
  const { code, stdout, stderr } = await cli(sandbox, wrong);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  for (const part of shown) expect(stderr).toContain(part);
  expect(sandbox.requests).toEqual([]);
});

test('without arguments and settings, the help is shown, with exit code 2', async () => {
  const { code, stdout, stderr } = await cli(null, []);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toBe((await cli(null, ['--help'])).stdout);
});

test('without arguments, the settings of the environment are applied, and the first line says so', async () => {
  await using sandbox = await startSmall();
  const changes = { OS: 'Linux', INTERRUPTION_THRESHOLD: '20', AUTO_APPROVE: 'yes' };
  const { code, stdout } = await cli(sandbox, [], changes);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^Without a command, this is apply, with the settings in the environment\.\n/);
  expect(writesOf(sandbox)).toHaveLength(8);
});

describe('the OS that Windows itself sets in every environment', () => {
  const WINDOWS = { OS: 'Windows_NT' };

  test('is no setting', async () => {
    expect(await cli(null, [], WINDOWS)).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^Usage: /),
    });
    const { code, stderr } = await cli(null, ['plan', '--region', 'us-east-1'], WINDOWS);
    expect(code).toBe(2);
    expect(stderr).toContain('--os is not set (or OS in the environment);');
    expect(stderr).toContain('For example: --os Linux --interruption-threshold 20');
  });

  test.for(['apply', 'clear'])('is no setting of %s', async (command) => {
    await using sandbox = await startSmall();
    const args = [command, '--interruption-threshold', '20', '--auto-approve'];
    const { code, stderr } = await cli(sandbox, args, WINDOWS);
    expect({ code, stderr }).toEqual(
      command === 'clear'
        ? { code: 0, stderr: '' }
        : { code: 2, stderr: expect.stringContaining('--os is not set (or OS in the environment)') },
    );
    const chosen = await cli(sandbox, [...args, '--os', 'Linux'], WINDOWS);
    expect(chosen).toMatchObject({ code: 0, stderr: '' });
  });

  test('is none of the demonstration’s', async () => {
    expect(await cliProcess(null, ['demo'], WINDOWS)).toMatchObject({ code: 0, stderr: '' });
  });

  test('does not replace the one of a deployment', async () => {
    await using sandbox = await startSandbox();
    const args = ['plan', '--config', join(PROJECT, 'cdk.json'), '--json'];
    const { stdout, stderr } = await cliProcess(sandbox, args, { ...NO_KEYS, ...WINDOWS });
    expect(JSON.parse(stdout).target).toMatchObject({ os: 'Linux' });
    expect(stderr).not.toMatch(/\bOS in the environment/);
  });

  test('is refused as a flag, like every name that the feed does not have', async () => {
    await using sandbox = await startSandbox();
    const args = ['plan', '--os', 'Windows_NT', '--interruption-threshold', '20', '--region', 'us-east-1'];
    const { code, stderr } = await cli(sandbox, args, NO_KEYS);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/called Windows_NT.*Linux, Windows/),
    });
  });
});

test.for([
  [['start', '--region', 'eu-west-1'], {}, 'npm consumed --region', 'npm start -- --region …'],
  [
    ['run', 'spot-blacklist', '--dry-run'],
    { OS: 'Linux', INTERRUPTION_THRESHOLD: '20', AUTO_APPROVE: 'yes' },
    'npm consumed --dry-run',
    'npm run spot-blacklist -- --dry-run …',
  ],
] as const)(
  'npm %j, with a flag that npm takes for its own, is refused, and no request is sent',
  async ([args, changes, ...told]) => {
    await using sandbox = await startSandbox();
    const env = environmentOf(sandbox, { HOME: tmpdir(), ...changes });
    const { code, stderr } = await outcomeOf(spawn('npm', args, { env }));
    expect(code).toBe(2);
    for (const part of told) expect(stderr).toContain(part);
    expect(sandbox.requests).toEqual([]);
  },
);

test('a wrong variable is named as a variable, not as a flag', async () => {
  const { code, stderr } = await cli(null, [...LINUX_20, '--dry-run'], { BLACKLIST_HOURS: 'five' });
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: expect.stringContaining('BLACKLIST_HOURS must be a number of hours'),
  });
});

test.for([
  {
    args: ['plan', '--os', 'Linux', '--interruption-threshold', '0.2'],
    told: /^SettingsError: .* --interruption-threshold .*mean 20\?/,
  },
  {
    args: ['plan'],
    changes: { OS: 'Linux', INTERRUPTION_THRESHOLD: '0.07' },
    told: /: INTERRUPTION_THRESHOLD .*mean 7\?/,
  },
  { args: ['demo', '--interruption-threshold', '0.2'], told: /: --interruption-threshold .*mean 20\?/ },
])('a threshold that is a share gets a suggestion: $args', async ({ args, changes, told }) => {
  const { code, stdout, stderr } = await cli(null, args, changes);
  expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: '', stderr: expect.stringMatching(told) });
});

test('flags take precedence over the environment', async () => {
  await using sandbox = await startSandbox();
  const flags = [
    '--interruption-threshold',
    '10',
    '--blacklist-hours',
    '12',
    '--release-calm=no',
    '--dry-run',
  ];
  const { stdout } = await cli(sandbox, [...flags, '--never-blacklist', 'm5.*,c5.*', '--json'], {
    OS: 'Linux',
    INTERRUPTION_THRESHOLD: '20',
    BLACKLIST_HOURS: '5',
    RELEASE_CALM: 'yes',
    TARGET_NAME: 'from-environment',
  });
  expect(JSON.parse(stdout)).toMatchObject({
    target: { name: 'from-environment' },
    policy: {
      interruptionThreshold: 10,
      blacklistHours: 12,
      releaseCalm: false,
      neverBlacklist: ['m5.*', 'c5.*'],
    },
  });
});

test('a dry run needs no credentials: it warns that it assumes an empty blacklist', async () => {
  await using sandbox = await startSandbox();
  const args = [...LINUX_20, '--region', 'us-east-1', '--dry-run'];
  const { code, stdout } = await cli(sandbox, [...args, '--json'], NO_KEYS);
  expect(code).toBe(0);
  const result = JSON.parse(stdout);
  expect(result).toMatchObject({ dryRun: true, clusters: [{ actions: { add: 445 } }] });
  expect(result.warnings.join()).toContain('the blacklist is assumed to be empty');
  expect(sandbox.requests.map(({ route }) => route)).toEqual(['feed']);
  const shown = await cli(sandbox, args, NO_KEYS);
  expect(shown.stdout).toMatch(/^Done: a dry run without a cluster; nothing was written\.$/m);
});

test.for([
  { args: [...LINUX_20, '--dry-run'], changes: NO_KEYS, shown: '--region' },
  { args: APPROVED, changes: NO_KEYS, shown: 'There are no credentials' },
  { args: ['clear'], changes: NO_KEYS, shown: 'Set API_KEY and ORG_ID, or SECRET_ID.\n' },
  { args: [...LINUX_20, '--dry-run'], changes: { API_KEY: undefined }, shown: 'API_KEY is missing' },
  { args: LINUX_20, changes: { AUTO_APPROVE: 'maybe' }, shown: 'AUTO_APPROVE must be' },
])('$args with $changes is refused with exit code 2', async ({ args, changes, shown }) => {
  await using sandbox = await startSandbox();
  const { code, stderr } = await cli(sandbox, args, changes);
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(shown) });
});

test('--secret-id, even with white space around it, takes precedence over keys in the environment, and --cluster-id narrows it', async () => {
  await using sandbox = await startSandbox();
  const { id } = sandbox.castai.clusters[0] ?? { id: '' };
  sandbox.putSecret({ 'cluster-id': '*' });
  const args = [...LINUX_20, '--dry-run', '--json', '--secret-id', ` ${sandbox.environment['SECRET_ID']}\n`];
  const { code, stdout } = await cliProcess(sandbox, [...args, '--cluster-id', id], {
    API_KEY: 'wrong',
    CLUSTER_ID: 'x',
  });
  expect(code).toBe(0);
  expect(JSON.parse(stdout).clusters).toMatchObject([{ clusterId: id }]);
  expect(sandbox.requests.map(({ route }) => route)).toContain('cluster');
  expect(sandbox.requests.map(({ route }) => route)).not.toContain('clusters');
});

test('CLUSTERS selects by name, and is not mistaken for CLUSTER_ID', async () => {
  await using sandbox = await startSandbox();
  const outcome = (clusters: string) =>
    cli(sandbox, [...LINUX_20, '--dry-run', '--json'], { CLUSTERS: clusters });
  expect(await outcome('sand*')).toMatchObject({ code: 0 });
  expect(await outcome('prod*')).toMatchObject({ code: 1, stderr: expect.stringContaining('not selected') });
});

test('"*" does not widen a secret that is for one cluster', async () => {
  await using sandbox = await startSandbox();
  const args = [...LINUX_20, '--dry-run', '--secret-id', sandbox.environment['SECRET_ID'] ?? ''];
  const { code, stderr } = await cliProcess(sandbox, args, { ...NO_KEYS, CLUSTER_ID: '*' });
  expect(code).toBe(2);
  expect(stderr).toContain('CLUSTER_ID can narrow a secret, but not widen or change it');
  expect(sandbox.requests.map(({ route }) => route)).toEqual(['secret']);
});

test.for([
  ['--api-kye=KEY'],
  ['KEY'],
  ['plan', '--format', 'KEY'],
  ['report', 'KEY'],
  ['report', './a/KEY.json'],
  ['--region', 'us-east-1', ...LINUX_20, '--dry-run', '--report', 'KEY/page.html'],
  [...LINUX_20, '--dry-run', '--batch-size', 'KEY'],
])('an API key in the wrong place is not shown: %j', async (args) => {
  const key = `castai_v1_${'q7z'.repeat(21)}_sandbox0`;
  const typed = args.map((arg) => arg.replace('KEY', key));
  const { code, stdout, stderr } = await cli(null, typed);
  expect(code).toBe(2);
  expect(stdout + stderr).not.toContain('q7z');
});

test('keys given as flags are used, with a warning, and never shown', async () => {
  await using sandbox = await startSandbox();
  const { apiKey, organizationId, clusters } = sandbox.castai;
  const keys = ['--api-key', apiKey, '--org-id', organizationId, '--cluster-id', clusters[0]?.id ?? ''];
  const { code, stdout, stderr } = await cli(sandbox, [...LINUX_20, '--dry-run', '--json', ...keys], NO_KEYS);
  expect(code).toBe(0);
  expect(stderr).toContain("--api-key is visible to everyone who can list this machine's processes");
  expect(stdout + stderr).not.toContain(apiKey);
  expect(() => JSON.parse(stdout)).not.toThrow();
});

test('the page can be made from the function’s result, but not from its error', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'cli-'));
  const file = join(folder, 'result.json');
  await using sandbox = await startSandbox();
  const { stdout } = await cli(sandbox, [...LINUX_20, '--dry-run', '--json']);
  await writeFile(file, stdout);
  expect(await cli(null, ['report', file])).toMatchObject({ code: 0, stderr: '' });
  expect(await readFile(join(folder, 'result.html'), 'utf8')).toContain(
    '445 of 1,088 types would be kept off Spot',
  );

  expect(await cli(null, ['report', file, '/nowhere/page.html'])).toMatchObject({ code: 2, stdout: '' });
  expect(await cli(null, ['report', file, '/dev/full'])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('could not be written (ENOSPC)'),
  });

  await writeFile(file, JSON.stringify({ errorType: 'FeedError', errorMessage: 'down.', trace: [] }));
  expect(await cli(null, ['report', file])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("failed with FeedError: down. Check the function's log.\n"),
  });
  await writeFile(file, '[]');
  expect((await cli(null, ['report', file])).stderr).toContain('is not a result of spot-blacklist');
  await rm(folder, { recursive: true });
});
