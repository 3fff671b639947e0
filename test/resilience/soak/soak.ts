import { join } from 'node:path';
import { median } from '../../bench/measurement.ts';
import type { Fault } from '../../sandbox/http/faults.ts';
import type { Route } from '../../sandbox/http/routes.ts';
import { startSandbox } from '../../sandbox/sandbox.ts';
import { messageFrom } from '../../support/child-process.ts';
import { BUNDLE, NO_GUARD_RAILS, smallFeed } from '../../support/deployment.ts';

const CHILD = join(import.meta.dirname, 'soak-child.ts');

/** What a process looks like after many warm invocations. */
export interface Soaked {
  /** How many invocations completed, and how many ended with which error. */
  readonly endings: Readonly<Record<string, number>>;
  /** What was in use after how many invocations, in the second half of them, when all is warm. */
  readonly heap: readonly HeapSample[];
  /** When the bundle is loaded, and after the last invocation. */
  readonly before: OpenThings;
  readonly after: OpenThings;
}

interface HeapSample {
  readonly invocation: number;
  /** After collecting garbage. */
  readonly bytes: number;
}

interface OpenThings {
  /** What keeps the process alive. */
  readonly resources: readonly string[];
  /** How many files and sockets are open, those that wait for their next use too; null where there is no /proc. */
  readonly descriptors: number | null;
}

/** Which of how many requests of a kind fails, and how. Prime numbers, so that they meet in ever new ways. */
const FAULTS: readonly [Route, number, Fault][] = [
  ['secret', 41, { kind: 'body', body: '{}' }],
  ['feed', 13, { kind: 'body', body: '<html>' }],
  ['feed', 17, { kind: 'status', status: 404 }],
  ['cluster', 23, { kind: 'status', status: 404 }],
  ['cluster', 211, { kind: 'reset' }],
  ['list', 29, { kind: 'body', body: '{"items":[7]}' }],
  ['list', 499, { kind: 'status', status: 503 }],
  ['add', 31, { kind: 'status', status: 401 }],
  ['add', 997, { kind: 'lost-answer' }],
  ['remove', 43, { kind: 'status', status: 404 }],
  ['queue', 19, { kind: 'body', body: '{}' }],
  ['event', 37, { kind: 'status', status: 400 }],
];

/** V8 would now and then throw away code that was not used for a while: 5 MB at once. */
const FLAGS = ['--expose-gc', '--no-flush-bytecode'];

/**
 * Invokes the bundle again and again in one process, with faults mixed in.
 *
 * @param signal kills that process
 * @param isFannedOut whether it plans and carries out rounds
 * @throws {Error} if the process does not survive it
 */
export async function soak(invocations: number, signal?: AbortSignal, isFannedOut = false): Promise<Soaked> {
  await using sandbox = await startSandbox();
  const types = Array.from({ length: 10 }, (_, index) => [`m${index + 1}.large`, 4]);
  sandbox.feed.replace(smallFeed(Object.fromEntries(types)));
  for (const [route, every, fault] of FAULTS) {
    let seen = 0;
    const matching = () => {
      // The sandbox must not be what grows.
      sandbox.requests.length = 0;
      sandbox.eventBridge.events.length = 0;
      sandbox.sqs.messages.length = 0;
      seen += 1;
      return seen % every === 0;
    };
    sandbox.faults.push({ when: { route, matching }, fault });
  }
  const environment = {
    ...sandbox.environment,
    ...NO_GUARD_RAILS,
    OS: 'Linux',
    INTERRUPTION_THRESHOLD: '20',
    BATCH_PAUSE: '0',
    EVENT_BUS: 'default',
    ...(isFannedOut && sandbox.fanOut),
  };
  if (isFannedOut) sandbox.putSecret({ 'cluster-id': '*' });
  const [cluster] = sandbox.castai.clusters;
  const args = [BUNDLE, String(invocations), ...(isFannedOut && cluster ? [cluster.id] : [])];
  return await messageFrom(CHILD, args, { environment, flags: FLAGS, signal });
}

/**
 * The median of the slopes between any two samples: one step of V8's, up or down, hardly moves it.
 *
 * @returns by how much the heap grows, in bytes per invocation
 */
export function growth({ heap }: Soaked): number {
  const slopes = heap.flatMap((late, index) =>
    heap.slice(0, index).map((early) => (late.bytes - early.bytes) / (late.invocation - early.invocation)),
  );
  return median(slopes);
}
