import { ConfigurationError, readConfiguration } from '../../infra/stack/configuration.ts';

export const TARGET = { name: 'default', os: 'Linux', interruptionThreshold: 20, blacklistHours: 12 };
export const MINIMAL = { secretName: 'spot-blacklist/castai', schedule: 'rate(1 hour)', targets: [TARGET] };

/** @param more what else is in CDK's context */
export const read = (configuration: unknown, more: Record<string, string> = {}) =>
  readConfiguration({ 'spot-blacklist': configuration, ...more });

/** Every problem with a configuration; none if it is valid. */
export function problemsOf(configuration: unknown, more: Record<string, string> = {}): readonly string[] {
  try {
    read(configuration, more);
    return [];
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
}
