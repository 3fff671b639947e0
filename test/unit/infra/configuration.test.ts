import { readFileSync } from 'node:fs';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { describe, expect, test } from 'vitest';
import { isRun, settingsOf } from '../../../infra/stack/configuration.ts';
import { RETENTIONS } from '../../../infra/stack/configuration-schema.ts';
import { MINIMAL, problemsOf, read, TARGET } from '../../support/configuration.ts';

const shipped: unknown = JSON.parse(readFileSync('cdk.json', 'utf8')).context['spot-blacklist'];

test('the shipped configuration is hourly, 12 hours, threshold 20, and one target in the cluster’s own region', () => {
  expect(read(shipped)).toEqual({
    enabled: true,
    secretName: 'spot-blacklist/castai',
    kmsKeyArn: null,
    schedule: { expression: 'rate(1 hour)', shortestGap: 60, longestGap: 60, times: [] },
    castaiApiUrl: 'https://api.cast.ai',
    spotAdvisorUrl: null,
    reservedConcurrency: 1,
    logRetentionDays: 30,
    alarmEmail: null,
    chatTopic: false,
    runbookUrl: null,
    targets: [{ enabled: true, ...TARGET }],
  });
});

test('omitted settings have the shipped values', () => {
  expect(read(MINIMAL)).toEqual(read(shipped));
});

describe('coverage: a blacklist lasts at least twice the longest time between two runs', () => {
  test.each([
    ['rate(6 hours)', 5, 'at least 12 h, but is 5 h'],
    ['rate(6 hours)', 11.99, 'at least 12 h'],
    ['cron(0 0,6,12,18 * * ? *)', 11, 'at least 12 h, but is 11 h'],
    ['cron(0 8-18 ? * MON-FRI *)', 123, 'at least 124 h'],
    [
      'cron(0 0 ? * MON *)',
      168,
      'cannot cover the schedule: .* an entry lasts 168 h at most; run at least every 84 h',
    ],
    ['rate(7 days)', 168, 'an entry lasts 168 h at most; run at least every 84 h'],
  ])('%s refuses %s h', (schedule, blacklistHours, message) => {
    const problems = problemsOf({ ...MINIMAL, schedule, targets: [{ ...TARGET, blacklistHours }] });
    expect(problems).toEqual([expect.stringMatching(message)]);
    expect(problems[0]).toContain(schedule);
  });

  test.each([
    ['rate(6 hours)', 12],
    ['cron(0 8-18 ? * MON-FRI *)', 124],
    ['rate(84 hours)', 168],
  ])('%s accepts %s h', (schedule, blacklistHours) => {
    expect(problemsOf({ ...MINIMAL, schedule, targets: [{ ...TARGET, blacklistHours }] })).toEqual([]);
  });

  test('every target is checked, even a disabled one', () => {
    const short = { ...TARGET, name: 'short', blacklistHours: 1, enabled: false };
    expect(problemsOf({ ...MINIMAL, targets: [TARGET, short] })).toEqual([
      expect.stringMatching(/^targets\.1\.blacklistHours/),
    ]);
  });
});

describe('an unusable configuration is refused', () => {
  test.each([
    ['two targets with one name', { targets: [TARGET, TARGET] }, /targets\.1\.name must be unique/],
    ['no target', { targets: [] }, /targets must hold at least one target/],
    ['an unknown CAST AI base', { castaiApiUrl: 'https://api.cast.ai.example' }, /castaiApiUrl .* API key/],
    ['no address', { castaiApiUrl: 5 }, /^castaiApiUrl must be one of https:/],
    ['no address of the feed', { spotAdvisorUrl: 5 }, /^spotAdvisorUrl must be an https:\/\/ address/],
    [
      'an address that the function refuses',
      { castaiApiUrl: 'http://localhost:1?x' },
      /^castaiApiUrl must be one of/,
    ],
    ['plain http', { castaiApiUrl: 'http://api.cast.ai' }, /castaiApiUrl/],
    ['another port', { castaiApiUrl: 'https://api.cast.ai:8443' }, /castaiApiUrl/],
    ['a feed by plain http', { spotAdvisorUrl: 'http://example.com/feed.json' }, /spotAdvisorUrl/],
    ["the secret's ARN", { secretName: 'arn:aws:secretsmanager:us-east-1:1:secret:x' }, /not its ARN/],
    ['an alias of a key', { kmsKeyArn: 'arn:aws:kms:us-east-1:111122223333:alias/x' }, /not of an alias/],
    ['a retention that CloudWatch lacks', { logRetentionDays: 31 }, /logRetentionDays .* 30, 60/],
    ['an unlimited retention', { logRetentionDays: 9999 }, /logRetentionDays/],
    ['a wrong e-mail address', { alarmEmail: 'ops' }, /e-mail/],
    ['a concurrency of 0', { reservedConcurrency: 0 }, /set enabled to false/],
    ['a share as the threshold', { targets: [{ ...TARGET, interruptionThreshold: 0.2 }] }, /mean 20\?/],
    ['a wrong schedule', { schedule: 'hourly' }, /^schedule must be rate/],
    [
      'an API key as a value',
      { alarmEmail: `castai_v1_${'a1'.repeat(32)}_b` },
      /^alarmEmail must be an e-mail address$/,
    ],
    ['an unknown key', { secretname: 'x' }, /^secretname is not a setting; did you mean secretName\?$/],
    ['an anchor in the runbook', { runbookUrl: 'https://example.com/#x' }, /runbookUrl/],
    [
      'a runbook that an e-mail cannot link to',
      { runbookUrl: 'docs/operate.md' },
      /runbookUrl must be an https/,
    ],
    ["the payload's key for the name", { targets: [{ ...TARGET, targetName: 'x' }] }, /did you mean name\?/],
    [
      "the payload's key for the secret",
      { targets: [{ ...TARGET, secretId: 'x' }] },
      /did you mean secretName\?/,
    ],
    ['an operation', { targets: [{ ...TARGET, operation: 'clear' }] }, /operation is not a setting/],
    ['a mistyped dry run', { targets: [{ ...TARGET, dryrun: true }] }, /did you mean dryRun\?/],
    ['a dry run as text', { targets: [{ ...TARGET, dryRun: 'true' }] }, /must be true or false/],
    [
      'more settings than Lambda allows as environment',
      { targets: [{ ...TARGET, neverBlacklist: Array(400).fill('m5.2xlarge-and-so-on') }] },
      /^targets\.0: its settings take 8\d{3} bytes of the function's environment, but Lambda allows 4096: shorten/,
    ],
  ])('%s', (_, change, message) => {
    expect(problemsOf({ ...MINIMAL, ...change })).toEqual([expect.stringMatching(message)]);
  });

  test.each(['secretName', 'schedule', 'targets'])('a missing %s', (key) => {
    expect(problemsOf({ ...MINIMAL, [key]: undefined })).toHaveLength(1);
    const { [key]: _, ...rest }: Record<string, unknown> = MINIMAL;
    expect(problemsOf(rest)).toEqual([`${key} is missing`]);
  });

  test('no configuration', () => {
    expect(problemsOf(undefined)).toEqual([expect.stringMatching(/^it is missing: run npx cdk/)]);
  });

  test.each([null, 'text', [], 5])('%j instead of a configuration', (configuration) => {
    expect(problemsOf(configuration).join()).toMatch(/context "spot-blacklist" must be an object|is missing/);
  });

  test('every problem is reported at once, by its path', () => {
    const problems = problemsOf({
      secretName: '',
      schedule: 'rate(6 hours)',
      castaiApiUrl: 'https://example.com',
      extra: 1,
      targets: [
        { name: 'a', os: 'Linux', interruptionThreshold: 200, blacklistHours: 5 },
        { name: 'a', blacklistHours: 12, extra: 1 },
      ],
    });
    expect(problems.map((problem) => problem.split(' ')[0])).toEqual([
      'secretName',
      'castaiApiUrl',
      'targets.0.interruptionThreshold',
      'targets.1.os',
      'targets.1.interruptionThreshold',
      'extra',
      'targets.1.extra',
      'targets.0.blacklistHours',
      'targets.1.name',
    ]);
  });
});

test('a target’s settings are the configured ones and the common addresses', () => {
  const configuration = read({
    ...MINIMAL,
    spotAdvisorUrl: 'https://example.com/feed.json',
    targets: [TARGET, { ...TARGET, name: 'b', secretName: 'other', region: 'eu-west-1', enabled: false }],
  });
  const { name: _, ...policy } = TARGET;
  const urls = { castaiApiUrl: 'https://api.cast.ai', spotAdvisorUrl: 'https://example.com/feed.json' };
  expect(configuration.targets.map((target) => settingsOf(configuration, target))).toEqual([
    { targetName: 'default', ...policy, ...urls },
    { targetName: 'b', region: 'eu-west-1', ...policy, ...urls },
  ]);
});

test('a target runs if it is enabled and the kill switch is off', () => {
  const states = [true, false].flatMap((all) =>
    [true, false].map((one) => {
      const configuration = read({ ...MINIMAL, enabled: all, targets: [{ ...TARGET, enabled: one }] });
      return configuration.targets.map((target) => isRun(configuration, target));
    }),
  );
  expect(states).toEqual([[true], [false], [false], [false]]);
});

test('the allowed log retentions are those of CDK', () => {
  const known = Object.values(RetentionDays).filter((days) => typeof days === 'number');
  expect(RETENTIONS).toEqual(known.filter((days) => days !== RetentionDays.INFINITE));
});

describe('a key of CDK’s context', () => {
  // CDK ignores a key that nobody asks for: with a kill switch on the command line, everything would go on running.
  test.each([
    'spot-blacklist:enabled',
    'spot-blacklist:targets.0.dryRun',
    'spotblacklist:enabled',
    'SPOT_BLACKLIST.ENABLED',
    ' spot-blacklist-enabled',
    'spot–blacklist:enabled',
    'spotBlacklist',
  ])('%s is refused: it would be ignored', (key) => {
    expect(problemsOf(MINIMAL, { [key]: 'false' })).toEqual([
      `${JSON.stringify(key)} would be ignored: all settings are in cdk.json, below "spot-blacklist". The key is in CDK's context: check -c on the command line, cdk.json, cdk.context.json and ~/.cdk.json.`,
    ]);
  });

  test('that begins like ours is named where there is no configuration, too', () => {
    expect(problemsOf(undefined, { spotBlacklist: 'x' })).toEqual([
      expect.stringMatching(/^it is missing/),
      expect.stringMatching(/^"spotBlacklist" would be ignored/),
    ]);
  });

  test.each([
    '@aws-cdk/core:enablePartitionLiterals',
    'aws:cdk:enable-path-metadata',
    'hosted-zone:account=111122223333:domainName=spot-blacklist.example.com:region=us-east-1',
    'acme:enabled',
    'enabled',
    'region',
  ])('%s is accepted as another project’s', (key) => {
    expect(problemsOf(MINIMAL, { [key]: 'true' })).toEqual([]);
  });
});
