// The process that is soaked: one bundle, invoked again and again, as a warm function is.
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type { Soaked } from './soak.ts';

/** How often the heap is looked at during all invocations. */
const SAMPLES = 20;
/** What a run is told, in turn: most make and clear entries, one is not even understood. */
const PAYLOADS = [{}, { operation: 'clear' }, { dryRun: true }, {}, { operation: 'clear' }, { dryrun: true }];

/** A short time, because a run's deadline stays in memory until it has passed; and long enough for a pause or two. */
const CONTEXT = { getRemainingTimeInMillis: () => 5_000 };

const [bundle = '', count = '0'] = process.argv.slice(2);
const invocations = Number(count);
const { handler } = (await import(pathToFileURL(bundle).href)) as {
  handler(event: unknown, context?: unknown): Promise<unknown>;
};
const resourcesBefore = process.getActiveResourcesInfo();
const heap: number[] = [];
const endings: Record<string, number> = {};
for (let invocation = 1; invocation <= invocations; invocation += 1) {
  const ending = await handler(PAYLOADS[invocation % PAYLOADS.length], CONTEXT).then(
    () => 'completed',
    (error: Error) => error.name,
  );
  endings[ending] = (endings[ending] ?? 0) + 1;
  if (invocation % Math.ceil(invocations / SAMPLES) === 0) heap.push(heapAfterCollection());
}
// Sockets that are being closed may take a moment.
await sleep(200);
const soaked: Soaked = { endings, heap, resourcesBefore, resourcesAfter: process.getActiveResourcesInfo() };
process.send?.(soaked);
process.disconnect?.();

/** Bytes. The second collection takes what the first has only made unreachable. */
function heapAfterCollection(): number {
  if (globalThis.gc === undefined) throw new Error('Start Node.js with --expose-gc.');
  globalThis.gc();
  globalThis.gc();
  return process.memoryUsage().heapUsed;
}
