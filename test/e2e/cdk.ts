import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '..', '..');

export interface CdkResult {
  readonly status: number | null;
  /** What it wrote to stdout and stderr, in the order in which it came. */
  readonly output: string;
}

/**
 * Runs the CDK CLI in the project's folder, as a user does.
 *
 * @param args the command and its options
 * @param environment all that it sees beside PATH: no proxy and no profile of the developer's
 */
export async function cdk(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<CdkResult> {
  const bin = join(ROOT, 'node_modules', '.bin');
  const child = spawn(join(bin, 'cdk'), [...args, '--no-notices', '--no-color', '--ci'], {
    cwd: ROOT,
    // As npx and npm do: what cdk.json calls `node` is the project's.
    env: {
      PATH: `${bin}:${process.env['PATH']}`,
      // Nothing here is for AWS's statistics, and waiting for them takes seconds.
      CDK_DISABLE_CLI_TELEMETRY: 'true',
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const [status] = await once(child, 'close');
  return { status, output };
}
