// The process that a bundle is measured in: loads it, invokes it, and tells its parent the time and memory it took.
import { existsSync, readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import type { MeasuredProcess } from './measured-process.ts';

const STATUS = '/proc/self/status';

// The parent's end is this process's end.
process.on('disconnect', () => process.exit());

const [bundle = '', payloads = '[]'] = process.argv.slice(2);
const started = performance.now();
const { handler } = (await import(pathToFileURL(bundle).href)) as {
  handler(event: unknown): Promise<unknown>;
};
const importTime = performance.now() - started;
const runTimes: number[] = [];
let answer: unknown;
for (const payload of JSON.parse(payloads) as unknown[]) {
  const runStarted = performance.now();
  answer = await handler(payload);
  runTimes.push(performance.now() - runStarted);
}
const measured: MeasuredProcess = {
  importTime,
  runTimes,
  peakMemory: peakMemory(),
  heldMemory: heldMemory(),
  answerSize: JSON.stringify(answer)?.length ?? 0,
};
process.send?.(measured);
process.disconnect?.();

/** Bytes. */
function heldMemory(): number | null {
  if (globalThis.gc === undefined) return null;
  globalThis.gc();
  return process.memoryUsage().heapUsed;
}

/** Bytes. On Linux the kernel's mark for this very program: getrusage() starts at what the parent process had. */
function peakMemory(): number {
  const kilobytes = existsSync(STATUS)
    ? /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(STATUS, 'utf8'))?.[1]
    : undefined;
  return Number(kilobytes ?? process.resourceUsage().maxRSS) * 1024;
}
