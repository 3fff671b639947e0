import { describe, expect, it } from 'vitest';
import { ENVIRONMENT, flat, problemOf } from '../../support/settings.ts';

const ARN = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:spot-blacklist/castai-AbCdEf';

describe('a setting that is not set has its default', () => {
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
    ['minTypesPerSize', 3],
    ['relaxOnFallback', true],
    ['rollout', 100],
    ['maxBlacklistShare', 0.9],
    ['clusters', []],
    ['exceptClusters', []],
    ['neverBlacklist', []],
    ['alwaysBlacklist', []],
    ['releaseCalm', false],
    ['ownEvidence', 'off'],
    ['ownEvidenceDays', 14],
    ['ownEvidenceRatio', 2],
    ['ownEvidenceRegion', null],
    ['scheduleGapMinutes', null],
    ['scheduleTimes', null],
    ['castaiApiUrl', 'https://api.cast.ai'],
    ['spotAdvisorUrl', 'https://spot-bid-advisor.s3.amazonaws.com/spot-advisor-data.json'],
  ])('%s is %j', (setting, value) => {
    expect(flat()[setting]).toEqual(value);
  });
});

describe('a variable is read', () => {
  it.each([
    ['SECRET_ID', ARN, 'secretId', ARN],
    ['SECRET_ID', ' spot-blacklist/castai\n', 'secretId', 'spot-blacklist/castai'],
    ['OS', 'Windows', 'os', 'Windows'],
    ['OS', ' Linux ', 'os', 'Linux'],
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
    ['SCHEDULE_TIMES', '00:00', 'scheduleTimes', ['00:00']],
    ['SCHEDULE_TIMES', '23:59, 08:00,,08:00', 'scheduleTimes', ['08:00', '23:59']],
    ['TARGET_NAME', 'team-a', 'targetName', 'team-a'],
    ['MIN_TYPES_PER_ARCHITECTURE', '0', 'minTypesPerArchitecture', 0],
    ['MIN_FAMILIES_PER_ARCHITECTURE', '3', 'minFamiliesPerArchitecture', 3],
    ['MIN_TYPES_PER_TEMPLATE', '0', 'minTypesPerTemplate', 0],
    ['MIN_TYPES_PER_SIZE', '0', 'minTypesPerSize', 0],
    ['RELAX_ON_FALLBACK', 'no', 'relaxOnFallback', false],
    ['ROLLOUT', '10', 'rollout', 10],
    ['MAX_BLACKLIST_SHARE', '0', 'maxBlacklistShare', 0],
    ['MAX_BLACKLIST_SHARE', '1', 'maxBlacklistShare', 1],
    ['MAX_BLACKLIST_SHARE', '0.75', 'maxBlacklistShare', 0.75],
    ['NEVER_BLACKLIST', '', 'neverBlacklist', []],
    ['NEVER_BLACKLIST', ' , m5.*, c7i*.large, ,', 'neverBlacklist', ['m5.*', 'c7i*.large']],
    ['ALWAYS_BLACKLIST', 'T3.*', 'alwaysBlacklist', ['t3.*']],
    ['RELEASE_CALM', 'yes', 'releaseCalm', true],
    ['OWN_EVIDENCE', 'report', 'ownEvidence', 'report'],
    ['OWN_EVIDENCE', ' Decide\n', 'ownEvidence', 'decide'],
    ['OWN_EVIDENCE_DAYS', '90', 'ownEvidenceDays', 90],
    ['OWN_EVIDENCE_RATIO', '1.1', 'ownEvidenceRatio', 1.1],
    ['OWN_EVIDENCE_REGION', 'EU-Central-1', 'ownEvidenceRegion', 'eu-central-1'],
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

  it('other variables of Lambda or a shell are ignored', () => {
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
  ])('%s is refused, because without %s a run would do more', (mistyped, suggestion) => {
    expect(problemOf({ ...ENVIRONMENT, [mistyped]: 'zq7' })).toContain(
      `${mistyped} is not a setting (did you mean ${suggestion}?)`,
    );
  });
});

describe('an invalid variable is named', () => {
  it.each([
    ['SECRET_ID', ['', ' ', 'two words', 'castai_v1_abc', 'CASTAI_v12_abc']],
    ['OS', ['', ' ', 'x'.repeat(100)]],
    ['INTERRUPTION_THRESHOLD', ['', 'abc', '100', '100.0', '101', '-1', '20%', '1e1', '0x10', 'NaN', '12,5']],
    ['REGION', ['', 'us east 1', '*', 'us-east-1,us-west-2']],
    ['BLACKLIST_HOURS', ['', '0', '0.5', '168.5', '169', '-5', 'five', '5h', 'Infinity']],
    ['DRY_RUN', ['', ' ', 'maybe', 'on', 'off', 'y', 'truee', '2', 'null']],
    ['BATCH_SIZE', ['', '-3', '0', '101', '2.5', 'abc', '1e1', '0x10', '+', 'Infinity']],
    ['BATCH_PAUSE', ['', '-1', '-0.5', 'abc', '5s', '1,5', 'Infinity']],
    ['SCHEDULE_TIMES', ['', ' , ', '8:00', '24:00', '08:60', '08:00:00', '0800', '08:00;09:00', '09:00,x']],
    ['TARGET_NAME', ['', ' ', 'team a', 'a: b', 'a/b', 'x'.repeat(200)]],
    ['MIN_TYPES_PER_ARCHITECTURE', ['', '-1', '1.5', 'many']],
    ['MIN_FAMILIES_PER_ARCHITECTURE', ['', '-1', '1.5', 'many']],
    ['RELAX_ON_FALLBACK', ['', 'maybe']],
    ['ROLLOUT', ['', '0', '0.5', '101', 'x', '10%']],
    ['OWN_EVIDENCE_DAYS', ['', '6', '91']],
    ['OWN_EVIDENCE_RATIO', ['', '1', '11', 'x']],
    ['MAX_BLACKLIST_SHARE', ['', '-0.1', '1.1', '90', '90%', 'all']],
    ['NEVER_BLACKLIST', ['m5 large', '{m5,c5}.*', '["m5.*"]', '!m5.*', 'm[5', 'm5]', '[].large']],
    ['ALWAYS_BLACKLIST', ['m5 large', '(a|b).*', 'm5.*;c5.*', 'c[7-5].*', 'c[*]']],
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
  ])('%s, in each invalid form', (variable, texts) => {
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
