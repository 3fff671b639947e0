import { Option } from 'commander';
import { DIFF_FORMATS, type DiffFormat } from '../diff-view.ts';
import type { CommandRow } from './invocation.ts';

export const DIFF: CommandRow = {
  name: 'diff',
  summary: 'show what changed between two results of a target',
  define(command, typed) {
    command
      .argument('<before.json>', 'the earlier result')
      .argument('<after.json>', 'the later one')
      .addOption(
        new Option('--format <name>', 'how the changes are written')
          .choices(DIFF_FORMATS)
          .default(DIFF_FORMATS[0]),
      )
      .action((before: string, after: string, { format }: { format: DiffFormat }) =>
        typed({ command: 'diff', before, after, format }),
      );
  },
};
