import { Command, CommanderError, Option } from 'commander';
import { OPERATIONS, SETTINGS, variableOf } from '../lambda/settings/table.ts';
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
  | { readonly command: 'report'; readonly result: string; readonly page: string | null };

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

Exit codes: 0 done; 1 failed or incomplete, or the output of --json or --report could not be written; 2 wrong usage
(no request was sent).
Ctrl-C, or closing the terminal, stops after the requests under way; a second Ctrl-C gives up on them.
`;

/**
 * @param args what was typed after the command's name
 * @param version of the package
 * @throws {CommandLineEnd} if there is nothing to do but to end
 */
export function readCommandLine(args: readonly string[], version: string, { out, err }: Writers): Invocation {
  let invocation: Invocation | null = null;
  const program = new Command('spot-blacklist')
    .description(
      'Keeps a CAST AI blacklist in step with AWS Spot Advisor: the run of the Lambda function, from a terminal.\n' +
        'It shows its plan and asks before it writes.',
    )
    .usage('[options]\n       spot-blacklist report <result.json> [page.html]')
    .version(version, '--version', 'show the version')
    .helpOption('--help', 'show this text')
    .helpCommand(false)
    .configureHelp({ showGlobalOptions: true })
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
      const flags = Object.fromEntries(
        Object.entries(rest).map(([key, text]) => [variableOf(key), String(text)]),
      );
      invocation = { command: 'run', flags, operation, autoApprove, json, report };
    });
  program
    .command('report')
    .description('make the report page of a result')
    .argument('<result.json>', 'what `aws lambda invoke`, or --json, wrote')
    .argument('[page.html]', 'the page to write (default: beside it, with the same name)')
    .helpOption('--help', 'show this text')
    .action((result: string, page: string | undefined) => {
      invocation = { command: 'report', result, page: page ?? null };
    });
  try {
    program.parse([...args], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    throw new CommandLineEnd(error.exitCode === 0 ? 0 : 2);
  }
  if (invocation === null) throw new CommandLineEnd(2);
  return invocation;
}
