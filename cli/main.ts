// The command line from the sources, in a clone of the project.
import { CLONE_COMMANDS } from '../test/serve/commands.ts';
import { serve } from '../test/serve/serve.ts';
import { runProgram } from './program.ts';

process.exitCode = await runProgram(process.argv.slice(2), process.env, {
  commands: CLONE_COMMANDS,
  next: {
    command: 'npm run -s spot-blacklist --',
    others: ['Or the function itself, to invoke on this machine:', '  npm start -- --serve'],
  },
  serve,
});
