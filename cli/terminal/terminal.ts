import { createInterface } from 'node:readline/promises';
import type { Readable, Writable } from 'node:stream';
import { styleText } from 'node:util';
import { SingleBar } from 'cli-progress';
import type { Interrupt } from '../run/interrupt.ts';
import { type Host, type Output, printable, wrap } from './host.ts';

const STYLES = ['bold', 'red', 'green', 'yellow'] as const;
type Style = (typeof STYLES)[number];

const styled = (style: Style, text: string) => styleText(style, text, { validateStream: false });
/** The control sequences that `style` makes, and no others. */
const STYLE_CODES = STYLES.flatMap((style) => styled(style, ' ').split(' '));

/** The command line's interactive side: prints, asks, and shows progress. */
export interface Terminal {
  /** Whether a user can be asked. */
  readonly canAsk: boolean;
  /** Columns; infinite where there is no terminal. */
  readonly width: number;
  /** How many types of each action a plan lists. */
  readonly listedTypes: number;
  /** Whether an earlier plan has said what stays available, and what it warns about. */
  readonly isBrief?: boolean;
  say(text: string): void;
  warn(text: string): void;
  style(style: Style, text: string): string;
  /**
   * Asks until the run is stopped; Ctrl-C at the question stops it.
   *
   * @returns true only for a clear yes; Ctrl-C, the end of the input and anything else mean no
   */
  ask(question: string, interrupt: Stoppable): Promise<boolean>;
  /**
   * Shows progress: as a bar, or in plain output, if it takes long, as a line after each tenth.
   *
   * @param isLong whether the steps take so long that there are pauses between them
   */
  progress(total: number, isLong: boolean): Progress;
}

export interface Progress {
  /** @param note about the latest step, and @param left about the remaining time */
  advance(note: string, left: string): void;
  stop(): void;
}

/** The part of `Interrupt` that a question needs. */
export type Stoppable = Pick<Interrupt, 'deadline' | 'stop'>;

/** Assumed where a terminal does not say: the width of most windows. */
const USUAL_WIDTH = 80;
/** The types of one action that fit on a screen with the rest. */
const SHORT_LIST = 10;

/** @param hasDocument whether stdout is for a document that lists the plan, so that the text for people goes to stderr */
export function openTerminal(
  { stdin: input, stdout, stderr, env }: Pick<Host, 'stdin' | 'stdout' | 'stderr' | 'env'>,
  hasDocument = false,
): Terminal {
  const output: Output = hasDocument ? stderr : stdout;
  const isTerminal = output.isTTY === true;
  const isRich = isTerminal && !env['NO_COLOR'] && env['TERM'] !== 'dumb';
  // As Node.js itself: it overrules what the terminal and NO_COLOR say, for logs that show colours.
  const { FORCE_COLOR: forced } = env;
  const isColoured = forced === undefined ? isRich : !['0', 'false'].includes(forced);
  const style = (name: Style, text: string) => (isColoured ? styled(name, printable(text)) : text);
  const widthNow = () => (isTerminal ? output.columns || USUAL_WIDTH : Number.POSITIVE_INFINITY);
  const say = (text: string) =>
    void output.write(`${wrap(printable(text, isColoured ? STYLE_CODES : []), widthNow())}\n`);
  return {
    canAsk: isTerminal && input.isTTY === true,
    get width() {
      return widthNow();
    },
    listedTypes: isTerminal ? SHORT_LIST : hasDocument ? 0 : Number.POSITIVE_INFINITY,
    say,
    warn: (text) => say(`${style('yellow', 'Warning:')} ${text}`),
    style,
    ask: (question, interrupt) =>
      isRich
        ? askRichly(question, { input, output, interrupt })
        : askPlainly(wrap(printable(question), widthNow()), { input, output, interrupt }),
    progress(total, isLong) {
      if (isRich) return richProgress(total, output, widthNow());
      return plainProgress(total, isLong ? say : () => {});
    },
  };
}

interface Question {
  readonly input: Readable;
  readonly output: Writable;
  readonly interrupt: Stoppable;
}

async function askRichly(message: string, { input, output, interrupt }: Question): Promise<boolean> {
  // Few commands ask, and it takes a while to load.
  const { confirm, isCancel } = await import('@clack/prompts');
  const signal = interrupt.deadline.writes;
  const answer = await confirm({ message: printable(message), initialValue: false, input, output, signal });
  if (!isCancel(answer)) return answer;
  // While clack asks, Ctrl-C is a key, not a signal. A stop from elsewhere must not count as a second one.
  if (!signal.aborted) interrupt.stop();
  return false;
}

async function askPlainly(message: string, { input, output, interrupt }: Question): Promise<boolean> {
  // As a plain stream: no control characters, and Ctrl-C reaches the process.
  const lines = createInterface({ input, output, terminal: false });
  const ended = new AbortController();
  lines.once('close', () => ended.abort());
  try {
    const either = AbortSignal.any([interrupt.deadline.writes, ended.signal]);
    const answer = await lines.question(`${message} [y/N] `, { signal: either });
    return /^(y|yes)$/i.test(answer.trim());
  } catch {
    output.write('\n');
    return false;
  } finally {
    lines.close();
  }
}

/** What stands beside the bar, at the most: `1000/1000  renew m5ad.24xlarge  3 min 35 s left`. */
const BESIDE_BAR = 50;

/** Not clack's own bar: on Ctrl-C, that one exits with code 0, whatever is in flight. */
function richProgress(total: number, stream: Writable, width: number): Progress {
  const bar = new SingleBar({
    format: '{bar} {value}/{total}  {note}  {left}',
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: Math.min(30, Math.max(10, width - BESIDE_BAR)),
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

function plainProgress(total: number, say: (text: string) => void): Progress {
  let done = 0;
  return {
    advance(_, left) {
      done += 1;
      const tenths = Math.floor((10 * done) / total);
      if (tenths > Math.floor((10 * (done - 1)) / total)) say(`${done} of ${total}${left && `, ${left}`}`);
    },
    stop: () => {},
  };
}
