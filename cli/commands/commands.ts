import { Option } from 'commander';
import { byVariable } from '../run/flags.ts';
import { type CommandRow, DIFF_FORMATS, type DiffFormat, PLAN_FORMATS } from '../run/invocation.ts';
import { APPLY, addApproval, addSettings, CLEAR, PLAN, PROBED, takingDeployment, UNLISTED } from './run.ts';

export const DEMO: CommandRow = {
  name: 'demo',
  summary: 'show three runs on a local stand-in for AWS and CAST AI',
  define(command, typed) {
    command
      .option('--region <name>', 'AWS region of the cluster', 'us-east-1')
      .option('--os <name>', 'operating system, as the feed names it', 'Linux')
      .option(
        '--interruption-threshold <percent>',
        'the interruptions you tolerate: 0, or 1 to below 100',
        '20',
      )
      .option('--own-evidence <mode>', "your own machines' interruptions: off, report or decide", 'off')
      .addOption(
        new Option('--feed <file>', 'another Spot Advisor feed, .json or .json.gz').conflicts('live'),
      )
      .option('--live', "AWS's current feed")
      .option('--report <file.html>', 'write the report page of the first live run')
      .action(({ region, os, interruptionThreshold, ownEvidence, ...rest }) => {
        const { feed = null, live = false, report = null } = rest;
        const flags = byVariable({ region, os, interruptionThreshold, ownEvidence });
        typed({ command: 'demo', flags, feed, live, report });
      });
  },
};

const STATUS: CommandRow = {
  name: 'status',
  summary: 'show what is blacklisted now, by whom, until when',
  define(command, typed) {
    addSettings(command, UNLISTED);
    command
      .addOption(
        new Option('--format <name>', 'the output on stdout').choices(PLAN_FORMATS).default(PLAN_FORMATS[0]),
      )
      .action(() => {
        const { deployment, format, ...settings } = takingDeployment(command.opts());
        typed({ command: 'status', flags: byVariable(settings), deployment, format });
      });
  },
};

export const DIFF: CommandRow = {
  name: 'diff',
  summary: 'show what changed between two results of a target',
  define(command, typed) {
    command
      .argument('<before.json>', 'the earlier result')
      .argument('<after.json>', 'the later one')
      .addOption(
        new Option('--format <name>', 'the format of the changes')
          .choices(DIFF_FORMATS)
          .default(DIFF_FORMATS[0]),
      )
      .action((before: string, after: string, { format }: { format: DiffFormat }) =>
        typed({ command: 'diff', before, after, format }),
      );
  },
};

const NOTES = `
It asks first. Then it adds, lists and removes one entry for one type that is
not in use, for Spot only and for an hour at most, under the target name
"probe": about forty requests, in about a minute. With --wait, it also waits up
to ten minutes for an entry to expire. What it wrote is removed whatever
happens. The file holds no key, id or name, and can be attached to an issue.`;

export const PROBE: CommandRow = {
  name: 'probe',
  summary: 'find out how CAST AI behaves where it is not documented',
  notes: NOTES,
  define(command, typed) {
    addSettings(command, PROBED);
    addApproval(command);
    command
      .option('--output <file.json>', 'the file for the findings', 'spot-blacklist-probe.json')
      .option('--wait', 'also see whether an expiry takes effect: up to ten minutes more')
      .action(() => {
        const options = takingDeployment(command.opts());
        const { deployment, autoApprove = false, wait: mayWait = false, output, ...settings } = options;
        typed({ command: 'probe', flags: byVariable(settings), deployment, autoApprove, mayWait, output });
      });
  },
};

export const REPORT: CommandRow = {
  name: 'report',
  summary: 'make the report page of a result',
  define(command, typed) {
    command
      .argument('<result.json>', 'the output of `aws lambda invoke` or --json')
      .argument('[page.html]', 'the page to write (default: the same name with .html)')
      .action((result: string, page: string | undefined) =>
        typed({ command: 'report', result, page: page ?? result.replace(/(\.json)?$/, '.html') }),
      );
  },
};

/** Every command, in the order of the help. */
export const COMMANDS: readonly CommandRow[] = [PLAN, APPLY, CLEAR, STATUS, REPORT, DIFF, PROBE, DEMO];
