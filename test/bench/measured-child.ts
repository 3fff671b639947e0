// The process that a bundle is measured in: loads it, invokes it, and tells its parent the time and memory it took.
import { pathToFileURL } from 'node:url';
import type { MeasuredProcess } from './measured-process.ts';
import { peakMemory } from './peak-memory.ts';

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
