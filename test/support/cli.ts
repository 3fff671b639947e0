// What the command line's tests share. They call the program in their own process, over real sockets; only what the process
// itself does, such as its signals and its exit code, takes the bundle that ships in a process of its own.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { COMMANDS } from '../../cli/commands/commands.ts';
import { runProgram } from '../../cli/program.ts';
import manifest from '../../package.json' with { type: 'json' };
import { type Sandbox, type SandboxOptions, startSandbox } from '../sandbox/sandbox.ts';
import { eightRiskyFeed } from './deployment.ts';
import { PROJECT } from './project.ts';

/** The bundle: it starts three times as fast as the sources. */
export const BIN = join(PROJECT, manifest.bin['spot-blacklist']);
/** The sources, for what needs a clone of the project, or no build. */
export const MAIN = join(PROJECT, 'cli', 'main.ts');

/** What Node.js has compiled, so that the next process starts faster. */
const COMPILED = join(PROJECT, 'node_modules', '.cache', 'compiled');

type Variables = Readonly<Record<string, string | undefined>>;

/** How a command ended; without a code, a signal has killed it. */
interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What every run is for unless a test says otherwise; given as flags. */
export const LINUX_20 = ['--os', 'Linux', '--interruption-threshold', '20'];
/** The same as a live run that asks nothing. */
export const APPROVED = [...LINUX_20, '--auto-approve'];

/** The environment that leads to a sandbox, with its keys, and with nothing of this machine's but the path. */
export function environmentOf(sandbox: Sandbox | null, changes: Variables = {}): NodeJS.ProcessEnv {
  const { SECRET_ID: _, ...addresses } = sandbox?.environment ?? {};
  const keys = sandbox && {
    API_KEY: sandbox.castai.apiKey,
    ORG_ID: sandbox.castai.organizationId,
    CLUSTER_ID: sandbox.castai.clusters[0]?.id,
  };
  const all: Variables = {
    PATH: process.env['PATH'],
    NODE_COMPILE_CACHE: COMPILED,
    BATCH_PAUSE: '0',
    ...addresses,
    ...keys,
    ...changes,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

/** A sandbox whose feed is {@link eightRiskyFeed}. */
export async function startSmall(options: SandboxOptions = {}): Promise<Sandbox> {
  const sandbox = await startSandbox(options);
  sandbox.feed.replace(eightRiskyFeed());
  return sandbox;
}

/** Takes the keys away. */
export const NO_KEYS = { API_KEY: undefined, ORG_ID: undefined, CLUSTER_ID: undefined };

export function spawnCli(args: readonly string[], env: NodeJS.ProcessEnv, module = BIN): ChildProcess {
  return spawn(process.execPath, [module, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
}

export async function outcomeOf(child: ChildProcess): Promise<Outcome> {
  const [stdout, stderr, [code]] = await Promise.all([
    child.stdout === null ? '' : text(child.stdout),
    child.stderr === null ? '' : text(child.stderr),
    once(child, 'close'),
  ]);
  return { code, stdout, stderr };
}

/**
 * Runs the command line to its end in this process, without a terminal. The AWS SDK reads the environment of the process,
 * so what asks AWS needs {@link cliProcess}.
 */
export async function cli(
  sandbox: Sandbox | null,
  args: readonly string[],
  changes: Variables = {},
): Promise<Outcome> {
  const streams = { stdin: Readable.from([]), stdout: new PassThrough(), stderr: new PassThrough() };
  const host = { ...streams, env: environmentOf(sandbox, changes), on: () => {} };
  const written = [text(streams.stdout), text(streams.stderr)] as const;
  const code = await runProgram(args, host, {
    commands: COMMANDS,
    next: { command: 'spot-blacklist', others: [] },
  });
  streams.stdout.end();
  streams.stderr.end();
  const [stdout, stderr] = await Promise.all(written);
  return { code, stdout, stderr };
}

/** Runs the bundle to its end in a process of its own, without a terminal. */
export async function cliProcess(sandbox: Sandbox | null, args: readonly string[], changes: Variables = {}) {
  return outcomeOf(spawnCli(args, environmentOf(sandbox, changes)));
}

export function writesOf({ requests }: Sandbox) {
  return requests.filter(({ route }) => route === 'add' || route === 'remove');
}
