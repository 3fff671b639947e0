import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { countCastAiRequests, startStandIn } from '../../cli/demo/stand-in.ts';
import { Interrupt } from '../../cli/run/interrupt.ts';
import { type Host, problemOfWriting } from '../../cli/terminal/host.ts';
import { openTerminal } from '../../cli/terminal/terminal.ts';
import { RunIncompleteError, SettingsError } from '../../lambda/domain/errors.ts';
import { type Invocation, type LocalFunction, startFunction } from '../sandbox/function/function.ts';
import { type InvokeEndpoint, startInvokeEndpoint } from '../sandbox/function/invoke-endpoint.ts';
import { startSandbox } from '../sandbox/sandbox.ts';
import type { ServingDemo } from './commands.ts';
import { instructions, invocationLine } from './serve-text.ts';

const PROJECT = join(import.meta.dirname, '..', '..');

/** What Node.js needs to reach the internet; the function gets no other variable of the user's. */
const WAY_TO_INTERNET = ['HTTPS_PROXY', 'https_proxy', 'NO_PROXY', 'no_proxy', 'NODE_EXTRA_CA_CERTS'];

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Builds the function, puts Lambda's Invoke API in front of it, says how to use it, and reports every invocation, until
 * it is stopped.
 *
 * @returns the exit code, 0
 * @throws {SettingsError} if a flag is wrong
 * @throws {RunIncompleteError} if the function cannot be built
 */
export async function serve(demo: ServingDemo, host: Host): Promise<number> {
  const terminal = openTerminal(host);
  const interrupt = new Interrupt(host, terminal.say);
  const { deadline } = interrupt;
  using _ = stopWithNpm(host.env, interrupt);
  const standIn = await startStandIn(demo, (region) => startSandbox(region === undefined ? {} : { region }));
  await using sandbox = standIn.sandbox;
  await using bundle = await buildFunction();
  await using localFunction = await startFunction({
    bundle: bundle.path,
    environment: {
      ...standIn.environment,
      // The default pace protects the real CAST AI.
      BATCH_PAUSE: '0',
      ...(demo.live && wayToInternet(host.env)),
    },
    timeoutSeconds: 300,
  });
  await using endpoint = await listen(localFunction, demo.port, (invocation) => {
    // What came before the invocation was the user's own curl.
    const requests = sandbox.requests.filter(({ receivedAt }) => receivedAt >= invocation.startedAt);
    const line = invocationLine(invocation, countCastAiRequests(requests));
    terminal.say(`${new Date().toLocaleTimeString('en-GB')} ${line}`);
  });
  // Not through the terminal, which shows no API key: the sandbox's is no secret, and the user needs it.
  await problemOfWriting(host.stdout, instructions(standIn, endpoint.url, host.env));
  if (!deadline.writes.aborted) await once(deadline.writes, 'abort');
  terminal.say('Stopped.');
  return 0;
}

/** npm passes a signal on to the shell that it has started, which ends without telling its own child. */
function stopWithNpm({ npm_lifecycle_event: script }: Environment, interrupt: Interrupt): Disposable {
  const shell = process.ppid;
  const timer = setInterval(() => {
    if (script !== undefined && process.ppid !== shell && !interrupt.isStopped) interrupt.stop();
  }, 250);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

async function buildFunction() {
  const folder = await mkdtemp(join(tmpdir(), 'spot-blacklist-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  const outdir = join(folder, 'handler');
  const build = spawn(process.execPath, ['esbuild.config.mjs', outdir], { cwd: PROJECT, stdio: 'inherit' });
  const [code] = await once(build, 'close');
  if (code !== 0) {
    await remove();
    throw new RunIncompleteError('The function was not built, so there is nothing to invoke.');
  }
  return { path: join(outdir, 'index.mjs'), [Symbol.asyncDispose]: remove };
}

function wayToInternet(environment: Environment): Record<string, string> {
  return Object.fromEntries(
    WAY_TO_INTERNET.flatMap((name) => {
      const value = environment[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

async function listen(
  localFunction: LocalFunction,
  port: number | null,
  onInvocation: (invocation: Invocation) => void,
): Promise<InvokeEndpoint> {
  try {
    return await startInvokeEndpoint(localFunction, { onInvocation, ...(port !== null && { port }) });
  } catch (error) {
    if (port === null) throw error;
    const { code } = error as NodeJS.ErrnoException;
    throw new SettingsError(`Port ${port} cannot be used (${code}). Choose another one with --port.`);
  }
}
