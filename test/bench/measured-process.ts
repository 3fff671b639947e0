import { join } from 'node:path';
import { messageFrom } from '../support/child-process.ts';

const CHILD = join(import.meta.dirname, 'measured-child.ts');

/** What a fresh process took to load a bundle and to run it. Times in milliseconds, memory in bytes at its highest. */
export interface MeasuredProcess {
  readonly importTime: number;
  /** One for each payload. */
  readonly runTimes: readonly number[];
  readonly peakMemory: number;
  /** What is in use after the last run, with its answer; null unless Node.js was started with `--expose-gc`. */
  readonly heldMemory: number | null;
  /** Bytes of the last run's answer, as JSON. */
  readonly answerSize: number;
}

/**
 * Loads a module in a process of its own and invokes its `handler` with one payload after the other.
 *
 * @param flags for Node.js
 * @throws {Error} if the module cannot be loaded, or an invocation fails
 */
export function measureProcess(
  bundle: string,
  environment: Readonly<Record<string, string>>,
  payloads: readonly unknown[],
  flags: readonly string[] = [],
): Promise<MeasuredProcess> {
  // Where Lambda runs, there is nothing of the developer's environment.
  return messageFrom(CHILD, [bundle, JSON.stringify(payloads)], { environment, flags });
}

/**
 * Much as Lambda starts Node.js: V8 would rather grow than tidy up where it may.
 *
 * @param memorySize the function's, in MB
 */
export function lambdaFlags(memorySize: number): string[] {
  return [
    `--max-old-space-size=${Math.floor(memorySize * 0.9)}`,
    `--max-semi-space-size=${Math.floor(memorySize * 0.05)}`,
  ];
}
