import { createInterface } from 'node:readline/promises';
import type { Readable, Writable } from 'node:stream';
import { styleText } from 'node:util';
import { confirm, isCancel } from '@clack/prompts';
import { SingleBar } from 'cli-progress';

type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

/** The people's side of the command line: it says, asks, and shows progress. */
export interface Terminal {
  /** Whether there is somebody to ask. */
  readonly canAsk: boolean;
  /** Whether tables, colours and bars make sense. */
  readonly isRich: boolean;
  say(text: string): void;
  warn(text: string): void;
  style(style: Style, text: string): string;
  /** @returns true for a clear yes only; Ctrl-C, an end of the input and anything else are a no */
  ask(question: string, signal: AbortSignal): Promise<boolean>;
  /** Shows how far some work is; plain output shows nothing but its end. */
  progress(total: number): Progress;
}

export interface Progress {
  /** @param note about the latest step, and @param left about the time that is left */
  advance(note: string, left: string): void;
  stop(): void;
}

export interface TerminalStreams {
  readonly input: Readable & { isTTY?: boolean };
  readonly output: Writable & { isTTY?: boolean };
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** @param streams the input, and where people's text goes: never where `--json` prints */
export function openTerminal({ input, output, environment }: TerminalStreams): Terminal {
  const isTerminal = output.isTTY === true;
  const isRich = isTerminal && !environment['NO_COLOR'] && environment['TERM'] !== 'dumb';
  const style = (name: Style, text: string) =>
    isRich ? styleText(name, text, { validateStream: false }) : text;
  const say = (text: string) => void output.write(`${printable(text)}\n`);
  return {
    canAsk: isTerminal && input.isTTY === true,
    isRich,
    say,
    warn: (text) => say(`${style('yellow', 'Warning:')} ${text}`),
    style,
    ask: (question, signal) =>
      isRich
        ? askRichly(question, { input, output, signal })
        : askPlainly(question, { input, output, signal }),
    progress: (total) => (isRich ? richProgress(total, output) : { advance: () => {}, stop: () => {} }),
  };
}

interface Question {
  readonly input: Readable;
  readonly output: Writable;
  readonly signal: AbortSignal;
}

async function askRichly(message: string, question: Question): Promise<boolean> {
  const answer = await confirm({ message: printable(message), initialValue: false, ...question });
  return !isCancel(answer) && answer;
}

async function askPlainly(message: string, { input, output, signal }: Question): Promise<boolean> {
  // As a plain stream: no control characters, and Ctrl-C reaches the process.
  const lines = createInterface({ input, output, terminal: false });
  const ended = new AbortController();
  lines.once('close', () => ended.abort());
  try {
    const either = AbortSignal.any([signal, ended.signal]);
    const answer = await lines.question(`${printable(message)} [y/N] `, { signal: either });
    return /^(y|yes)$/i.test(answer.trim());
  } catch {
    output.write('\n');
    return false;
  } finally {
    lines.close();
  }
}

/** Not clack's own bar: that one ends the process with code 0 on Ctrl-C, whatever is under way. */
function richProgress(total: number, stream: Writable): Progress {
  const bar = new SingleBar({
    format: '{bar} {value}/{total}  {note}  {left}',
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 30,
    hideCursor: true,
    gracefulExit: false,
    stream: stream as NodeJS.WritableStream,
  });
  bar.start(total, 0, { note: '', left: '' });
  return {
    advance: (note, left) => bar.increment({ note: printable(note), left }),
    stop: () => bar.stop(),
  };
}

const ESCAPE = '\u001b';
/** Colours, which `style` makes. */
const COLOUR = new RegExp(`^${ESCAPE}\\[\\d+(;\\d+)*m`);

/** Names come from outside: what could move the cursor, or reorder what is read, is taken out. */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}]/gu, (character, offset: number) => {
    if (character === '\n') return character;
    return character === ESCAPE && COLOUR.test(text.slice(offset)) ? character : '';
  });
}
