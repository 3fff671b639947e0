// The command line from the sources, in a clone of the project.
import { CLONE_COMMANDS } from '../test/serve/commands.ts';
import { runProgram } from './program.ts';

process.exitCode = await runProgram(process.argv.slice(2), process, {
  commands: CLONE_COMMANDS,
  next: {
    command: 'npm run -s spot-blacklist --',
    others: ['Or the function itself, to invoke on this machine:', '  npm start -- --serve'],
  },
  // It starts a Lambda function, which no other command does.
  serve: async (demo, host) => (await import('../test/serve/serve.ts')).serve(demo, host),
});
