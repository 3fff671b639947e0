import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { CURRENTLY_RECOMMENDED_FLAGS } from 'aws-cdk-lib/cx-api';
import { type Configuration, readConfiguration } from '../../infra/configuration.ts';
import { SpotBlacklistStack } from '../../infra/stack.ts';

export const TARGET = { name: 'default', os: 'Linux', interruptionThreshold: 20, blacklistHours: 12 };

export interface Synthesized extends Disposable {
  readonly app: App;
  readonly stack: SpotBlacklistStack;
  readonly template: Template;
}

/** A configuration: hourly, one target, and what `changes` says. */
export function configured(changes: Readonly<Record<string, unknown>> = {}): Configuration {
  return readConfiguration({
    'spot-blacklist': { secretName: 'some/secret', schedule: 'rate(1 hour)', targets: [TARGET], ...changes },
  });
}

/**
 * Synthesizes the stack of a configuration, with a stand-in for the bundle.
 *
 * @param changes see {@link configured}
 */
export function synthesize(changes: Readonly<Record<string, unknown>> = {}): Synthesized {
  const folder = mkdtempSync(join(tmpdir(), 'spot-blacklist-synth-'));
  const bundle = mkdtempSync(join(folder, 'bundle-'));
  writeFileSync(join(bundle, 'index.mjs'), 'export const handler = () => {};\n');
  const app = new App({
    autoSynth: false,
    context: CURRENTLY_RECOMMENDED_FLAGS,
    outdir: join(folder, 'out'),
  });
  const stack = new SpotBlacklistStack(app, 'SpotBlacklist', {
    configuration: configured(changes),
    bundle,
  });
  return {
    app,
    stack,
    // Not before it is asked for: synthesizing prints the warnings.
    get template() {
      return Template.fromStack(stack);
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}
