import { describe, expect, it } from 'vitest';
import { ENVIRONMENT, flat, problemOf } from '../../support/settings.ts';

describe('a live payload holds nothing but `operation` and `dryRun`', () => {
  const WHAT_IFS = {
    ...{ secretId: 'other', targetName: 'b', formerTargetName: 'c', region: 'eu-west-1', os: 'Windows' },
    ...{ interruptionThreshold: 5, blacklistHours: 12, batchSize: 3, batchPause: 0, releaseCalm: true },
    ...{ minTypesPerArchitecture: 0, minFamiliesPerArchitecture: 0, maxBlacklistShare: 1 },
    ...{ neverBlacklist: [], alwaysBlacklist: ['*'] },
  };

  it.each(Object.entries(WHAT_IFS))('%s: %j is accepted in a dry run only', (key, value) => {
    const problem = `payload key ${key} is for dry runs only: it needs "dryRun": true beside it`;
    for (const live of [{}, { dryRun: false }, { operation: 'apply' }, { operation: 'clear' }]) {
      expect(problemOf(ENVIRONMENT, { ...live, [key]: value })).toContain(problem);
      // A deployed dry run may be switched live; a payload has to say itself that it is one.
      expect(problemOf({ ...ENVIRONMENT, DRY_RUN: 'true' }, { ...live, [key]: value })).toContain(problem);
    }
    expect(flat({}, { dryRun: true, [key]: value })).toMatchObject({ dryRun: true });
    expect(flat({}, { operation: 'clear', dryRun: true, [key]: value })).toMatchObject({ dryRun: true });
  });

  it.each([{ operation: 'clear' }, { operation: 'apply' }, { dryRun: false }, { dryRun: true }])(
    '%j is accepted',
    (payload) => {
      expect(flat({}, payload)).toMatchObject(payload);
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
