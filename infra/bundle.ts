import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hashOfInputs, inputsFileOf } from '../build/inputs.ts';

/** There is no code to deploy, or it was not built from the current sources. */
export class BundleError extends Error {}

/**
 * The folder with the function's code. `cdk` builds it before each synth (cdk.json's `build`); this is for those
 * who run infra/app.ts without it.
 *
 * @param root the project's folder
 * @throws {BundleError} if the bundle is missing, or was not built from the current sources
 */
export function bundleIn(root: string): string {
  const folder = join(root, 'dist', 'handler');
  if (!existsSync(join(folder, 'index.mjs')))
    throw new BundleError('dist/handler/index.mjs is missing: run npm run build.');
  const inputs = inputsFileOf(folder);
  if (!existsSync(inputs) || readFileSync(inputs, 'utf8') !== hashOfInputs(root))
    throw new BundleError('dist/handler was not built from the current sources: run npm run build.');
  return folder;
}
