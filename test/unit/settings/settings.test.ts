import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SettingsError } from '../../../lambda/domain/errors.ts';
import { FUNCTION } from '../../../lambda/settings/problems.ts';
import { readSettings } from '../../../lambda/settings/settings.ts';
import { deploy } from '../../support/deployment.ts';

const ENVIRONMENT = { SECRET_ID: 'spot-blacklist/castai', OS: 'Linux', INTERRUPTION_THRESHOLD: '20' };

/** What a scheduled rule without a constant input sends. */
const SCHEDULED_EVENT = {
  version: '0',
  id: '53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa',
  'detail-type': 'Scheduled Event',
  source: 'aws.events',
  account: '123456789012',
  time: '2026-11-22T00:00:00Z',
  region: 'eu-central-1',
  resources: ['arn:aws:events:eu-central-1:123456789012:rule/spot-blacklist'],
  detail: {},
};

const ARN = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:spot-blacklist/castai-AbCdEf';

const read = (environment: Record<string, string | undefined> = {}, payload?: unknown) =>
  readSettings({ ...ENVIRONMENT, ...environment }, payload);

/** All settings in one object, the policy's among them. */
function flat(environment?: Record<string, string | undefined>, payload?: unknown): Record<string, unknown> {
  const settings = read(environment, payload);
  return settings.operation === 'apply' ? { ...settings, ...settings.policy } : { ...settings };
}

function problemOf(environment: Record<string, string | undefined>, payload?: unknown): string {
  try {
    readSettings(environment, payload);
  } catch (error) {
    expect(error).toBeInstanceOf(SettingsError);
    expect(error).toMatchObject({ name: 'SettingsError', code: 'INVALID_SETTINGS' });
    expect(error).not.toHaveProperty('cause');
    return (error as SettingsError).message;
  }
  throw new Error('the settings were taken');
}

describe('what is not set has its documented default', () => {
  it.each([
    ['operation', 'apply'],
    ['region', null],
    ['targetName', 'default'],
    ['blacklistHours', 5],
    ['dryRun', false],
    ['batchSize', 10],
    ['batchPause', 5],
    ['minTypesPerArchitecture', 15],
    ['minFamiliesPerArchitecture', 5],
    ['minTypesPerTemplate', 5],
    ['maxBlacklistShare', 0.9],
    ['neverBlacklist', []],
    ['alwaysBlacklist', []],
    ['releaseCalm', false],
    ['scheduleGapMinutes', null],
    ['castaiApiUrl', 'https://api.cast.ai'],
    ['spotAdvisorUrl', 'https://spot-bid-advisor.s3.amazonaws.com/spot-advisor-data.json'],
  ])('%s is %j', (setting, value) => {
    expect(flat()[setting]).toEqual(value);
  });
});

describe('a variable is read as it is meant', () => {
  it.each([
    ['SECRET_ID', ARN, 'secretId', ARN],
    ['SECRET_ID', ' spot-blacklist/castai\n', 'secretId', 'spot-blacklist/castai'],
    ['OS', 'Windows', 'os', 'Windows'],
    ['INTERRUPTION_THRESHOLD', '0', 'interruptionThreshold', 0],
    ['INTERRUPTION_THRESHOLD', '12.5', 'interruptionThreshold', 12.5],
    ['INTERRUPTION_THRESHOLD', '99.99', 'interruptionThreshold', 99.99],
    ['INTERRUPTION_THRESHOLD', ' 20 ', 'interruptionThreshold', 20],
    ['REGION', 'eu-west-1', 'region', 'eu-west-1'],
    ['BLACKLIST_HOURS', '1', 'blacklistHours', 1],
    ['BLACKLIST_HOURS', '168', 'blacklistHours', 168],
    ['BLACKLIST_HOURS', '2.5', 'blacklistHours', 2.5],
    ['DRY_RUN', 'true', 'dryRun', true],
    ['DRY_RUN', 'TRUE', 'dryRun', true],
    ['DRY_RUN', 'Yes', 'dryRun', true],
    ['DRY_RUN', '1', 'dryRun', true],
    ['DRY_RUN', 'false', 'dryRun', false],
    ['DRY_RUN', 'NO', 'dryRun', false],
    ['DRY_RUN', '0', 'dryRun', false],
    ['BATCH_SIZE', '1', 'batchSize', 1],
    ['BATCH_SIZE', '100', 'batchSize', 100],
    ['BATCH_PAUSE', '0', 'batchPause', 0],
    ['BATCH_PAUSE', '0.25', 'batchPause', 0.25],
    ['BATCH_PAUSE', '30', 'batchPause', 30],
    ['SCHEDULE_GAP_MINUTES', '60', 'scheduleGapMinutes', 60],
    ['TARGET_NAME', 'team-a', 'targetName', 'team-a'],
    ['MIN_TYPES_PER_ARCHITECTURE', '0', 'minTypesPerArchitecture', 0],
    ['MIN_FAMILIES_PER_ARCHITECTURE', '3', 'minFamiliesPerArchitecture', 3],
    ['MIN_TYPES_PER_TEMPLATE', '0', 'minTypesPerTemplate', 0],
    ['MAX_BLACKLIST_SHARE', '0', 'maxBlacklistShare', 0],
    ['MAX_BLACKLIST_SHARE', '1', 'maxBlacklistShare', 1],
    ['MAX_BLACKLIST_SHARE', '0.75', 'maxBlacklistShare', 0.75],
    ['NEVER_BLACKLIST', '', 'neverBlacklist', []],
    ['NEVER_BLACKLIST', ' , m5.*, c7i*.large, ,', 'neverBlacklist', ['m5.*', 'c7i*.large']],
    ['ALWAYS_BLACKLIST', 'T3.*', 'alwaysBlacklist', ['t3.*']],
    ['RELEASE_CALM', 'yes', 'releaseCalm', true],
    ['CASTAI_API_URL', 'https://api.eu.cast.ai', 'castaiApiUrl', 'https://api.eu.cast.ai'],
    ['CASTAI_API_URL', 'https://api.india.cast.ai/', 'castaiApiUrl', 'https://api.india.cast.ai'],
    ['CASTAI_API_URL', 'http://localhost:8080', 'castaiApiUrl', 'http://localhost:8080'],
    ['CASTAI_API_URL', 'http://127.0.0.1:8080/', 'castaiApiUrl', 'http://127.0.0.1:8080'],
    ['CASTAI_API_URL', 'http://127.10.200.255:8080//', 'castaiApiUrl', 'http://127.10.200.255:8080'],
    ['CASTAI_API_URL', 'http://[::1]:8080', 'castaiApiUrl', 'http://[::1]:8080'],
    ['SPOT_ADVISOR_URL', 'https://mirror.example/a.json', 'spotAdvisorUrl', 'https://mirror.example/a.json'],
    ['SPOT_ADVISOR_URL', 'http://localhost:9/a.json', 'spotAdvisorUrl', 'http://localhost:9/a.json'],
  ])('%s=%j', (variable, text, setting, value) => {
    expect(flat({ [variable]: text })[setting]).toEqual(value);
  });

  it('whatever else Lambda or a shell puts into the environment is ignored', () => {
    const others = { AWS_REGION: 'us-east-1', PATH: '/bin', OSTYPE: 'linux', NAME: 'x', REGION_CODE: 'us' };
    expect(flat(others)).toEqual(flat());
  });

  it.each([
    ['DRYRUN', 'DRY_RUN'],
    ['dry_run', 'DRY_RUN'],
    ['NEVER_BLACKLISTS', 'NEVER_BLACKLIST'],
    ['MIN_TYPES_PER_ARCHITECURE', 'MIN_TYPES_PER_ARCHITECTURE'],
    ['TARGETNAME', 'TARGET_NAME'],
    ['REGIONS', 'REGION'],
  ])('%s is refused, because without %s a run would do more', (mistyped, meant) => {
    expect(problemOf({ ...ENVIRONMENT, [mistyped]: 'zq7' })).toContain(
      `${mistyped} is not a setting; did you mean ${meant}?`,
    );
  });
});

describe('a variable that cannot be meant is refused by its name', () => {
  it.each([
    ['SECRET_ID', ['', ' ', 'two words', 'castai_v1_abc', 'CASTAI_v12_abc']],
    ['OS', ['', ' ', 'x'.repeat(100)]],
    ['INTERRUPTION_THRESHOLD', ['', 'abc', '100', '100.0', '101', '-1', '20%', '1e1', '0x10', 'NaN', '12,5']],
    ['REGION', ['', 'us east 1', '*', 'us-east-1,us-west-2']],
    ['BLACKLIST_HOURS', ['', '0', '0.5', '168.5', '169', '-5', 'five', '5h', 'Infinity']],
    ['DRY_RUN', ['', ' ', 'maybe', 'on', 'off', 'y', 'truee', '2', 'null']],
    ['BATCH_SIZE', ['', '-3', '0', '101', '2.5', 'abc', '1e1', '0x10', '+', 'Infinity']],
    ['BATCH_PAUSE', ['', '-1', '-0.5', 'abc', '5s', '1,5', 'Infinity']],
    ['SCHEDULE_GAP_MINUTES', ['', '0', '10081', 'hourly']],
    ['TARGET_NAME', ['', ' ', 'team a', 'a: b', 'a/b', 'x'.repeat(200)]],
    ['MIN_TYPES_PER_ARCHITECTURE', ['', '-1', '1.5', 'many']],
    ['MIN_FAMILIES_PER_ARCHITECTURE', ['', '-1', '1.5', 'many']],
    ['MAX_BLACKLIST_SHARE', ['', '-0.1', '1.1', '90', '90%', 'all']],
    ['NEVER_BLACKLIST', ['m5 large', '{m5,c5}.*', '["m5.*"]', '!m5.*']],
    ['ALWAYS_BLACKLIST', ['m5 large', '(a|b).*', 'm5.*;c5.*']],
    ['RELEASE_CALM', ['', 'maybe', 'on']],
    [
      'CASTAI_API_URL',
      [
        '',
        'api.cast.ai',
        'http://api.cast.ai',
        'https://api.cast.ai.evil.example',
        'https://evil.example/api.cast.ai',
        'https://api.cast.ai@evil.example',
        'https://user:word@api.cast.ai',
        'http://127.0.0.1.evil.example',
        'http://localhost.evil.example',
        'http://evil.localhost',
        'http://evil-localhost',
        'http://user:word@localhost',
        'http://user@localhost',
        'http://:word@localhost',
        'http://10.0.0.1',
        'ftp://localhost',
        'file:///etc/passwd',
      ],
    ],
    [
      'SPOT_ADVISOR_URL',
      [
        '',
        'mirror.example/a.json',
        'http://mirror.example/a.json',
        'https://user:word@mirror.example',
        'http://169.254.169.254/',
        'file:///etc/passwd',
      ],
    ],
  ])('%s, in each of its wrong forms', (variable, texts) => {
    for (const text of texts) {
      const problem = problemOf({ ...ENVIRONMENT, [variable]: text });
      // Nothing else is wrong. Of a list, the item is named.
      const named = [...problem.matchAll(/(\S+) must be/g)].map(([, name]) => name?.replace(/\.\d+$/, ''));
      expect(new Set(named), problem).toEqual(new Set([variable]));
    }
  });
});

describe('a problem says what its variable must be', () => {
  it.each([
    ['SECRET_ID', "a secret's name or ARN"],
    ['TARGET_NAME', 'up to 64 letters, digits, dots, underscores and hyphens'],
    ['REGION', 'an AWS region such as us-east-1'],
    ['OS', 'an operating system of the feed such as Linux'],
    ['INTERRUPTION_THRESHOLD', 'a percentage from 0 to below 100'],
    ['BLACKLIST_HOURS', 'a number of hours from 1 to 168'],
    ['DRY_RUN', 'true, yes or 1, or false, no or 0'],
    ['BATCH_SIZE', 'a whole number of requests from 1 to 100'],
    ['BATCH_PAUSE', 'a number of seconds from 0 to 300'],
    ['MIN_TYPES_PER_ARCHITECTURE', 'a whole number of types, 0 or more'],
    ['MIN_FAMILIES_PER_ARCHITECTURE', 'a whole number of families, 0 or more'],
    ['MAX_BLACKLIST_SHARE', 'a share from 0 to 1'],
    ['NEVER_BLACKLIST', 'a type glob of letters, digits and . - * ? [ ], such as m5.*'],
    ['RELEASE_CALM', 'true, yes or 1, or false, no or 0'],
    [
      'CASTAI_API_URL',
      'https://api.cast.ai, https://api.eu.cast.ai, https://api.india.cast.ai, or http:// on loopback',
    ],
    ['SPOT_ADVISOR_URL', 'an https:// address, or http:// on loopback'],
  ])('%s: %s', (variable, rule) => {
    expect(problemOf({ ...ENVIRONMENT, [variable]: '{}' })).toContain(` must be ${rule}. Correct`);
  });
});

describe('beside a dry run, a payload key is read as it is meant, and wins over its variable', () => {
  it.each([
    ['secretId', 'other/secret', 'SECRET_ID', 'some/secret'],
    ['targetName', 'team-b', 'TARGET_NAME', 'team-a'],
    ['region', 'eu-west-1', 'REGION', 'us-east-1'],
    ['os', 'Windows', 'OS', 'Linux'],
    ['interruptionThreshold', 0, 'INTERRUPTION_THRESHOLD', '20'],
    ['interruptionThreshold', 12.5, 'INTERRUPTION_THRESHOLD', '20'],
    ['blacklistHours', 12, 'BLACKLIST_HOURS', '5'],
    ['dryRun', true, 'DRY_RUN', 'false'],
    ['dryRun', false, 'DRY_RUN', 'true'],
    ['batchSize', 3, 'BATCH_SIZE', '7'],
    ['batchPause', 0, 'BATCH_PAUSE', '7'],
    ['batchPause', 0.5, 'BATCH_PAUSE', '7'],
    ['minTypesPerArchitecture', 0, 'MIN_TYPES_PER_ARCHITECTURE', '7'],
    ['minFamiliesPerArchitecture', 0, 'MIN_FAMILIES_PER_ARCHITECTURE', '7'],
    ['minTypesPerTemplate', 0, 'MIN_TYPES_PER_TEMPLATE', '7'],
    ['maxBlacklistShare', 0, 'MAX_BLACKLIST_SHARE', '0.5'],
    ['neverBlacklist', [], 'NEVER_BLACKLIST', 'm5.*'],
    ['neverBlacklist', ['c5.*', 'c6?.large'], 'NEVER_BLACKLIST', 'm5.*'],
    ['alwaysBlacklist', ['c5.*'], 'ALWAYS_BLACKLIST', 'm5.*'],
    ['releaseCalm', true, 'RELEASE_CALM', 'false'],
    ['releaseCalm', false, 'RELEASE_CALM', 'true'],
  ])('%s: %j', (key, value, variable, text) => {
    expect(flat({ [variable]: text }, { dryRun: true, [key]: value })[key]).toEqual(value);
  });

  it('one key leaves all the other settings as the environment has them', () => {
    const environment = { REGION: 'eu-west-1', BATCH_SIZE: '3', NEVER_BLACKLIST: 'm5.*' };
    expect(flat(environment, { dryRun: true })).toEqual({ ...flat(environment), dryRun: true });
  });
});

describe('a live payload holds nothing but `operation` and `dryRun`', () => {
  const WHAT_IFS = {
    ...{ secretId: 'other', targetName: 'b', formerTargetName: 'c', region: 'eu-west-1', os: 'Windows' },
    ...{ interruptionThreshold: 5, blacklistHours: 12, batchSize: 3, batchPause: 0, releaseCalm: true },
    ...{ minTypesPerArchitecture: 0, minFamiliesPerArchitecture: 0, maxBlacklistShare: 1 },
    ...{ neverBlacklist: [], alwaysBlacklist: ['*'] },
  };

  it.each(Object.entries(WHAT_IFS))('%s: %j is for dry runs only', (key, value) => {
    const problem = `payload key ${key} is for dry runs only: it needs "dryRun": true beside it`;
    for (const live of [{}, { dryRun: false }, { operation: 'apply' }, { operation: 'clear' }]) {
      expect(problemOf(ENVIRONMENT, { ...live, [key]: value })).toContain(problem);
      // A dry run that is deployed may be switched live; a payload has to say itself that it is none.
      expect(problemOf({ ...ENVIRONMENT, DRY_RUN: 'true' }, { ...live, [key]: value })).toContain(problem);
    }
    expect(read({}, { dryRun: true, [key]: value })).toMatchObject({ dryRun: true });
    expect(read({}, { operation: 'clear', dryRun: true, [key]: value })).toMatchObject({ dryRun: true });
  });

  it.each([{ operation: 'clear' }, { operation: 'apply' }, { dryRun: false }, { dryRun: true }])(
    '%j is taken',
    (payload) => {
      expect(read({}, payload)).toMatchObject(payload);
    },
  );
});

describe('credentials in the function’s environment are refused', () => {
  it.each(['API_KEY', 'ORG_ID', 'CLUSTER_ID', 'api_key', 'APIKEY'])('%s', (variable) => {
    const problem = problemOf({ ...ENVIRONMENT, [variable]: 'zq7' });
    expect(problem).toContain(`${variable} must not be set: credentials belong in the secret`);
    expect(problem).not.toContain('zq7');
  });
});

describe('a payload key that cannot be meant is refused by its name', () => {
  it.each([
    ['operation', ['', 'remove', 'Apply', true, null, 1]],
    ['secretId', ['', 5, null, ['a']]],
    ['targetName', ['', 'a b', 5, null]],
    ['region', ['', 'us east', 5, null, ['us-east-1']]],
    ['os', ['', 5, null, {}]],
    ['interruptionThreshold', ['20', 100, -1, null, true, [], 1e300]],
    ['blacklistHours', ['5', 0, 169, null]],
    ['dryRun', ['true', 'false', 1, 0, null, 'yes', {}, []]],
    ['batchSize', ['10', 0, -3, 2.5, null]],
    ['batchPause', ['5', -1, null]],
    ['minTypesPerArchitecture', ['15', -1, 1.5, null]],
    ['minFamiliesPerArchitecture', ['5', -1, 1.5, null]],
    ['minTypesPerTemplate', ['5', -1, 1.5, null]],
    ['maxBlacklistShare', ['0.9', -0.1, 1.1, null]],
    ['neverBlacklist', ['m5.*', [''], [5], ['m5 large'], {}, null]],
    ['alwaysBlacklist', ['m5.*', [''], [5], [null], {}, null]],
    ['releaseCalm', ['true', 1, null]],
  ])('%s, in each of its wrong forms', (key, values) => {
    for (const value of values) {
      expect(problemOf(ENVIRONMENT, { [key]: value }), JSON.stringify(value)).toMatch(
        new RegExp(`payload key ${key}(\\.0)? must be`),
      );
    }
  });
});

describe('an unknown payload key is refused, so that a mistyped dryRun never goes live', () => {
  it.each([
    ['dryrun', 'dryRun'],
    ['DryRun', 'dryRun'],
    ['DRY_RUN', 'dryRun'],
    ['dry-run', 'dryRun'],
    ['batch_size', 'batchSize'],
    ['INTERRUPTION_THRESHOLD', 'interruptionThreshold'],
    ['Os', 'os'],
  ])('%s, with the suggestion %s', (key, meant) => {
    expect(problemOf(ENVIRONMENT, { [key]: true })).toMatch(
      new RegExp(`payload key "${key}" is not known \\(did you mean ${meant}\\?\\)`),
    );
  });

  it.each([
    ['apiKey'],
    ['castaiApiUrl'],
    ['spotAdvisorUrl'],
    ['detail'],
    ['toString'],
    ['constructor'],
    ['__proto__'],
    ['hasOwnProperty'],
    [''],
    [' dryRun'],
  ])('%j', (key) => {
    // From text, because only JSON.parse makes an own property of `__proto__`.
    const payload: unknown = JSON.parse(`{"dryRun": true, ${JSON.stringify(key)}: {"dryRun": true}}`);
    const problem = problemOf(ENVIRONMENT, payload);
    expect(problem).toContain('is not known');
    expect(problem.length).toBeLessThan(400);
  });

  it('one that is like no other gets no suggestion', () => {
    expect(problemOf(ENVIRONMENT, { colour: 'red' })).toContain('payload key "colour" is not known. ');
  });

  it('one that is endless is not repeated at length', () => {
    expect(problemOf(ENVIRONMENT, { ['x'.repeat(10_000)]: true }).length).toBeLessThan(400);
  });

  it('several at once are all named', () => {
    const problem = problemOf(ENVIRONMENT, { dryrun: true, regions: ['a'], Threshold: 5, batchSize: 5 });
    for (const key of ['dryrun', 'regions', 'Threshold']) expect(problem).toContain(`"${key}" is not known`);
    expect(problem).not.toContain('batchSize must be');
  });

  it('also next to the keys of EventBridge’s event', () => {
    expect(problemOf(ENVIRONMENT, { ...SCHEDULED_EVENT, dryRun: true })).toContain('is not known');
    expect(problemOf(ENVIRONMENT, { ...SCHEDULED_EVENT, dryrun: true })).toContain('"dryrun" is not known');
  });
});

describe('what a schedule or an empty invocation sends overrides nothing', () => {
  it.each([
    ['EventBridge’s scheduled event', SCHEDULED_EVENT],
    ['EventBridge Scheduler’s event', { ...SCHEDULED_EVENT, source: 'aws.scheduler' }],
    ['{}', {}],
    ['null', null],
    ['no payload', undefined],
  ])('%s', (_, payload) => {
    expect(flat({}, payload)).toEqual(flat());
  });

  it('the region of the event is where the rule is, not where the clusters are', () => {
    expect(flat({}, SCHEDULED_EVENT)['region']).toBeNull();
    expect(flat({ REGION: 'us-west-2' }, SCHEDULED_EVENT)['region']).toBe('us-west-2');
  });

  it.each([
    [
      'an event of something else',
      { ...SCHEDULED_EVENT, 'detail-type': 'EC2 Spot Instance Interruption Warning' },
    ],
    ['an event from somewhere else', { ...SCHEDULED_EVENT, source: 'aws.ec2' }],
    ['a lone envelope key', { detail: { dryRun: true } }],
  ])('%s is refused', (_, payload) => {
    expect(problemOf(ENVIRONMENT, payload)).toContain('is not known');
  });
});

it.each([
  ['an array', []],
  ['an array of settings', [{ dryRun: true }]],
  ['a text', 'dryRun'],
  ['JSON in a text', '{"dryRun":true}'],
  ['an empty text', ''],
  ['a number', 0],
  ['true', true],
  ['false', false],
])('%s as the payload is refused', (_, payload) => {
  expect(problemOf(ENVIRONMENT, payload)).toContain('the payload must be a JSON object');
});

describe('what a run cannot do without', () => {
  it('is asked for all at once, each by its variable and its key', () => {
    const problem = problemOf({});
    for (const text of [
      'SECRET_ID',
      'secretId',
      'OS',
      'os',
      'INTERRUPTION_THRESHOLD',
      'interruptionThreshold',
    ])
      expect(problem).toMatch(new RegExp(`\\b${text}\\b`));
  });

  it.each(['SECRET_ID', 'OS', 'INTERRUPTION_THRESHOLD'])('%s alone', (variable) => {
    const problem = problemOf({ ...ENVIRONMENT, [variable]: undefined });
    expect(problem).toContain(`${variable} is not set`);
    expect(problem.split('is not set')).toHaveLength(2);
  });

  it('may come with the payload of a dry run instead', () => {
    const payload = { dryRun: true, secretId: 'a/b', os: 'Windows', interruptionThreshold: 5 };
    const settings = readSettings({}, payload);
    expect(settings).toMatchObject({ secretId: 'a/b', os: 'Windows', policy: { interruptionThreshold: 5 } });
  });

  it('is no secret where the credentials come from elsewhere', () => {
    const { OS, INTERRUPTION_THRESHOLD } = ENVIRONMENT;
    const caller = { ...FUNCTION, needsSecret: false };
    expect(readSettings({ OS, INTERRUPTION_THRESHOLD }, {}, caller)).toMatchObject({ secretId: '' });
  });

  it('is said to be wrong, not to be missing, where it is there but wrong', () => {
    expect(problemOf({ ...ENVIRONMENT, OS: '' })).not.toContain('is not set');
    expect(problemOf({ SECRET_ID: 'a', OS: 'Linux' }, { interruptionThreshold: '20' })).not.toContain(
      'is not set',
    );
  });

  it('to clear needs neither OS nor threshold', () => {
    expect(readSettings({ SECRET_ID: 'a/b' }, { operation: 'clear' })).toMatchObject({
      operation: 'clear',
      secretId: 'a/b',
      dryRun: false,
    });
    expect(problemOf({}, { operation: 'clear' })).toMatch(/SECRET_ID is not set/);
  });
});

it('every problem of environment and payload is reported at once', () => {
  const environment = {
    SECRET_ID: '',
    INTERRUPTION_THRESHOLD: 'abc',
    DRY_RUN: 'maybe',
    BATCH_SIZE: '-3',
    CASTAI_API_URL: 'http://api.cast.ai',
  };
  const problem = problemOf(environment, { blacklistHours: 0, releaseCalm: 'no', dryrun: true, regions: [] });
  for (const variable of Object.keys(environment)) expect(problem).toContain(`${variable} must be`);
  for (const key of ['blacklistHours', 'releaseCalm'])
    expect(problem).toContain(`payload key ${key} must be`);
  for (const key of ['dryrun', 'regions']) expect(problem).toContain(`"${key}" is not known`);
  expect(problem).toContain('OS is not set');
});

it('a key that the payload cannot have hides no problem of the variable that is called alike', () => {
  const environment = { ...ENVIRONMENT, CASTAI_API_URL: 'http://api.cast.ai' };
  const problem = problemOf(environment, { castaiApiUrl: 'https://api.cast.ai' });
  expect(problem).toContain('CASTAI_API_URL must be');
  expect(problem).toContain('"castaiApiUrl" is not known');
});

it('no problem quotes the value that is wrong', () => {
  const secret = 'zq7-do not show-7qz';
  const variables = [
    ...['SECRET_ID', 'OS', 'INTERRUPTION_THRESHOLD', 'REGION', 'BLACKLIST_HOURS', 'DRY_RUN', 'BATCH_SIZE'],
    ...['BATCH_PAUSE', 'TARGET_NAME', 'MIN_TYPES_PER_ARCHITECTURE', 'MIN_FAMILIES_PER_ARCHITECTURE'],
    ...['MAX_BLACKLIST_SHARE', 'NEVER_BLACKLIST', 'ALWAYS_BLACKLIST', 'RELEASE_CALM', 'CASTAI_API_URL'],
    'SPOT_ADVISOR_URL',
    'SCHEDULE_GAP_MINUTES',
  ];
  const keys = ['operation', 'secretId', 'os', 'dryRun', 'batchSize', 'interruptionThreshold', 'apiKey'];
  const value = { nested: [`${secret}!`.repeat(50)] };
  const ofVariables = problemOf(
    Object.fromEntries(variables.map((variable) => [variable, `${secret}!`.repeat(50)])),
    {},
  );
  const ofKeys = problemOf(
    ENVIRONMENT,
    Object.fromEntries([...keys.map((key) => [key, value]), ['neverBlacklist', [`${secret}!`]]]),
  );
  for (const name of variables) expect(ofVariables).toContain(name);
  for (const name of [...keys, 'neverBlacklist']) expect(ofKeys).toContain(name);
  expect(ofVariables + ofKeys).not.toContain('zq7');
  expect(problemOf(ENVIRONMENT, secret)).not.toContain('zq7');
  expect(problemOf(ENVIRONMENT, [secret])).not.toContain('zq7');
});

describe('a variable that does not count', () => {
  const wrong = { SECRET_ID: 'castai', MAX_BLACKLIST_SHARE: '90%', INTERRUPTION_THRESHOLD: '100', OS: '' };

  it('may be wrong when the payload overrides it', () => {
    const payload = { dryRun: true, maxBlacklistShare: 0.9, interruptionThreshold: 20, os: 'Linux' };
    expect(readSettings(wrong, payload)).toMatchObject({ os: 'Linux', policy: { maxBlacklistShare: 0.9 } });
    expect(problemOf(wrong, { dryRun: true, os: 'Linux', interruptionThreshold: 20 })).toContain(
      'MAX_BLACKLIST_SHARE',
    );
  });

  it('may be wrong when clearing does not ask for it: the way out of trouble stays open', () => {
    expect(readSettings(wrong, { operation: 'clear' })).toMatchObject({ operation: 'clear' });
    expect(problemOf({ ...wrong, BATCH_SIZE: '0' }, { operation: 'clear' })).toContain('BATCH_SIZE');
  });

  it.each([
    'OS',
    'INTERRUPTION_THRESHOLD',
    'BLACKLIST_HOURS',
    'MIN_TYPES_PER_ARCHITECTURE',
    'MIN_FAMILIES_PER_ARCHITECTURE',
    'MAX_BLACKLIST_SHARE',
    'NEVER_BLACKLIST',
    'ALWAYS_BLACKLIST',
    'RELEASE_CALM',
  ])('for clearing is %s', (variable) => {
    const environment = { SECRET_ID: 'castai', [variable]: '{}' };
    expect(readSettings(environment, { operation: 'clear' })).toMatchObject({ operation: 'clear' });
  });
});

describe('whatever it is given', () => {
  const KEYS = [
    ...['operation', 'dryRun', 'region', 'os', 'interruptionThreshold', 'blacklistHours', 'batchSize'],
    ...['batchPause', 'targetName', 'minTypesPerArchitecture', 'minFamiliesPerArchitecture'],
    ...['maxBlacklistShare', 'neverBlacklist', 'alwaysBlacklist', 'releaseCalm', 'secretId'],
  ];
  const VARIABLES = [
    ...KEYS.map((key) => (key === 'os' ? 'OS' : key.replaceAll(/[A-Z]/g, '_$&').toUpperCase())),
    'CASTAI_API_URL',
    'SPOT_ADVISOR_URL',
  ];
  const texts = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(
      '',
      'true',
      '20',
      '1e999',
      'Linux',
      'a/b',
      'https://[',
      'http://localhost',
      '-0',
      '[',
      '\\',
    ),
    fc.double().map(String),
    fc.webUrl(),
  );
  const environments = fc.dictionary(fc.constantFrom(...VARIABLES, 'PATH', '__proto__'), texts);
  const values = fc.oneof(fc.jsonValue(), fc.boolean(), fc.integer(), fc.double(), texts, fc.array(texts));
  const payloads = fc.dictionary(fc.oneof(fc.constantFrom(...KEYS), fc.string()), values);

  it('reading settings gives settings or a SettingsError, and nothing else', () => {
    fc.assert(
      fc.property(environments, fc.oneof(payloads, fc.jsonValue(), fc.anything()), (environment, payload) => {
        try {
          const settings = flatten(readSettings(environment, payload));
          for (const setting of Object.values(settings)) expect(setting).not.toBeNaN();
          expect(typeof settings['dryRun']).toBe('boolean');
          expect(settings['batchSize']).toBeGreaterThanOrEqual(1);
          expect(settings['batchPause']).toBeGreaterThanOrEqual(0);
          expect(settings['secretId']).not.toBe('');
        } catch (error) {
          expect(error).toBeInstanceOf(SettingsError);
        }
      }),
      { numRuns: 3000 },
    );
  });

  it('a payload with an unknown key never runs', () => {
    const unknown = fc.oneof(
      fc.string().filter((key) => !KEYS.includes(key)),
      fc.constantFrom(...KEYS.map((key) => key.toLowerCase())).filter((key) => !KEYS.includes(key)),
    );
    fc.assert(
      fc.property(payloads, unknown, values, (payload, key, value) => {
        // Not a literal, where `__proto__` would set the prototype.
        const json = `{${[...Object.entries(payload), [key, value]]
          .map(([name, one]) => `${JSON.stringify(name)}:${JSON.stringify(one) ?? 'null'}`)
          .join(',')}}`;
        expect(() => readSettings(ENVIRONMENT, JSON.parse(json))).toThrow(SettingsError);
      }),
      { numRuns: 2000 },
    );
  });

  it('a payload of valid values is taken over, value by value', () => {
    const valid = fc.record(
      {
        releaseCalm: fc.boolean(),
        interruptionThreshold: fc.double({ min: 0, max: 100, maxExcluded: true, noNaN: true }),
        blacklistHours: fc.double({ min: 1, max: 168, noNaN: true }),
        batchSize: fc.integer({ min: 1, max: 50 }),
        batchPause: fc.double({ min: 0, max: 60, noNaN: true }),
        minTypesPerArchitecture: fc.nat(),
        minFamiliesPerArchitecture: fc.nat(),
        maxBlacklistShare: fc.double({ min: 0, max: 1, noNaN: true }),
        neverBlacklist: fc.array(fc.constantFrom('m5.*', 'c7i*.large', '*', 't3.micro')),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(valid, (payload) => {
        expect(flat({}, { ...payload, dryRun: true })).toMatchObject({ ...payload, dryRun: true });
      }),
    );
  });

  function flatten(settings: ReturnType<typeof readSettings>): Record<string, unknown> {
    return settings.operation === 'apply' ? { ...settings, ...settings.policy } : { ...settings };
  }
});

describe('the function', () => {
  it('asks nobody for anything before its settings are in order', async () => {
    await using deployment = await deploy({ environment: { DRY_RUN: 'maybe', BATCH_SIZE: '-3' } });
    const { name, code, message } = await deployment.fail({ dryrun: true });
    expect({ name, code }).toEqual({ name: 'SettingsError', code: 'INVALID_SETTINGS' });
    for (const problem of ['DRY_RUN', 'BATCH_SIZE', 'dryrun']) expect(message).toContain(problem);
    expect(deployment.sandbox.requests).toEqual([]);
  });

  it('runs with the environment alone when EventBridge’s schedule invokes it', async () => {
    await using deployment = await deploy({ environment: { DRY_RUN: 'true' } });
    expect(await deployment.succeed(SCHEDULED_EVENT)).toMatchObject({
      dryRun: true,
      target: { name: 'default', region: 'us-east-1', os: 'Linux' },
    });
    expect(deployment.writes).toEqual([]);
  });
});
