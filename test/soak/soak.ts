import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Fault } from '../sandbox/http/faults.ts';
import type { Route } from '../sandbox/http/routes.ts';
import { startSandbox } from '../sandbox/sandbox.ts';
import { BUNDLE, NO_GUARD_RAILS, smallFeed } from '../support.ts';

const CHILD = join(import.meta.dirname, 'soak-child.ts');

/** What a process looks like after many warm invocations. */
export interface Soaked {
  /** How many invocations completed, and how many ended with which error. */
  readonly endings: Readonly<Record<string, number>>;
  /** Bytes in use after collecting garbage, at even distances. */
  readonly heap: readonly number[];
  /** What keeps the process alive: when the bundle is loaded, and after the last invocation. */
  readonly resourcesBefore: readonly string[];
  readonly resourcesAfter: readonly string[];
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
  ['add', 37, { kind: 'status', status: 409 }],
  ['add', 997, { kind: 'lost-answer' }],
  ['remove', 43, { kind: 'status', status: 404 }],
];

/**
 * Invokes the bundle again and again in one process, with faults mixed in.
 *
 * @throws {Error} if the process does not survive it
 */
export async function soak(invocations: number): Promise<Soaked> {
  await using sandbox = await startSandbox();
  const types = Array.from({ length: 10 }, (_, index) => [`m${index + 1}.large`, 4]);
  sandbox.feed.replace(smallFeed(Object.fromEntries(types)));
  for (const [route, every, fault] of FAULTS) {
    let seen = 0;
    const matching = () => {
      // The sandbox must not be what grows.
      sandbox.requests.length = 0;
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
  };
  const child = fork(CHILD, [BUNDLE, String(invocations)], {
    env: environment,
    execArgv: ['--expose-gc'],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  const died = once(child, 'exit').then(([code]) => {
    throw new Error(`The soaked process ended with exit status ${code}.`);
  });
  const [soaked] = (await Promise.race([once(child, 'message'), died])) as [Soaked];
  died.catch(() => {});
  return soaked;
}

/** @returns the mean heap of the second quarter, when all is warm, and of the last one; bytes */
export function growth({ heap }: Soaked): { early: number; late: number } {
  const quarter = Math.floor(heap.length / 4);
  const mean = (samples: readonly number[]) => samples.reduce((sum, one) => sum + one, 0) / samples.length;
  return { early: mean(heap.slice(quarter, 2 * quarter)), late: mean(heap.slice(-quarter)) };
}
