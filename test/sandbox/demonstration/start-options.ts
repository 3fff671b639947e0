import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { commandMeant } from './npm-options.ts';

/** What `npm start -- ARGS` was asked for. */
export interface StartOptions {
  /** As typed, like the OS and the threshold: the function judges them, as it would judge its environment. */
  readonly region: string;
  readonly os: string;
  readonly threshold: string;
  /** The feed file to serve, as an absolute path; left out: the snapshot that comes with the sandbox. */
  readonly feedFile?: string;
  /** Whether the function fetches AWS's own feed. */
  readonly live: boolean;
  /** Whether to stay up for `aws lambda invoke`. */
  readonly serve: boolean;
  /** Where to listen for it; left out: any free port. */
  readonly port?: number;
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
  --port PORT        with --serve: where to listen (any free port)
  -h, --help         this text
`;

const OPTIONS = {
  region: { type: 'string' },
  os: { type: 'string' },
  threshold: { type: 'string' },
  feed: { type: 'string' },
  live: { type: 'boolean' },
  serve: { type: 'boolean' },
  port: { type: 'string' },
} as const;

/** What was typed makes no sense; the message says why. */
export class UsageError extends Error {}

/**
 * Reads the command line.
 *
 * @param environment tells what npm took for itself
 * @throws {UsageError} for unknown, contradicting or misplaced options
 */
export function parseOptions(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>> = process.env,
): StartOptions {
  const { values, positionals } = parse(args);
  const meant = commandMeant(OPTIONS, environment, Object.keys(values), positionals);
  if (meant !== undefined)
    throw new UsageError(`npm took options for its own. Write -- before them: ${meant}`);
  if (positionals.length > 0)
    throw new UsageError(
      `Unexpected argument '${positionals[0]}'. Options come after --: npm start -- --region eu-west-1`,
    );
  const { region = 'us-east-1', os = 'Linux', threshold = '20', feed } = values;
  const { live = false, serve = false, help = false } = values;
  if (feed !== undefined && live) throw new UsageError('--feed and --live exclude each other.');
  if (feed === '') throw new UsageError('--feed needs the name of a file.');
  if (values.port !== undefined && !serve) throw new UsageError('--port goes with --serve.');
  return {
    ...{ region, os, threshold, live, serve, help },
    ...(feed === undefined ? {} : { feedFile: resolve(feed) }),
    ...(values.port === undefined ? {} : { port: portOf(values.port) }),
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: { ...OPTIONS, help: { type: 'boolean', short: 'h' } },
      allowPositionals: true,
    });
  } catch (error) {
    throw new UsageError(inOneSentence(error, args));
  }
}

/** Node's own messages go on for three lines, about cases that are not ours. */
function inOneSentence(error: unknown, args: readonly string[]): string {
  const [message = ''] = (error instanceof Error ? error.message : String(error)).split(/\.?\n|\. |\.$/);
  const option = /^Option '(?:-\w, )?(--\w+)/.exec(message)?.[1];
  if (!message.endsWith('argument is ambiguous') || option === undefined) return `${message}.`;
  const next = args[args.indexOf(option) + 1] ?? '';
  return next.startsWith('--')
    ? `${option} needs a value.`
    : `${option} needs a value. If ${next} is meant, write ${option}=${next}`;
}

function portOf(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port >= 1 && port <= 65_535) return port;
  throw new UsageError(`--port must be a number from 1 to 65535, and not ${text}.`);
}
