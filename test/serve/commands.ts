import { InvalidArgumentError, Option } from 'commander';
import { COMMANDS, DEMO } from '../../cli/commands/commands.ts';
import type { CommandRow, DemoInvocation } from '../../cli/run/invocation.ts';

/** `demo` with `--serve`, which keeps the stand-in and the function running. */
export interface ServingDemo extends DemoInvocation {
  readonly serve: true;
  /** Null for any free port. */
  readonly port: number | null;
}

export function isServing(demo: DemoInvocation): demo is ServingDemo {
  return 'serve' in demo && demo.serve === true;
}

/** What only a clone of the project has: it can build the function. */
const SERVING_DEMO: CommandRow = {
  ...DEMO,
  define(command, typed) {
    DEMO.define(command, (demo) => {
      const { serve = false, port = null } = command.opts();
      typed(Object.assign(demo, { serve, port }));
    });
    command
      .addOption(
        new Option(
          '--serve',
          'keep the stand-in and the function running, for `aws lambda invoke` and the command line',
        ).conflicts('report'),
      )
      .addOption(
        new Option('--port <port>', 'with --serve: where to listen (default: any free port)')
          .argParser(portIn)
          .implies({ serve: true })
          .conflicts('report'),
      );
  },
};

/** Every command in a clone of the project, in the order of the help. */
export const CLONE_COMMANDS: readonly CommandRow[] = COMMANDS.map((row) =>
  row === DEMO ? SERVING_DEMO : row,
);

/** @throws {InvalidArgumentError} if it is not a port */
function portIn(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port >= 1 && port <= 65_535) return port;
  throw new InvalidArgumentError('It must be a number from 1 to 65535.');
}
