// The process that a bundle is measured in: loads it, invokes it, and tells its parent the time and memory it took.
import { existsSync, readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import type { MeasuredProcess } from './measured-process.ts';

const STATUS = '/proc/self/status';

const [bundle = '', payloads = '[]'] = process.argv.slice(2);
const started = performance.now();
const { handler } = (await import(pathToFileURL(bundle).href)) as {
  handler(event: unknown): Promise<unknown>;
};
const importTime = performance.now() - started;
const importMemory = peakMemory();
const runTimes: number[] = [];
for (const payload of JSON.parse(payloads) as unknown[]) {
  const runStarted = performance.now();
  await handler(payload);
  runTimes.push(performance.now() - runStarted);
}
const measured: MeasuredProcess = { importTime, importMemory, runTimes, peakMemory: peakMemory() };
process.send?.(measured);
process.disconnect?.();

/** Bytes. On Linux the kernel's mark for this very program: getrusage() starts at what the parent process had. */
function peakMemory(): number {
  const kilobytes = existsSync(STATUS)
    ? /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(STATUS, 'utf8'))?.[1]
    : undefined;
  return Number(kilobytes ?? process.resourceUsage().maxRSS) * 1024;
}
