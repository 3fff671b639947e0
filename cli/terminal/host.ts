import type { Readable, Writable } from 'node:stream';
import { wrapAnsi } from 'fast-wrap-ansi';
import { INVISIBLE, withoutKeys } from '../../lambda/input/plain-text.ts';

/** What the command line has of its process; a test gives it streams and an environment of its own. */
export interface Host {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Output;
  readonly stderr: Output;
  /** Calls the listener at each of these signals. */
  on(signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP', listener: () => void): unknown;
}

export type Output = Writable & {
  readonly isTTY?: boolean;
  readonly columns?: number;
  /** The file descriptor; none where the text goes to no file. */
  readonly fd?: number;
};

/** A full disk, a closed terminal or a reader that has exited (`| head`) must not stop a run in the middle of its writes. */
export function ignoreStreamErrors({ stdin, stdout, stderr }: Host): void {
  for (const stream of [stdin, stdout, stderr]) stream.on('error', () => {});
}

/** @returns the system's error code if the text could not be written, or null */
export function problemOfWriting(stream: Writable, text: string): Promise<string | null> {
  return new Promise((resolve) => {
    stream.write(text, (error: NodeJS.ErrnoException | null | undefined) =>
      resolve(error ? (error.code ?? error.name) : null),
    );
  });
}

/**
 * Removes from untrusted names what could move the cursor, or hide or reorder text. Also removes what could be an API key,
 * pasted in place of a flag or a file.
 *
 * @param allowed control sequences to keep
 */
export function printable(text: string, allowed: readonly string[] = []): string {
  return withoutKeys(text).replaceAll(INVISIBLE, (character, offset: number) => {
    if (character === '\n') return character;
    return allowed.some((code) => text.startsWith(code, offset)) ? character : '';
  });
}

/** Says on stderr what went wrong. */
export function complain({ stderr }: Pick<Host, 'stderr'>, { name, message }: Error): void {
  const width = stderr.isTTY ? stderr.columns || Number.POSITIVE_INFINITY : Number.POSITIVE_INFINITY;
  stderr.write(wrap(printable(`${name}: ${message}\n`), width));
}

/** What tables are drawn with: their lines are left alone. */
const FRAME = /^[┌│├└]/;

/**
 * Breaks lines that are too long between words, and indents what follows. A word that is too long by itself, such as a
 * path, is left to the terminal, so that it can be copied.
 *
 * @param width in columns; wide characters count as two, styles as none
 */
export function wrap(text: string, width: number): string {
  if (width === Number.POSITIVE_INFINITY) return text;
  return text
    .split('\n')
    .map((line) => (FRAME.test(line) ? line : wrapLine(line, width)))
    .join('\n');
}

function wrapLine(line: string, width: number): string {
  const [indent = ''] = /^ */.exec(line) ?? [];
  const [first = '', ...rest] = wrapAnsi(line.slice(indent.length), width - indent.length).split('\n');
  if (rest.length === 0) return line;
  const hanging = `${indent}  `;
  // What does not fit on the first line has less space.
  const others = wrapAnsi(rest.join(' '), width - hanging.length).split('\n');
  return [indent + first, ...others.map((other) => hanging + other)].join('\n');
}
