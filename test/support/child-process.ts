import { fork } from 'node:child_process';
import { once } from 'node:events';

export interface ChildOptions {
  /** All that the process sees of one: nothing of this process's is in it. */
  readonly environment: Readonly<Record<string, string>>;
  /** For Node.js. */
  readonly flags?: readonly string[];
  /** Kills the process. */
  readonly signal?: AbortSignal | undefined;
}

/** How much of a failed process's last output is shown, in characters. */
const LAST_WORDS = 2000;

/**
 * Runs a module in a process of its own, and waits for its end.
 *
 * @param args what the module finds behind its own name in `process.argv`
 * @returns the first message that it sent
 * @throws {Error} with what it last wrote to stderr, if it fails or sends no message; it is gone then, too
 */
export async function messageFrom<Message>(
  module: string,
  args: readonly string[],
  { environment, flags = [], signal }: ChildOptions,
): Promise<Message> {
  const child = fork(module, args, {
    env: { ...environment },
    execArgv: [...flags],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    killSignal: 'SIGKILL',
    ...(signal && { signal }),
  });
  let message: Message | undefined;
  child.once('message', (first) => {
    message = first as Message;
  });
  let lastWords = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    lastWords = (lastWords + text).slice(-LAST_WORDS);
  });
  try {
    // Comes after `exit`, when all that was sent and written has been read.
    const [code, killedBy] = await once(child, 'close');
    if (code === 0 && message !== undefined) return message;
    const end = killedBy ?? `exit status ${code}${code === 0 ? ', and without a message' : ''}`;
    throw new Error(`The process of ${module} ended with ${end}.\n${lastWords}`);
  } finally {
    child.kill('SIGKILL');
  }
}
