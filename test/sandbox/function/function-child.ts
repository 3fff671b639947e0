// The process in which LocalFunction runs a bundle; simulates Lambda's Node.js runtime.
import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  type ChildMessage,
  endOfLog,
  type FunctionErrorPayload,
  type InvokeMessage,
} from './execution-environment.ts';

type Handler = (event: unknown, context: unknown) => unknown;

// Exits with the parent, whatever sockets or timers the bundle has open.
process.on('disconnect', () => process.exit());
// Ctrl-C reaches every process of the terminal; the parent decides how this one ends.
process.on('SIGINT', () => {});

const [bundle = ''] = process.argv.slice(2);
const handler = await load(bundle);
if (handler !== undefined) process.on('message', (message: InvokeMessage) => void invoke(handler, message));

async function load(file: string): Promise<Handler | undefined> {
  try {
    process.chdir(dirname(file));
    const module: { handler?: unknown } = await import(pathToFileURL(file).href);
    if (typeof module.handler !== 'function') throw new TypeError(`${file} exports no function "handler"`);
    tell({ kind: 'loaded' });
    return module.handler as Handler;
  } catch (error) {
    tell({ kind: 'loaded', error: describe(error) });
    return undefined;
  }
}

async function invoke(handle: Handler, { requestId, event, deadline }: InvokeMessage): Promise<void> {
  const outcome = await run(handle, event, makeContext(requestId, deadline));
  const end = endOfLog(requestId);
  await Promise.all(
    [process.stdout, process.stderr].map((stream) => new Promise((done) => stream.write(end, done))),
  );
  tell({ kind: 'done', ...outcome });
}

async function run(handle: Handler, event: unknown, context: unknown) {
  try {
    // A handler that returns nothing results in `null`, as on Lambda.
    return { json: JSON.stringify((await handle(event, context)) ?? null) };
  } catch (error) {
    return { error: describe(error) };
  }
}

function makeContext(requestId: string, deadline: number) {
  const { env } = process;
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: env['AWS_LAMBDA_FUNCTION_NAME'],
    functionVersion: env['AWS_LAMBDA_FUNCTION_VERSION'],
    invokedFunctionArn: `arn:aws:lambda:${env['AWS_REGION']}:000000000000:function:${env['AWS_LAMBDA_FUNCTION_NAME']}`,
    memoryLimitInMB: env['AWS_LAMBDA_FUNCTION_MEMORY_SIZE'],
    awsRequestId: requestId,
    logGroupName: env['AWS_LAMBDA_LOG_GROUP_NAME'],
    logStreamName: env['AWS_LAMBDA_LOG_STREAM_NAME'],
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
}

/** The form in which Lambda's Node.js runtime reports what was thrown. */
function describe(error: unknown): FunctionErrorPayload {
  if (!(error instanceof Error)) return { errorType: typeof error, errorMessage: String(error), trace: [] };
  return { errorType: error.name, errorMessage: error.message, trace: error.stack?.split('\n') ?? [] };
}

function tell(message: ChildMessage): void {
  process.send?.(message);
}
