// A run on malformed input, and what must hold whatever the input.
import { expect } from 'vitest';
import { SpotBlacklistError, toSafeError } from '../../../lambda/domain/errors.ts';
import type { RunResult } from '../../../lambda/report/result.ts';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { HOUR, typeIn } from '../../support/deployment.ts';
import { NO_GUARD_RAILS } from '../../support/plan.ts';
import { type RunHere, runHere, writesSeenBy } from '../../support/run-here.ts';

/** The clock of every run and of its sandbox, so that times in the input can be put right beside it. */
export const NOW = Date.UTC(2026, 1, 14, 12);
/** The default of BLACKLIST_HOURS. */
export const LIFE = 5 * HOUR;
/** How the reason of an own entry starts. */
export const MARKER = 'spot-blacklist/default: ';

export const iso = (milliseconds: number): string => new Date(milliseconds).toISOString();

export interface FuzzRun {
  /** The run's error, thrown or in its outcome; null if all is well. */
  readonly error: SpotBlacklistError | null;
  /** The types that were added and removed, in order and each as often as it was. */
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** The clusters that were written to, in lower case. */
  readonly clusterIds: ReadonlySet<string>;
}

export function startFuzzSandbox(): Promise<Sandbox> {
  return startSandbox({ now: () => NOW });
}

/** The operation comes with the payload, everything else from the environment. */
export function asGiven<T extends { operation?: string }>({ operation, ...settings }: T): RunHere {
  return { settings, payload: operation === undefined ? {} : { operation } };
}

/**
 * One run. Whatever goes wrong has to be an error of this project's, and not one that says that it does not know what
 * happened; what is not understood is not written after; and every write is of the form that is documented.
 */
export async function fuzzRun(sandbox: Sandbox, { settings, ...more }: RunHere): Promise<FuzzRun> {
  sandbox.requests.length = 0;
  const [result, error] = await runHere(sandbox, {
    ...more,
    settings: { ...NO_GUARD_RAILS, ...settings },
    now: () => NOW,
    // A list that stays as it is would be waited for in every second example.
    wait: async () => {},
  }).then(
    (outcome): [RunResult, unknown] => [outcome.result, outcome.error],
    (thrown: unknown): [null, unknown] => [null, thrown],
  );
  const writes = writesSeenBy(sandbox);
  expectOwnError(error);
  if (result === null) expect(writes).toEqual([]);
  else expectHonest(result, sandbox);
  for (const { route, body } of writes) expectWellFormed(route === 'add', body, sandbox);
  return {
    error,
    added: writes.filter(({ route }) => route === 'add').map(typeIn),
    removed: writes.filter(({ route }) => route === 'remove').map(typeIn),
    clusterIds: new Set(writes.map(clusterIn)),
  };
}

/** How a fault of this project's own is worded, from where it no longer names its kind. */
const OUR_FAULT = toSafeError(new Error('any')).message.replace(/^.*? stopped the run/, '');

function expectOwnError(error: unknown): asserts error is SpotBlacklistError | null {
  if (error === null) return;
  expect(error).toBeInstanceOf(SpotBlacklistError);
  // Its stack shows where it comes from.
  expect((error as Error).name === 'InternalError' ? (error as Error).stack : null).toBeNull();
}

/** A cluster without decisions was not written to; no fault of ours is hidden in a problem, and no key anywhere. */
function expectHonest(result: RunResult, sandbox: Sandbox): void {
  const text = JSON.stringify(result);
  expect(text).not.toContain(OUR_FAULT);
  expect(text).not.toContain(sandbox.castai.apiKey);
  const decided = result.clusters.filter(({ decisions }) => decisions.length > 0);
  const ids = new Set(decided.map(({ clusterId }) => clusterId.toLowerCase()));
  for (const write of writesSeenBy(sandbox)) expect(ids).toContain(clusterIn(write));
}

/** See docs/castai-api.md: every field is sent, the lifecycle is Spot, and there is an end. */
function expectWellFormed(isAdd: boolean, body: unknown, { castai: { organizationId } }: Sandbox): void {
  const key = { organizationId, clusterId: expect.any(String), instanceType: expect.any(String) };
  const more = { expiresAt: iso(NOW + LIFE), reason: expect.stringMatching(new RegExp(`^${MARKER}.`)) };
  expect(body).toEqual({ ...key, lifecycle: 'spot', ...(isAdd && more) });
}

function clusterIn({ body }: { readonly body: unknown }): string {
  return (body as { clusterId: string }).clusterId.toLowerCase();
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
