import { describe, expect, it } from 'vitest';
import { FUNCTION, readSettings } from '../../../lambda/settings/settings.ts';
import { ENVIRONMENT, flat, problemOf, SCHEDULED_EVENT } from '../../support/settings.ts';

describe('in a dry run, a payload key takes precedence over its variable', () => {
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

  it('one key leaves all other settings of the environment unchanged', () => {
    const environment = { REGION: 'eu-west-1', BATCH_SIZE: '3', NEVER_BLACKLIST: 'm5.*' };
    expect(flat(environment, { dryRun: true })).toEqual({ ...flat(environment), dryRun: true });
  });
});

describe('the payload of a schedule or an empty invocation overrides nothing', () => {
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
      'an event of another kind',
      { ...SCHEDULED_EVENT, 'detail-type': 'EC2 Spot Instance Interruption Warning' },
    ],
    ['an event of another source', { ...SCHEDULED_EVENT, source: 'aws.ec2' }],
    ['a lone envelope key', { detail: { dryRun: true } }],
  ])('%s is refused', (_, payload) => {
    expect(problemOf(ENVIRONMENT, payload)).toContain('is not known');
  });
});

describe('a required setting', () => {
  it('is reported with all other missing ones, each by its variable and its key', () => {
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

  it.each(['SECRET_ID', 'OS', 'INTERRUPTION_THRESHOLD'])('is reported alone: %s', (variable) => {
    const problem = problemOf({ ...ENVIRONMENT, [variable]: undefined });
    expect(problem).toContain(`${variable} is not set`);
    expect(problem.split('is not set')).toHaveLength(2);
  });

  it('may come from the payload of a dry run', () => {
    const settings = readSettings(
      {},
      { dryRun: true, secretId: 'a/b', os: 'Windows', interruptionThreshold: 5 },
    );
    expect(settings).toMatchObject({ secretId: 'a/b', os: 'Windows', policy: { interruptionThreshold: 5 } });
  });

  it('does not include the secret if the credentials come from elsewhere', () => {
    const { OS, INTERRUPTION_THRESHOLD } = ENVIRONMENT;
    const caller = { ...FUNCTION, needsSecret: false };
    expect(readSettings({ OS, INTERRUPTION_THRESHOLD }, {}, caller)).toMatchObject({ secretId: '' });
  });

  it('is not reported as missing if it is invalid', () => {
    expect(problemOf({ ...ENVIRONMENT, OS: '' })).not.toContain('is not set');
    expect(problemOf({ SECRET_ID: 'a', OS: 'Linux' }, { interruptionThreshold: '20' })).not.toContain(
      'is not set',
    );
  });

  it('for clear includes neither OS nor threshold', () => {
    expect(readSettings({ SECRET_ID: 'a/b' }, { operation: 'clear' })).toMatchObject({
      operation: 'clear',
      secretId: 'a/b',
      dryRun: false,
    });
    expect(problemOf({}, { operation: 'clear' })).toMatch(/SECRET_ID is not set/);
  });
});

describe('an unused variable', () => {
  const wrong = { SECRET_ID: 'castai', MAX_BLACKLIST_SHARE: '90%', INTERRUPTION_THRESHOLD: '100', OS: '' };

  it('may be invalid if the payload overrides it', () => {
    const payload = { dryRun: true, maxBlacklistShare: 0.9, interruptionThreshold: 20, os: 'Linux' };
    expect(readSettings(wrong, payload)).toMatchObject({ os: 'Linux', policy: { maxBlacklistShare: 0.9 } });
    expect(problemOf(wrong, { os: 'Linux', interruptionThreshold: 20 })).toContain('MAX_BLACKLIST_SHARE');
  });

  it('may be invalid if clear does not need it, so that a rollback is always possible', () => {
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
  ])('for clear includes %s', (variable) => {
    const environment = { SECRET_ID: 'castai', [variable]: '{}' };
    expect(readSettings(environment, { operation: 'clear' })).toMatchObject({ operation: 'clear' });
  });
});
