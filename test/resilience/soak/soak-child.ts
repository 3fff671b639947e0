// The process that is soaked: one bundle, invoked again and again, as a warm function is.
import { existsSync, readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { sqsEvent } from '../../sandbox/aws/sqs.ts';
import { FLEET_BUNDLE } from '../../support/deployment.ts';
import { message } from '../../support/fleet.ts';
import type { Soaked } from './soak.ts';

/** How often the heap is looked at. */
const SAMPLES = 10;
/** Of this very process. */
const DESCRIPTORS = '/proc/self/fd';
/** The payloads of the runs, in turn: most add and clear entries, one is invalid. */
const PAYLOADS = [{}, { operation: 'clear' }, { dryRun: true }, {}, { operation: 'clear' }, { dryrun: true }];

/** The same with fan-out: a planner, a job that makes entries, the summary, and one that is no job. */
function roundsOf(cluster: string): object[] {
  const job = (more: Record<string, unknown>) => sqsEvent({ body: JSON.stringify(message(more)) });
  return [{}, job({ kind: 'cluster', cluster }), job({}), { operation: 'clear' }, job({ version: 0 })];
}

/** Milliseconds that a run may take: short, because its deadline stays in memory so long, but enough for a pause. */
const TIMEOUT = 2_000;
const CONTEXT = { getRemainingTimeInMillis: () => TIMEOUT };

// The parent's end is this process's end.
process.on('disconnect', () => process.exit());

const [bundle = '', count = '0', cluster] = process.argv.slice(2);
const invocations = Number(count);
interface Entry {
  handler(event: unknown, context?: unknown): Promise<unknown>;
}
const runs: Entry = await import(pathToFileURL(bundle).href);
const jobs: Entry = await import(pathToFileURL(FLEET_BUNDLE).href);
const before = openThings();
const heap: Soaked['heap'][number][] = [];
const endings: Record<string, number> = {};
for (let invocation = 1; invocation <= invocations; invocation += 1) {
  const payloads = cluster === undefined ? PAYLOADS : roundsOf(cluster);
  const payload = payloads[invocation % payloads.length] ?? {};
  const { handler } = 'Records' in payload ? jobs : runs;
  const ending = await handler(payload, CONTEXT).then(
    (answer) => (isJob(answer) ? `job ${answer.job}` : 'completed'),
    (error: Error) => error.name,
  );
  endings[ending] = (endings[ending] ?? 0) + 1;
  const isDue = invocation % Math.ceil(invocations / 2 / SAMPLES) === 0;
  if (isDue && invocation > invocations / 2) heap.push({ invocation, bytes: await heapAtRest() });
}
const soaked: Soaked = { endings, heap, before, after: openThings() };
process.send?.(soaked);
process.disconnect?.();

function isJob(answer: unknown): answer is { job: string } {
  return typeof answer === 'object' && answer !== null && 'job' in answer;
}

/** Bytes, when the last runs' deadlines have passed. What a collection finds unreachable may free more in its wake. */
async function heapAtRest(): Promise<number> {
  if (globalThis.gc === undefined) throw new Error('Start Node.js with --expose-gc.');
  await sleep(TIMEOUT);
  for (let round = 0; round < 3; round += 1) {
    globalThis.gc();
    await sleep(50);
  }
  return process.memoryUsage().heapUsed;
}

function openThings(): Soaked['before'] {
  const descriptors = existsSync(DESCRIPTORS) ? readdirSync(DESCRIPTORS).length : null;
  return { resources: process.getActiveResourcesInfo(), descriptors };
}
