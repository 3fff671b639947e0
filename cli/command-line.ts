import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { OPERATIONS, SETTINGS, variableOf } from '../lambda/settings/table.ts';
import { FORMATS, type Format } from './diff-view.ts';
import { FLAGS, flagOf } from './flags.ts';

/** The parsed command line; values are not validated yet. */
export type Invocation =
  | {
      readonly command: 'run';
      /** The flags that stand for variables, by variable. */
      readonly flags: Readonly<Record<string, string>>;
      readonly operation: string;
      readonly autoApprove: boolean;
      readonly json: boolean;
      /** The report page's file; null for none. */
      readonly report: string | null;
    }
  | { readonly command: 'report'; readonly result: string; readonly page: string | null }
  | {
      readonly command: 'diff';
      readonly before: string;
      readonly after: string;
      readonly format: Format;
    }
  | {
      readonly command: 'demo';
      /** As for a run. */
      readonly flags: Readonly<Record<string, string>>;
      /** The feed file; null for the bundled one. */
      readonly feed: string | null;
      readonly live: boolean;
      readonly serve: boolean;
      /** Null for any free port. */
      readonly port: number | null;
      readonly report: string | null;
    };

type Environment = Readonly<Record<string, string | undefined>>;

/** Ends the command: help was printed, or a usage error. */
export class CommandLineEnd extends Error {
  readonly exitCode: 0 | 2;

  constructor(exitCode: 0 | 2) {
    super('the command line ends here');
    this.exitCode = exitCode;
  }
}

export interface Writers {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

const EXAMPLES = `
Every flag above can also be set as an environment variable: REGION, OS, INTERRUPTION_THRESHOLD ...
Flags take precedence. AUTO_APPROVE=true means --auto-approve.

In a clone of the project, write "npm run -s spot-blacklist --" for "spot-blacklist".

Examples:
  Complete runs, offline, against a stand-in for AWS and CAST AI:
    spot-blacklist demo

  A first look, without any account:
    spot-blacklist --region us-east-1 --os Linux --interruption-threshold 20 --dry-run --report page.html

  What would change on a cluster, and then the change, after confirmation:
    export API_KEY=... ORG_ID=... CLUSTER_ID=...
    spot-blacklist --os Linux --interruption-threshold 20 --dry-run
    spot-blacklist --os Linux --interruption-threshold 20

  In a pipeline, with the function's secret:
    spot-blacklist --secret-id spot-blacklist/castai --os Linux --interruption-threshold 20 --auto-approve --json > result.json

  Remove everything that this target has blacklisted:
    spot-blacklist --operation clear --secret-id spot-blacklist/castai

  The page of the function's result:
    echo '{"dryRun":true}' | aws lambda invoke --function-name ... --payload fileb:///dev/stdin result.json
    spot-blacklist report result.json page.html

  What has changed since a result was written:
    spot-blacklist --secret-id spot-blacklist/castai --os Linux --interruption-threshold 20 --dry-run --json > today.json
    spot-blacklist diff result.json today.json

Exit codes: 0 done; 1 failed or incomplete, or the output of --json or --report could not be written; 2 wrong usage
(no request was sent).
Ctrl-C, or closing the terminal, stops after the requests in flight; a second Ctrl-C aborts them.
`;

/**
 * @param args the arguments after the command's name
 * @param environment shows which flags npm consumed
 * @param version of the package
 * @throws {CommandLineEnd} after help or a usage error
 */
export function readCommandLine(
  args: readonly string[],
  environment: Environment,
  version: string,
  { out, err }: Writers,
): Invocation {
  let invocation: Invocation | null = null;
  const program = new Command('spot-blacklist')
    .description(
      'Keeps a CAST AI blacklist in step with AWS Spot Advisor: the same run as the Lambda function, from a terminal.\n' +
        'It shows its plan and asks before it writes.',
    )
    .usage(
      '[options]\n       spot-blacklist report <result.json> [page.html]\n       spot-blacklist diff <before.json> <after.json>\n       spot-blacklist demo [options]',
    )
    .version(version, '--version', 'show the version')
    .helpOption('-h, --help', 'show this text')
    .helpCommand(false)
    .enablePositionalOptions()
    .configureOutput({ writeOut: out, writeErr: err })
    .showHelpAfterError('(--help explains every flag)')
    .exitOverride()
    .addHelpText('after', EXAMPLES);
  for (const { variable, value, help, heading } of FLAGS) {
    const shown = `${flagOf(variable)} ${value === null ? '[yes|no]' : `<${value}>`}`;
    program.addOption(new Option(shown, help).helpGroup(heading));
  }
  program
    .addOption(
      new Option('--operation <name>', 'clear removes the entries of this target')
        .choices(OPERATIONS)
        .default(SETTINGS.operation.default),
    )
    .option('--auto-approve', 'write without asking', false)
    .option('--json', 'print the result object, and nothing else, on stdout', false)
    .option('--report <file.html>', 'write the report page')
    .action(() => {
      const { operation, autoApprove, json, report = null, ...rest } = program.opts();
      invocation = { command: 'run', flags: byVariable(rest), operation, autoApprove, json, report };
    });
  program
    .command('report')
    .description('make the report page of a result')
    .argument('<result.json>', 'the output of `aws lambda invoke` or --json')
    .argument('[page.html]', 'the page to write (default: the same name with .html)')
    .helpOption('-h, --help', 'show this text')
    .action((result: string, page: string | undefined) => {
      invocation = { command: 'report', result, page: page ?? null };
    });
  program
    .command('diff')
    .description('show what changed between two results of a target')
    .argument('<before.json>', 'the earlier result')
    .argument('<after.json>', 'the later one')
    .addOption(
      new Option('--format <name>', 'how the changes are written').choices(FORMATS).default(FORMATS[0]),
    )
    .helpOption('-h, --help', 'show this text')
    .action((before: string, after: string, { format }: { format: Format }) => {
      invocation = { command: 'diff', before, after, format };
    });
  addDemo(program, (typed) => {
    invocation = typed;
  });
  try {
    refuseTakenByNpm(program, args, environment);
    program.parse([...args], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    throw new CommandLineEnd(error.exitCode === 0 ? 0 : 2);
  }
  if (invocation === null) throw new CommandLineEnd(2);
  return invocation;
}

function addDemo(program: Command, onTyped: (invocation: Invocation) => void): void {
  program
    .command('demo')
    .description(
      'show a dry run and two live runs on a local stand-in for AWS and CAST AI: no account needed',
    )
    .option('--region <name>', 'AWS region of the cluster', 'us-east-1')
    .option('--os <name>', 'operating system, as the feed names it', 'Linux')
    .option('--interruption-threshold <percent>', 'the interruptions you tolerate, 0 to below 100', '20')
    // The former name of the flag.
    .addOption(new Option('--threshold <percent>').hideHelp())
    .addOption(new Option('--feed <file>', 'another Spot Advisor feed, .json or .json.gz').conflicts('live'))
    .option('--live', "AWS's current feed")
    .option('--serve', 'keep the stand-in and the function running, for `aws lambda invoke`')
    .addOption(
      new Option('--port <port>', 'with --serve: where to listen (default: any free port)')
        .argParser(portIn)
        .implies({ serve: true }),
    )
    .addOption(
      new Option('--report <file.html>', 'write the report page of the first live run').conflicts([
        'serve',
        'port',
      ]),
    )
    .helpOption('-h, --help', 'show this text')
    .action(({ region, os, interruptionThreshold, threshold, ...rest }) => {
      const { feed = null, live = false, serve = false, port = null, report = null } = rest;
      const flags = byVariable({ region, os, interruptionThreshold: threshold ?? interruptionThreshold });
      onTyped({ command: 'demo', flags, feed, live, serve, port, report });
    });
}

/**
 * npm treats flags before a `--` as its own settings, and passes them on as variables only. A `--dry-run` lost that way
 * must not become a live run.
 *
 * @throws {CommanderError} if npm has consumed a flag
 */
function refuseTakenByNpm(program: Command, args: readonly string[], environment: Environment): void {
  const { npm_package_name: script, npm_lifecycle_event: event = '' } = environment;
  if (script !== program.name()) return;
  const command = program.commands.find((one) => one.name() === args[0]) ?? program;
  const isTyped = (flag: string) => args.some((arg) => arg.split('=', 1)[0] === flag);
  const taken = command.options
    .flatMap(({ long }) => long ?? [])
    .filter((flag) => environment[`npm_config_${flag.slice(2).replaceAll('-', '_')}`] && !isTyped(flag));
  if (taken.length === 0) return;
  const typed = `npm ${event === 'start' ? event : `run ${event}`} -- ${taken.join(' ')} …`;
  program.error(`error: npm consumed ${taken.join(' and ')}. Write -- before the flags: ${typed}`);
}

/** @returns the settings' flags, by variable */
function byVariable(options: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(Object.entries(options).map(([key, text]) => [variableOf(key), String(text)]));
}

/** @throws {InvalidArgumentError} if it is not a port */
function portIn(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port >= 1 && port <= 65_535) return port;
  throw new InvalidArgumentError('It must be a number from 1 to 65535.');
}
