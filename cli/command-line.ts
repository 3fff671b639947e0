import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { OPERATIONS, SETTINGS, variableOf } from '../lambda/settings/table.ts';
import { FORMATS, type Format } from './diff-view.ts';
import { FLAGS, flagOf } from './flags.ts';

/** What was typed, before anybody has judged the values. */
export type Invocation =
  | {
      readonly command: 'run';
      /** The flags that stand for variables, by variable. */
      readonly flags: Readonly<Record<string, string>>;
      readonly operation: string;
      readonly autoApprove: boolean;
      readonly json: boolean;
      /** Where the report page goes; null for nowhere. */
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
      /** The feed file; null for the one that comes with the demonstration. */
      readonly feed: string | null;
      readonly live: boolean;
      readonly serve: boolean;
      /** Null for any free port. */
      readonly port: number | null;
      readonly report: string | null;
    };

type Environment = Readonly<Record<string, string | undefined>>;

/** Help was asked for, or what was typed makes no sense; everything has been said by then. */
export class CommandLineEnd extends Error {
  readonly exitCode: 0 | 2;

  constructor(exitCode: 0 | 2) {
    super('the command line has been answered');
    this.exitCode = exitCode;
  }
}

export interface Writers {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

const EXAMPLES = `
Every flag above can be an environment variable of its name instead: REGION, OS, INTERRUPTION_THRESHOLD ...
Flags win. AUTO_APPROVE=true is --auto-approve.

In a clone of the project, write "npm run -s spot-blacklist --" for "spot-blacklist".

Examples:
  The whole job, offline, on a stand-in for AWS and CAST AI:
    spot-blacklist demo

  A first look, without any account:
    spot-blacklist --region us-east-1 --os Linux --interruption-threshold 20 --dry-run --report page.html

  What would change on a cluster, and then the change, after a question:
    export API_KEY=... ORG_ID=... CLUSTER_ID=...
    spot-blacklist --os Linux --interruption-threshold 20 --dry-run
    spot-blacklist --os Linux --interruption-threshold 20

  In a pipeline, with the function's secret:
    spot-blacklist --secret-id spot-blacklist/castai --os Linux --interruption-threshold 20 --auto-approve --json > result.json

  Take everything back that this target has blacklisted:
    spot-blacklist --operation clear --secret-id spot-blacklist/castai

  The page of what the function returned:
    aws lambda invoke --function-name ... --cli-binary-format raw-in-base64-out --payload '{"dryRun":true}' result.json
    spot-blacklist report result.json page.html

  What has changed since a result was written:
    spot-blacklist --secret-id spot-blacklist/castai --os Linux --interruption-threshold 20 --dry-run --json > today.json
    spot-blacklist diff result.json today.json

Exit codes: 0 done; 1 failed or incomplete, or the output of --json or --report could not be written; 2 wrong usage
(no request was sent).
Ctrl-C, or closing the terminal, stops after the requests under way; a second Ctrl-C gives up on them.
`;

/**
 * @param args what was typed after the command's name
 * @param environment tells what npm took for itself
 * @param version of the package
 * @throws {CommandLineEnd} if there is nothing to do but to end
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
      'Keeps a CAST AI blacklist in step with AWS Spot Advisor: the run of the Lambda function, from a terminal.\n' +
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
    .argument('<result.json>', 'what `aws lambda invoke`, or --json, wrote')
    .argument('[page.html]', 'the page to write (default: beside it, with the same name)')
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
    .option('--interruption-threshold <percent>', 'what you tolerate, 0 to below 100', '20')
    // What `npm start` took at first.
    .addOption(new Option('--threshold <percent>').hideHelp())
    .addOption(new Option('--feed <file>', 'another Spot Advisor feed, .json or .json.gz').conflicts('live'))
    .option('--live', "AWS's own feed of today")
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
 * npm takes flags that stand before a `--` for settings of its own, and passes them on as variables only. A `--dry-run`
 * that was lost like that must not go live.
 *
 * @throws {CommanderError} if that has happened
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
  program.error(`error: npm took ${taken.join(' and ')} for its own. Write -- before the flags: ${typed}`);
}

/** @returns flags that stand for settings, by variable */
function byVariable(options: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(Object.entries(options).map(([key, text]) => [variableOf(key), String(text)]));
}

/** @throws {InvalidArgumentError} if it is no port */
function portIn(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port >= 1 && port <= 65_535) return port;
  throw new InvalidArgumentError('It must be a number from 1 to 65535.');
}
