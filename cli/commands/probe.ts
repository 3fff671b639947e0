import { byVariable } from '../flags.ts';
import type { CommandRow } from './invocation.ts';
import { addApproval, addSettings, PROBED } from './run.ts';

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
      .option('--output <file.json>', 'the file with what was found', 'spot-blacklist-probe.json')
      .option('--wait', 'also see whether an expiry takes effect: up to ten minutes more')
      .action(() => {
        const options = command.opts();
        const { config, target = null, autoApprove = false, wait = false, output, ...settings } = options;
        const deployment = config === undefined ? null : { file: config, target };
        const flags = byVariable(settings);
        typed({ command: 'probe', flags, deployment, autoApprove, mayWait: wait, output });
      });
  },
};
