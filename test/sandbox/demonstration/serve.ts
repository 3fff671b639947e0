import type { Invocation, LocalFunction } from '../../../cli/sandbox/function/function.ts';
import { type InvokeEndpoint, startInvokeEndpoint } from '../../../cli/sandbox/function/invoke-endpoint.ts';
import type { Sandbox } from '../../../cli/sandbox/sandbox.ts';
import { countCastAiRequests } from './demonstration.ts';
import { failureText } from './failure-text.ts';
import { instructions, invocationLine } from './serve-text.ts';
import type { StartOptions } from './start-options.ts';

export interface ServeOptions extends StartOptions {
  /** Which feed is served, for people. */
  readonly feedName: string;
  readonly print: (text: string) => void;
  /** Resolves when it is time to end. */
  readonly stopped: Promise<void>;
}

/**
 * Puts Lambda's Invoke API in front of the function, says how to use it, and tells of every invocation, until
 * `stopped` resolves.
 * @throws {Error} if the port cannot be had.
 */
export async function serve(
  localFunction: LocalFunction,
  sandbox: Sandbox,
  options: ServeOptions,
): Promise<void> {
  const { print, stopped } = options;
  const region = options.region.trim().toLowerCase();
  const onInvocation = (invocation: Invocation) => {
    // Told at the invocation's end: what came before its beginning was somebody's curl.
    const requests = sandbox.requests.filter(({ receivedAt }) => receivedAt >= invocation.startedAt);
    const line = invocationLine(invocation, countCastAiRequests(requests), (failure) =>
      failureText(failure, options),
    );
    print(`${new Date().toLocaleTimeString('en-GB')} ${line}`);
  };
  await using endpoint = await listen(localFunction, onInvocation, options.port);
  const { url: castaiUrl, castai } = sandbox;
  const feedName = `${options.feedName}${options.live ? ', fetched by every invocation' : ''}`;
  const served = {
    ...options,
    feedName,
    region,
    endpointUrl: endpoint.url,
    castaiUrl,
    castaiKey: castai.apiKey,
  };
  print(instructions(served, process.env));
  await stopped;
  print('Stopped.');
}

async function listen(
  localFunction: LocalFunction,
  onInvocation: (invocation: Invocation) => void,
  port: number | undefined,
): Promise<InvokeEndpoint> {
  try {
    return await startInvokeEndpoint(localFunction, {
      onInvocation,
      ...(port === undefined ? {} : { port }),
    });
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? error.code : error;
    if (port === undefined) throw error;
    throw new Error(`Port ${port} cannot be used (${reason}). Choose another one by --port.`);
  }
}
