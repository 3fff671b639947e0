import { describe, expect, it } from 'vitest';
import { ENVIRONMENT, problemOf, SCHEDULED_EVENT } from '../../support/settings.ts';

describe('an invalid payload key is named', () => {
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
    ['minTypesPerTemplate', ['5', -1, 1.5, null]],
    ['minFamiliesPerArchitecture', ['5', -1, 1.5, null]],
    ['maxBlacklistShare', ['0.9', -0.1, 1.1, null]],
    ['neverBlacklist', ['m5.*', [''], [5], ['m5 large'], {}, null]],
    ['alwaysBlacklist', ['m5.*', [''], [5], [null], {}, null]],
    ['releaseCalm', ['true', 1, null]],
  ])('%s, in each invalid form', (key, values) => {
    for (const value of values) {
      expect(problemOf(ENVIRONMENT, { [key]: value }), JSON.stringify(value)).toMatch(
        new RegExp(`payload key ${key}(\\.0)? must be`),
      );
    }
  });
});

it.each([
  [0.2, 20],
  [0.07, 7],
  [0.999, 99.9],
])('the threshold %d is a share, and percent are asked for', (share, percent) => {
  const question = `must be in percent, not a share (did you mean ${percent}?). Correct`;
  expect(problemOf(ENVIRONMENT, { dryRun: true, interruptionThreshold: share })).toContain(
    `payload key interruptionThreshold ${question}`,
  );
  expect(problemOf({ ...ENVIRONMENT, INTERRUPTION_THRESHOLD: String(share) })).toContain(
    `INTERRUPTION_THRESHOLD ${question}`,
  );
});

describe('an unknown payload key is refused, so that a misspelt dryRun does not go live', () => {
  it.each([
    ['dryrun', 'dryRun'],
    ['DryRun', 'dryRun'],
    ['DRY_RUN', 'dryRun'],
    ['dry-run', 'dryRun'],
    ['batch_size', 'batchSize'],
    ['INTERRUPTION_THRESHOLD', 'interruptionThreshold'],
    ['Os', 'os'],
  ])('%s, with the suggestion %s', (key, suggestion) => {
    expect(problemOf(ENVIRONMENT, { [key]: true })).toMatch(
      new RegExp(`payload key "${key}" is not known \\(did you mean ${suggestion}\\?\\)`),
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

  it('gets no suggestion if it resembles no other', () => {
    expect(problemOf(ENVIRONMENT, { colour: 'red' })).toContain('payload key "colour" is not known. ');
  });

  it('is not repeated in full if it is long', () => {
    expect(problemOf(ENVIRONMENT, { ['x'.repeat(10_000)]: true }).length).toBeLessThan(400);
  });

  it('is named with all other unknown ones', () => {
    const problem = problemOf(ENVIRONMENT, { dryrun: true, regions: ['a'], Threshold: 5, batchSize: 5 });
    for (const key of ['dryrun', 'regions', 'Threshold']) expect(problem).toContain(`"${key}" is not known`);
    expect(problem).not.toContain('batchSize must be');
  });

  it('is refused next to the keys of EventBridge’s event', () => {
    expect(problemOf(ENVIRONMENT, { ...SCHEDULED_EVENT, dryRun: true })).toContain('is not known');
    expect(problemOf(ENVIRONMENT, { ...SCHEDULED_EVENT, dryrun: true })).toContain('"dryrun" is not known');
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

it('a key that the payload cannot have does not hide a problem of the variable of that name', () => {
  const environment = { ...ENVIRONMENT, CASTAI_API_URL: 'http://api.cast.ai' };
  const problem = problemOf(environment, { castaiApiUrl: 'https://api.cast.ai' });
  expect(problem).toContain('CASTAI_API_URL must be');
  expect(problem).toContain('"castaiApiUrl" is not known');
});

it('no problem quotes a value', () => {
  const secret = 'zq7-do not show-7qz';
  const variables = [
    ...['SECRET_ID', 'OS', 'INTERRUPTION_THRESHOLD', 'REGION', 'BLACKLIST_HOURS', 'DRY_RUN', 'BATCH_SIZE'],
    ...['BATCH_PAUSE', 'TARGET_NAME', 'MIN_TYPES_PER_ARCHITECTURE', 'MIN_FAMILIES_PER_ARCHITECTURE'],
    ...['MAX_BLACKLIST_SHARE', 'NEVER_BLACKLIST', 'ALWAYS_BLACKLIST', 'RELEASE_CALM', 'CASTAI_API_URL'],
    'SPOT_ADVISOR_URL',
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
