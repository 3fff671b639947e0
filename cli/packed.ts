// The command line of the package.
import { COMMANDS } from './commands/commands.ts';
import { runProgram } from './program.ts';

process.exitCode = await runProgram(process.argv.slice(2), process, {
  commands: COMMANDS,
  next: { command: 'spot-blacklist', others: [] },
});
