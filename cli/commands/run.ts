import { type Command, Option, type OptionValues } from 'commander';
import { EVIDENCE_HEADING } from '../../lambda/settings/table.ts';
import type { DeploymentSource } from '../run/deployment.ts';
import { byVariable, FLAGS, flagOf } from '../run/flags.ts';
import { type CommandRow, type Invocation, PLAN_FORMATS, type RunInvocation } from '../run/invocation.ts';

const ENVIRONMENT = `
Every setting can also be set as an environment variable: REGION, OS,
INTERRUPTION_THRESHOLD ... Flags take precedence over the environment, and that
over --config.`;

const APPROVAL = `${ENVIRONMENT}
AUTO_APPROVE=true means --auto-approve. If you answer no, nothing is written,
and the exit code is 0.`;

export const PLAN: CommandRow = {
  name: 'plan',
  summary: 'show what a run would change; writes nothing',
  notes: ENVIRONMENT,
  define(command, typed) {
    addSettings(command, ['DRY_RUN']);
    addOwnEvidence(command);
    addFeed(command);
    addOutput(command);
    command.action((_, { parent }: Command) =>
      typed(runOf({ ...parent?.opts(), ...command.opts(), dryRun: true }, 'apply')),
    );
  },
};

export const APPLY: CommandRow = {
  name: 'apply',
  summary: 'show the plan, ask, and write it',
  notes: APPROVAL,
  define(command, typed) {
    addSettings(command);
    addOwnEvidence(command);
    addApproval(command);
    addOutput(command);
    command.action((_, { parent }: Command) =>
      typed(runOf({ ...parent?.opts(), ...command.opts() }, 'apply')),
    );
  },
};

export const CLEAR: CommandRow = {
  name: 'clear',
  summary: 'show, ask, and remove everything that this target has blacklisted',
  notes: APPROVAL,
  define(command, typed) {
    // Clearing needs no policy, but a line with one must not fail.
    addSettings(
      command,
      FLAGS.filter(({ isOfClear }) => !isOfClear).map(({ variable }) => variable),
    );
    addApproval(command);
    addOutput(command);
    command.action((_, { parent }: Command) =>
      typed(runOf({ ...parent?.opts(), ...command.opts() }, 'clear')),
    );
  },
};

/** Accepts the flags of a run without a command, which was once the only form. */
export function addFormerForm(program: Command, typed: (invocation: Invocation) => void): void {
  addSettings(
    program,
    FLAGS.map(({ variable }) => variable),
  );
  addOwnEvidence(program);
  addFeed(program);
  addApproval(program);
  addOutput(program);
  for (const option of program.options) if (option.long !== '--version') option.hideHelp();
  program.action(() => {
    const isBare = Object.keys(program.opts()).length === 0;
    typed({ ...runOf(program.opts(), 'apply'), ...(isBare && { isBare }) });
  });
}

/** Variables whose flags a probe does not need. */
export const PROBED = FLAGS.map(({ variable }) => variable).filter(
  (variable) => !['CASTAI_API_URL', 'SECRET_ID', 'API_KEY', 'ORG_ID', 'CLUSTER_ID'].includes(variable),
);

/** Variables whose flags make no difference to a status. */
export const UNLISTED = FLAGS.filter(
  ({ isOfClear, variable }) =>
    !isOfClear || ['DRY_RUN', 'BATCH_SIZE', 'BATCH_PAUSE', 'REGION'].includes(variable),
).map(({ variable }) => variable);

const DEPLOYMENT = 'Deployment:';

/** @param hidden variables whose flags are accepted, but not in the help */
export function addSettings(command: Command, hidden: readonly string[] = []): void {
  command
    .addOption(
      new Option(
        '--config <cdk.json>',
        "take a deployment's settings, its defaults and its secret from there",
      ).helpGroup(DEPLOYMENT),
    )
    .addOption(
      new Option('--target <name>', 'the target in it (default: the only one)')
        .helpGroup(DEPLOYMENT)
        .implies({ config: 'cdk.json' }),
    );
  for (const { variable, value, help, heading } of FLAGS) {
    const shown = `${flagOf(variable)} ${value === null ? '[yes|no]' : `<${value}>`}`;
    command.addOption(new Option(shown, help).helpGroup(heading).hideHelp(hidden.includes(variable)));
  }
}

function addFeed(command: Command): void {
  command.addOption(
    new Option('--feed <file>', 'a saved Spot Advisor feed, .json or .json.gz: needs no network')
      .helpGroup('Addresses:')
      .conflicts('spotAdvisorUrl'),
  );
}

function addOwnEvidence(command: Command): void {
  command.addOption(
    new Option(
      '--own-evidence-file <file.json>',
      'the output of `aws ec2 get-capacity-manager-metric-data`, instead of querying AWS; implies report by default',
    ).helpGroup(EVIDENCE_HEADING),
  );
}

export function addApproval(command: Command): void {
  command.option('--auto-approve', 'write without asking');
}

function addOutput(command: Command): void {
  command
    .addOption(
      new Option(
        '--format <name>',
        `the output on stdout (default: ${PLAN_FORMATS[0]}); with any other, the rest is on stderr`,
      ).choices(PLAN_FORMATS),
    )
    .addOption(new Option('--json', 'the same as --format json').conflicts('format'))
    .option('--report <file.html>', 'write the report page')
    .option(
      '--detailed-exitcode',
      'exit with 0 if there is nothing to do, 2 if changes are pending, 1 on any error',
    );
}

function runOf(typed: OptionValues, operation: RunInvocation['operation']): RunInvocation {
  const { deployment, feed = null, ownEvidenceFile = null, ...rest } = takingDeployment(typed);
  const { autoApprove = false, json = false, report = null, detailedExitcode = false, ...others } = rest;
  const { format = json ? 'json' : PLAN_FORMATS[0], ...settings } = others;
  return {
    ...{ command: 'run', flags: byVariable(settings), operation, deployment, feed, ownEvidenceFile },
    ...{ autoApprove, format, report, detailedExitCode: detailedExitcode },
  };
}

/** @returns the typed options, with `--config` and `--target` as one */
export function takingDeployment({ config, target = null, ...options }: OptionValues): OptionValues & {
  readonly deployment: DeploymentSource | null;
} {
  return { ...options, deployment: config === undefined ? null : { file: config, target } };
}
