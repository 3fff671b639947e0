import { describe, expect, it } from 'vitest';
import { readableSettings } from '../../../lambda/settings/settings.ts';

const ENVIRONMENT = { TARGET_NAME: 'blue', REGION: 'eu-west-1', EVENT_BUS: 'default' };

describe('from unusable settings,', () => {
  it('valid values are still read', () => {
    const environment = { ...ENVIRONMENT, INTERRUPTION_THRESHOLD: 'many', DRYRUN: 'yes' };
    expect(readableSettings(environment, { operation: 'clear', unknown: 1 })).toMatchObject({
      targetName: 'blue',
      region: 'eu-west-1',
      operation: 'clear',
      eventBus: 'default',
      dryRun: false,
    });
  });

  it.each([5, 'text', [], null])('the environment is read despite the payload %j', (payload) => {
    expect(readableSettings(ENVIRONMENT, payload)).toMatchObject({ targetName: 'blue', operation: 'apply' });
  });

  it('invalid values are omitted, and not returned', () => {
    const wrong = {
      TARGET_NAME: 'a b',
      REGION: 'us_east',
      EVENT_BUS: 'castai_v1_0123456789',
      DRY_RUN: 'maybe',
    };
    const settings = readableSettings(wrong, { os: ['Linux'] });
    for (const key of ['targetName', 'region', 'eventBus', 'dryRun', 'os'])
      expect(settings).toHaveProperty(key, undefined);
  });
});
