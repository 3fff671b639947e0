import { parseArgs } from 'node:util';

/** What `npm start -- ARGS` was asked for. */
export interface StartOptions {
  readonly region: string;
  readonly os: string;
  /** As typed: the function judges it, as it would judge its environment. */
  readonly threshold: string;
  /** The feed file to serve; left out: the snapshot that comes with the sandbox. */
  readonly feedFile?: string;
  /** Whether the function fetches AWS's own feed. */
  readonly live: boolean;
  /** Whether to stay up for `aws lambda invoke`. */
  readonly serve: boolean;
  readonly help: boolean;
}

export const USAGE = `Runs the built Lambda function against a local AWS and a local CAST AI.

Usage: npm start -- [options]

  --region REGION    AWS region of the cluster (us-east-1)
  --os OS            operating system, as the feed names it (Linux)
  --threshold N      interruption percentage that is tolerated (20)
  --feed FILE        another Spot Advisor document, .json or .json.gz
  --live             AWS's own feed, fetched now
  --serve            stay up for \`aws lambda invoke --endpoint-url ...\`
  --help             this text
`;

/** What was typed makes no sense; the message says why. */
export class UsageError extends Error {}

/** Reads the command line. @throws {UsageError} for unknown or contradicting options. */
export function parseOptions(args: readonly string[]): StartOptions {
  const { feed, ...values } = parse(args);
  if (feed !== undefined && values.live) throw new UsageError('--feed and --live exclude each other.');
  return { ...values, ...(feed === undefined ? {} : { feedFile: feed }) };
}

function parse(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        region: { type: 'string', default: 'us-east-1' },
        os: { type: 'string', default: 'Linux' },
        threshold: { type: 'string', default: '20' },
        feed: { type: 'string' },
        live: { type: 'boolean', default: false },
        serve: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    return values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
