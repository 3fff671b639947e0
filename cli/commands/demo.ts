import { Option } from 'commander';
import { byVariable } from '../flags.ts';
import type { CommandRow } from './invocation.ts';

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
      // The former name of the flag.
      .addOption(new Option('--threshold <percent>').hideHelp())
      .addOption(
        new Option('--feed <file>', 'another Spot Advisor feed, .json or .json.gz').conflicts('live'),
      )
      .option('--live', "AWS's current feed")
      .option('--report <file.html>', 'write the report page of the first live run')
      .action(({ region, os, interruptionThreshold, ownEvidence, threshold, ...rest }) => {
        const { feed = null, live = false, serve = false, port = null, report = null } = rest;
        const percent = threshold ?? interruptionThreshold;
        const flags = byVariable({ region, os, interruptionThreshold: percent, ownEvidence });
        typed({ command: 'demo', flags, feed, live, serve, port, report });
      });
  },
};
