import { Command, CommanderError } from 'commander';
import { closest, distance } from 'fastest-levenshtein';
import * as v from 'valibot';
import { SETTING_LIST } from '../lambda/settings/table.ts';
import { addFormerForm } from './commands/run.ts';
import { CREDENTIALS, flagOf, POLICY } from './run/flags.ts';
import type { CommandRow, Invocation } from './run/invocation.ts';

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
In a clone of the project, write "npm run -s spot-blacklist --" for
"spot-blacklist".

Examples:
  Complete runs, offline, against a stand-in for AWS and CAST AI:
    spot-blacklist demo

  A first look, without any account:
    spot-blacklist plan --region us-east-1 --os Linux \\
      --interruption-threshold 20 --report page.html

  What would change on a cluster, and then the change, after confirmation:
    export API_KEY=... ORG_ID=... CLUSTER_ID=...
    spot-blacklist plan --os Linux --interruption-threshold 20
    spot-blacklist apply --os Linux --interruption-threshold 20

  In a pipeline, with the function's secret:
    spot-blacklist apply --secret-id spot-blacklist/castai --os Linux \\
      --interruption-threshold 20 --auto-approve --json > result.json

  Remove everything that this target has blacklisted:
    spot-blacklist clear --secret-id spot-blacklist/castai

  The page of the function's result:
    echo '{"dryRun":true}' | aws lambda invoke --function-name ... \\
      --payload fileb:///dev/stdin result.json
    spot-blacklist report result.json page.html

  What has changed since a result was written:
    spot-blacklist plan --secret-id spot-blacklist/castai --os Linux \\
      --interruption-threshold 20 --json > today.json
    spot-blacklist diff result.json today.json

Without a command, the flags are those of apply; with --dry-run, of plan.

Exit codes: 0 done, or not approved; 1 failed or incomplete, or the output could
not be written; 2 wrong usage (no request was sent). With --detailed-exitcode,
as Terraform's: 0 nothing to do; 2 changes are pending; 1 any error.
Ctrl-C, or closing the terminal, stops after the requests in flight; a second
Ctrl-C aborts them.
`;

/** Variables that `apply` needs: an environment without any of them is not meant for this. */
const NEEDED = [...POLICY, ...CREDENTIALS];

/**
 * @param args the arguments after the command's name
 * @param environment shows which flags npm consumed, and whether it has settings
 * @param version of the package
 * @param commands in the order of the help
 * @throws {CommandLineEnd} after help or a usage error
 */
export function readCommandLine(
  args: readonly string[],
  environment: Environment,
  version: string,
  writers: Writers,
  commands: readonly CommandRow[],
): Invocation {
  let invocation: Invocation | null = null;
  const program = makeProgram(version, writers, commands, (typed) => {
    invocation = typed;
  });
  try {
    refuseTakenByNpm(program, args, environment);
    if (args.length === 0 && NEEDED.every((name) => environment[name] === undefined))
      program.help({ error: true });
    program.parse([...args], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    throw new CommandLineEnd(error.exitCode === 0 ? 0 : 2);
  }
  if (invocation === null) throw new CommandLineEnd(2);
  return invocation;
}

/** The minimum width beside the flags, in columns, at which their help is wrapped: the flags take half of 80. */
const NARROWEST_HELP = 20;

const helpHint = (command: string) => `(${command} --help explains every flag)`;

function makeProgram(
  version: string,
  { out, err }: Writers,
  commands: readonly CommandRow[],
  typed: (invocation: Invocation) => void,
): Command {
  const program = new Command('spot-blacklist')
    .description(
      'Keeps a CAST AI blacklist in step with AWS Spot Advisor: the same run as the Lambda function, from a terminal.',
    )
    .usage('<command> [flags]')
    .version(version, '--version', 'show the version')
    .helpOption('-h, --help', "show this text; after a command, that command's")
    .helpCommand('help [command]', 'show the help of a command')
    .enablePositionalOptions()
    .configureOutput({ writeOut: out, writeErr: err })
    .showHelpAfterError(helpHint('spot-blacklist'))
    .exitOverride()
    .addHelpText('after', EXAMPLES)
    .configureHelp({ subcommandTerm: (command) => command.name(), minWidthToWrap: NARROWEST_HELP });
  for (const { name, summary, notes, define } of commands) {
    const command = program
      .command(name)
      .description(summary)
      .helpOption('-h, --help', 'show this text')
      .showHelpAfterError(helpHint(`spot-blacklist ${name}`));
    if (notes !== undefined) command.addHelpText('after', notes);
    define(command, (invocation) => {
      if (invocation.command !== 'run') refuseEarlyFlags(program, command);
      typed(invocation);
    });
  }
  // Only for the error about an unknown command: known ones have been recognized before.
  program.argument('[word...]');
  addFormerForm(program, typed);
  program.hook('preAction', (_, command) => {
    const [word] = program.args;
    if (command === program && word !== undefined) refuseUnknown(program, word);
    refuseEmpty(program, command);
  });
  return program;
}

/** Flags before a command that does not know them would be ignored. */
function refuseEarlyFlags(program: Command, command: Command): void {
  const [early] = program.options.filter((option) => program.getOptionValueSource(option.attributeName()));
  if (early === undefined) return;
  program.error(
    `error: ${early.long} stands before the command '${command.name()}', which does not have this flag`,
  );
}

/** An empty value is usually an unset shell variable. For a file it would be noticed too late, for a list not at all. */
function refuseEmpty(program: Command, command: Command): void {
  const isEmpty = (value: unknown) => typeof value === 'string' && value.trim() === '';
  const flags = [program, command].flatMap((one) =>
    one.options.filter((option) => isEmpty(one.getOptionValue(option.attributeName()))),
  );
  const flag = flags.find(({ long }) => !RULED.includes(long ?? ''))?.flags;
  const argument = command.registeredArguments.find((_, index) => isEmpty(command.args[index]))?.name();
  const empty = flag ?? argument;
  if (empty !== undefined) program.error(`error: '${empty}' has an empty value`);
}

/** The flags of settings whose own rule rejects an empty value with a better message. */
const RULED = SETTING_LIST.filter(({ rule }) => rule.text !== null && !v.is(rule.text, '')).map(
  ({ variable }) => flagOf(variable),
);

/** The maximum edit distance: two is a transposition, such as `paln`. A wrong guess does no harm here. */
const NEAR = 2;

function refuseUnknown(program: Command, word: string): never {
  const nearest = closest(
    word,
    program.commands.map((command) => command.name()),
  );
  const hint = distance(word, nearest) > NEAR ? '' : `\n(Did you mean ${nearest}?)`;
  return program.error(`error: unknown command '${word}'${hint}`);
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
  const named = program.commands.find((one) => args.includes(one.name()));
  const command = named ?? program;
  const isTyped = (flag: string) => args.some((arg) => arg.split('=', 1)[0] === flag);
  const taken = command.options
    .flatMap(({ long }) => long ?? [])
    .filter((flag) => environment[`npm_config_${flag.slice(2).replaceAll('-', '_')}`] && !isTyped(flag));
  if (taken.length === 0) return;
  // The other scripts contain their command.
  const words = named !== undefined && event === script ? [named.name(), ...taken] : taken;
  const typed = `npm ${event === 'start' ? event : `run ${event}`} -- ${words.join(' ')} …`;
  program.error(`error: npm consumed ${taken.join(' and ')}. Write -- before the flags: ${typed}`);
}
