import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { CURRENTLY_RECOMMENDED_FLAGS } from 'aws-cdk-lib/cx-api';
import { UnusablePropsError } from '../construct/props.ts';
import { BundleError, bundleIn } from '../construct/run-function.ts';
import { ConfigurationError, readConfiguration } from './configuration.ts';
import { SpotBlacklistStack } from './stack.ts';

// What `cdk` runs: reads and checks the configuration, and synthesizes one stack, or nothing. The flags are CDK's
// behaviour for new projects, which would be some 90 lines in cdk.json.
const app = new App({ autoSynth: false, context: CURRENTLY_RECOMMENDED_FLAGS });
try {
  const configuration = readConfiguration(app.node.getAllContext());
  const bundle = bundleIn(join(import.meta.dirname, '..', '..'));
  // No account and no region: the AWS profile in use determines both.
  new SpotBlacklistStack(app, 'SpotBlacklist', { configuration, bundle });
  app.synth();
} catch (error) {
  const isRefusal =
    error instanceof ConfigurationError ||
    error instanceof BundleError ||
    error instanceof UnusablePropsError;
  if (!isRefusal) throw error;
  // The user can fix it, so no stack trace.
  console.error(error.message);
  process.exitCode = 1;
}
