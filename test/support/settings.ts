// What the tests of settings share.
import { expect } from 'vitest';
import { SettingsError } from '../../lambda/domain/errors.ts';
import { readSettings } from '../../lambda/settings/settings.ts';

export const ENVIRONMENT = { SECRET_ID: 'spot-blacklist/castai', OS: 'Linux', INTERRUPTION_THRESHOLD: '20' };

/** What a scheduled rule without a constant input sends. */
export const SCHEDULED_EVENT = {
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

const read = (environment: Record<string, string | undefined> = {}, payload?: unknown) =>
  readSettings({ ...ENVIRONMENT, ...environment }, payload);

/** All settings in one object, the policy's among them. */
export function flat(
  environment?: Record<string, string | undefined>,
  payload?: unknown,
): Record<string, unknown> {
  const settings = read(environment, payload);
  return settings.operation === 'apply' ? { ...settings, ...settings.policy } : { ...settings };
}

/** @returns the message of the error */
export function problemOf(environment: Record<string, string | undefined>, payload?: unknown): string {
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
