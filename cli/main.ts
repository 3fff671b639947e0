// The command line from the sources, in a clone of the project.
import { CLONE_COMMANDS, isServing } from '../test/serve/commands.ts';
import { runProgram } from './program.ts';

process.exitCode = await runProgram(process.argv.slice(2), process, {
  commands: CLONE_COMMANDS,
  next: {
    command: 'npm run -s spot-blacklist --',
    others: ['Or the function itself, to invoke on this machine:', '  npm start -- --serve'],
  },
  demonstrate: async (demo, host, next) => {
    if (isServing(demo)) return (await import('../test/serve/serve.ts')).serve(demo, host);
    return (await import('./demo/demo.ts')).demonstrate(demo, host, next);
  },
});
