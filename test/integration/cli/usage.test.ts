import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FLAGS, flagOf } from '../../../cli/flags.ts';
import { startSandbox } from '../../../cli/sandbox/sandbox.ts';
import { SETTINGS } from '../../resilience/fuzz/setting-samples.ts';
import { cli, environmentOf, LINUX_20, NO_KEYS, outcomeOf } from '../../support/cli.ts';

test('every setting has a flag, and every flag is in the help', async () => {
  const variables = FLAGS.map(({ variable }) => variable);
  expect(variables).toEqual(expect.arrayContaining(SETTINGS.map(({ variable }) => variable)));
  const { code, stdout, stderr } = await cli(null, ['--help']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  for (const variable of variables) expect(stdout).toContain(`${flagOf(variable)} `);
  for (const flag of ['--operation', '--auto-approve', '--json', '--report']) expect(stdout).toContain(flag);
  expect(stdout).toContain('Examples:');
});

test.for([
  { wrong: ['--frobnicate'], told: ['--frobnicate'] },
  { wrong: ['surplus'], told: ['surplus'] },
  { wrong: ['--operation', 'destroy'], told: ['--operation', 'clear'] },
  { wrong: [], told: ['--os', '--interruption-threshold', 'INTERRUPTION_THRESHOLD'] },
  {
    wrong: [...LINUX_20, '--blacklist-hours', '500', '--batch-size=0'],
    told: ['--blacklist-hours must be', '--batch-size must be'],
  },
  { wrong: [...LINUX_20, '--dry-run', 'maybe'], told: ['--dry-run must be true, yes or 1'] },
  { wrong: LINUX_20, told: ['There is no terminal to ask on', '--auto-approve', '--dry-run'] },
  { wrong: [...LINUX_20, '--dry-run', '--report', '/nowhere/page.html'], told: ['/nowhere/page.html'] },
  { wrong: ['report'], told: ['result.json'] },
  { wrong: ['report', 'result.json', '--dry-run'], told: ['--dry-run'] },
  { wrong: ['report', 'nowhere.json'], told: ['nowhere.json cannot be read (ENOENT)'] },
])('refuses $wrong with exit code 2, and asks nobody', async ({ wrong, told }) => {
  await using sandbox = await startSandbox();
  const { code, stdout, stderr } = await cli(sandbox, wrong);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  for (const part of told) expect(stderr).toContain(part);
  expect(sandbox.requests).toEqual([]);
});

test.for([
  [['start', '--region', 'eu-west-1'], {}, 'npm took --region for its own', 'npm start -- --region …'],
  [['start', '--serve'], {}, 'npm took --serve for its own', 'npm start -- --serve …'],
  [
    ['run', 'spot-blacklist', '--dry-run'],
    { OS: 'Linux', INTERRUPTION_THRESHOLD: '20', AUTO_APPROVE: 'yes' },
    'npm took --dry-run for its own',
    'npm run spot-blacklist -- --dry-run …',
  ],
] as const)(
  'npm %j, with flags that npm takes for its own, does nothing',
  async ([args, changes, ...told]) => {
    await using sandbox = await startSandbox();
    const env = environmentOf(sandbox, { HOME: tmpdir(), ...changes });
    const { code, stderr } = await outcomeOf(spawn('npm', args, { env }));
    expect(code).toBe(2);
    for (const part of told) expect(stderr).toContain(part);
    expect(sandbox.requests).toEqual([]);
  },
);

test('a setting of npm that is called like a flag does no harm to other programs, and none where the flag is given', async () => {
  await using sandbox = await startSandbox();
  const args = [...LINUX_20, '--dry-run'];
  const settings = { npm_config_os: 'linux', npm_config_dry_run: 'true', npm_package_name: 'spot-blacklist' };
  expect((await cli(sandbox, args, settings)).code).toBe(0);
  expect((await cli(sandbox, ['demo'], { ...settings, npm_package_name: 'other' })).code).toBe(0);
});

test('names a wrong variable as what it is', async () => {
  const { code, stderr } = await cli(null, [...LINUX_20, '--dry-run'], { BLACKLIST_HOURS: 'five' });
  expect(code).toBe(2);
  expect(stderr).toContain('BLACKLIST_HOURS must be a number of hours');
  const list = await cli(null, [...LINUX_20, '--dry-run'], { NEVER_BLACKLIST: 'm5.*,(m6)' });
  expect(list.stderr).toContain('NEVER_BLACKLIST.1 must be a type glob');
});

test('flags win over the environment', async () => {
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

test('a dry run needs no credentials: it assumes an empty blacklist, and says so', async () => {
  await using sandbox = await startSandbox();
  const args = [...LINUX_20, '--region', 'us-east-1', '--dry-run'];
  const { code, stdout } = await cli(sandbox, [...args, '--json'], NO_KEYS);
  expect(code).toBe(0);
  const result = JSON.parse(stdout);
  expect(result).toMatchObject({ dryRun: true, clusters: [{ actions: { add: 445 } }] });
  expect(result.warnings.join()).toContain('the blacklist is assumed to be empty');
  expect(sandbox.requests.map(({ route }) => route)).toEqual(['feed']);
  const inWords = await cli(sandbox, args, NO_KEYS);
  expect(inWords.stdout).toContain('Warning: There are no credentials');
  expect(inWords.stdout).toContain('decided: add 445');
});

test.for([
  { args: ['--dry-run'], changes: NO_KEYS, told: '--region' },
  { args: ['--auto-approve'], changes: NO_KEYS, told: 'There are no credentials' },
  { args: ['--dry-run'], changes: { ...NO_KEYS, CLUSTER_ID: 'one' }, told: 'without credentials' },
  { args: ['--dry-run'], changes: { API_KEY: undefined }, told: 'API_KEY is missing' },
  { args: ['--dry-run'], changes: { API_KEY: '' }, told: 'API_KEY must be' },
  { args: ['--dry-run'], changes: { CLUSTER_ID: '' }, told: 'CLUSTER_ID must be' },
  { args: ['--dry-run'], changes: { CLUSTER_ID: undefined }, told: 'CLUSTER_ID is missing' },
  { args: ['--dry-run', '--cluster-id', 'one'], changes: {}, told: '--cluster-id must be' },
  { args: ['--dry-run'], changes: { CLUSTER_ID: '*' }, told: undefined },
  { args: ['--dry-run'], changes: { SECRET_ID: 'a/secret' }, told: 'Give either SECRET_ID, or API_KEY' },
  { args: ['--auto-approve'], changes: { AUTO_APPROVE: 'maybe' }, told: undefined },
  { args: [], changes: { AUTO_APPROVE: 'maybe' }, told: 'AUTO_APPROVE must be' },
])('credentials: $args with $changes', async ({ args, changes, told }) => {
  await using sandbox = await startSandbox();
  const { code, stderr } = await cli(sandbox, [...LINUX_20, ...args], changes);
  expect(code).toBe(told === undefined ? 0 : 2);
  if (told !== undefined) expect(stderr).toContain(told);
});

test('--secret-id wins over keys in the environment, and --cluster-id narrows it', async () => {
  await using sandbox = await startSandbox();
  const { id } = sandbox.castai.clusters[0] ?? { id: '' };
  sandbox.putSecret({ 'cluster-id': '*' });
  const args = [...LINUX_20, '--dry-run', '--json', '--secret-id', sandbox.environment['SECRET_ID'] ?? ''];
  const { code, stdout } = await cli(sandbox, [...args, '--cluster-id', id], {
    API_KEY: 'wrong',
    CLUSTER_ID: 'x',
  });
  expect(code).toBe(0);
  expect(JSON.parse(stdout).clusters).toMatchObject([{ clusterId: id }]);
  expect(sandbox.requests.map(({ route }) => route)).toContain('cluster');
  expect(sandbox.requests.map(({ route }) => route)).not.toContain('clusters');
});

test('"*" does not widen a secret that is for one cluster', async () => {
  await using sandbox = await startSandbox();
  const args = [...LINUX_20, '--dry-run', '--secret-id', sandbox.environment['SECRET_ID'] ?? ''];
  const { code, stderr } = await cli(sandbox, args, { ...NO_KEYS, CLUSTER_ID: '*' });
  expect(code).toBe(2);
  expect(stderr).toContain('CLUSTER_ID can narrow a secret, not widen or change it');
  expect(sandbox.requests.map(({ route }) => route)).toEqual(['secret']);
});

test.for([
  ['in the environment', (id: string) => ({ args: [], changes: { SECRET_ID: `${id}\r` } })],
  ['as a flag', (id: string) => ({ args: ['--secret-id', ` ${id}\n`], changes: {} })],
] as const)('the name of a secret %s may have white space around it', async ([, given]) => {
  await using sandbox = await startSandbox();
  const { args, changes } = given(sandbox.environment['SECRET_ID'] ?? '');
  const { code, stdout } = await cli(sandbox, [...LINUX_20, '--dry-run', ...args], {
    ...NO_KEYS,
    ...changes,
  });
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('decided: add 445') });
});

test.for([
  ['--api-kye=KEY'],
  ['KEY'],
  ['--operation', 'KEY'],
  ['report', 'KEY'],
  ['report', './a/KEY.json'],
  ['--region', 'us-east-1', ...LINUX_20, '--dry-run', '--report', 'KEY/page.html'],
  [...LINUX_20, '--dry-run', '--batch-size', 'KEY'],
])('an API key that was typed in the wrong place is not shown: %j', async (args) => {
  const key = `castai_v1_${'q7z'.repeat(21)}_sandbox0`;
  const typed = args.map((arg) => arg.replace('KEY', key));
  const { code, stdout, stderr } = await cli(null, typed);
  expect(code).toBe(2);
  expect(stdout + stderr).not.toContain('q7z');
});

test('keys given by flags work, with a warning, and are never shown', async () => {
  await using sandbox = await startSandbox();
  const { apiKey, organizationId, clusters } = sandbox.castai;
  const keys = ['--api-key', apiKey, '--org-id', organizationId, '--cluster-id', clusters[0]?.id ?? ''];
  const { code, stdout, stderr } = await cli(sandbox, [...LINUX_20, '--dry-run', '--json', ...keys], NO_KEYS);
  expect(code).toBe(0);
  expect(stderr).toContain("--api-key can be read by everybody who can list this machine's processes");
  expect(stdout + stderr).not.toContain(apiKey);
  expect(() => JSON.parse(stdout)).not.toThrow();
});

test('the page can be made of what the function returned, but not of what it threw', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'cli-'));
  const file = join(folder, 'result.json');
  const { writeFile, readFile } = await import('node:fs/promises');
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
    stderr: expect.stringContaining("failed with FeedError: down. Look at the function's log.\n"),
  });
  await writeFile(file, '[]');
  expect((await cli(null, ['report', file])).stderr).toContain('is not a result of spot-blacklist');
  await rm(folder, { recursive: true });
});
