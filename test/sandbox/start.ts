// `npm start`: builds the Lambda function's bundle and runs it against the sandbox. See USAGE.
import { spawnSync } from 'node:child_process';
import { basename, join } from 'node:path';
import { styleText } from 'node:util';
import { DEFAULT_FEED_FILE } from '../../cli/sandbox/aws/feed.ts';
import { type BandCount, countBands } from '../../cli/sandbox/aws/feed-bands.ts';
import { type LocalFunction, startFunction } from '../../cli/sandbox/function/function.ts';
import type { FunctionErrorPayload } from '../../cli/sandbox/function/function-messages.ts';
import { type Sandbox, startSandbox } from '../../cli/sandbox/sandbox.ts';
import { demonstrate } from './demonstration/demonstration.ts';
import { type Paint, renderDemonstration } from './demonstration/demonstration-view.ts';
import { failureText } from './demonstration/failure-text.ts';
import { Interruption, terminationRequest } from './demonstration/interruption.ts';
import { serve } from './demonstration/serve.ts';
import { parseOptions, type StartOptions, USAGE, UsageError } from './demonstration/start-options.ts';

const PROJECT = join(import.meta.dirname, '..', '..');
const BUNDLE = join(PROJECT, 'dist', 'handler', 'index.mjs');

/** The caller's variables that Node.js needs to reach the internet; the function gets no others. */
const WAY_TO_INTERNET = ['HTTPS_PROXY', 'https_proxy', 'NO_PROXY', 'no_proxy', 'NODE_EXTRA_CA_CERTS'];

process.exitCode = await main(process.argv.slice(2));

/** Returns the exit code: 1 where something failed, 2 where the command line makes no sense, 130 after Ctrl-C. */
async function main(args: readonly string[]): Promise<number> {
  try {
    const options = parseOptions(args);
    if (options.help) print(USAGE);
    else await start(options);
    return 0;
  } catch (error) {
    // People read this, and the function's errors say what to do: a stack would only hide it.
    console.error(error instanceof Error ? error.message : error);
    if (error instanceof Interruption) return 130;
    if (!(error instanceof UsageError)) return 1;
    console.error(`\n${USAGE}`);
    return 2;
  }
}

async function start(options: StartOptions): Promise<void> {
  const stopped = terminationRequest();
  build();
  const region = options.region.trim().toLowerCase();
  await using sandbox = await startSandbox({ region, feedFile: options.feedFile ?? DEFAULT_FEED_FILE });
  await using localFunction = await startFunction({
    bundle: BUNDLE,
    environment: functionEnvironment(options, sandbox),
    timeoutSeconds: 300,
  });
  const feedName = options.live
    ? "AWS's own feed"
    : `Feed ${basename(options.feedFile ?? DEFAULT_FEED_FILE)}`;
  if (options.serve) return await serve(localFunction, sandbox, { ...options, feedName, print, stopped });
  const interruption = stopped.then(() => {
    throw new Interruption();
  });
  await Promise.race([interruption, show(options, feedName, localFunction, sandbox)]);
}

/**
 * @throws {Error} if the bundle cannot be built; esbuild has said why by then.
 * @throws {Interruption} if it was Ctrl-C that ended esbuild.
 */
function build(): void {
  const { status, signal } = spawnSync(process.execPath, ['esbuild.config.mjs'], {
    cwd: PROJECT,
    stdio: 'inherit',
  });
  if (signal === 'SIGINT' || signal === 'SIGTERM') throw new Interruption();
  if (status !== 0) throw new Error('The bundle could not be built.');
}

function functionEnvironment(options: StartOptions, sandbox: Sandbox): Record<string, string> {
  const environment: Record<string, string> = {
    ...sandbox.environment,
    REGION: options.region,
    OS: options.os,
    INTERRUPTION_THRESHOLD: options.threshold,
    // The default pace protects the real CAST AI and would make everybody wait for minutes here.
    BATCH_PAUSE: '0',
  };
  if (!options.live) return environment;
  // Without an address the function uses AWS's own, through the caller's proxy.
  delete environment['SPOT_ADVISOR_URL'];
  const toInternet = WAY_TO_INTERNET.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value]];
  });
  return { ...environment, ...Object.fromEntries(toInternet) };
}

async function show(
  options: StartOptions,
  feedName: string,
  localFunction: LocalFunction,
  sandbox: Sandbox,
): Promise<void> {
  if (options.live) print("Fetching AWS's own feed ...\n");
  const explain = (failure: FunctionErrorPayload) => failureText(failure, options);
  const demonstration = await demonstrate(localFunction, sandbox, explain);
  const { target } = demonstration.dryRun.result;
  const bands = (): BandCount[] =>
    countBands(sandbox.feed.document(), target.region ?? options.region, target.os);
  const view = options.live ? { feedName, paint } : { feedName, paint, bands: bands() };
  print(renderDemonstration(demonstration, view));
}

/** Colours where the terminal can show it and NO_COLOR does not forbid it. */
function paint(...[style, text]: Parameters<Paint>): string {
  return styleText(style, text, { stream: process.stdout });
}

function print(text: string): void {
  console.log(text);
}
