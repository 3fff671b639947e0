// Services that answer slowly or not at all: all at once, so that this takes as long as the slowest. Each request gives up
// by itself, before the run's deadline, which the fault matrix plays through.
import { beforeAll, describe, expect, it } from 'vitest';
import type { FaultRule } from '../sandbox/http/faults.ts';
import { type Deployment, deploy, type Failure } from '../support/deployment.ts';

const MINUTE = 60_000;

interface Case {
  readonly faults: readonly FaultRule[];
  readonly name: string;
  readonly code: string;
}

const FEED_DOWN = { name: 'FeedError', code: 'FEED_UNREACHABLE' };
const SECRET_DOWN = { name: 'SecretError', code: 'SECRET_UNREACHABLE' };
const CASTAI_DOWN = { name: 'CastAiError', code: 'CASTAI_UNREACHABLE' };

const CASES: Readonly<Record<string, Case>> = {
  'the feed’s server never answers': {
    faults: [{ when: { route: 'feed' }, fault: { kind: 'hang' } }],
    ...FEED_DOWN,
  },
  'the feed trickles': {
    faults: [{ when: { route: 'feed' }, fault: { kind: 'slow', bytesPerSecond: 5_000 } }],
    ...FEED_DOWN,
  },
  'the feed takes half a minute': {
    faults: [{ when: { route: 'feed' }, fault: { kind: 'latency', ms: 30_000 } }],
    ...FEED_DOWN,
  },
  'the feed’s server asks every time to come back in half a minute': {
    faults: [
      { when: { route: 'feed' }, fault: { kind: 'status', status: 429, headers: { 'retry-after': '29' } } },
    ],
    ...FEED_DOWN,
  },
  'the feed’s server is slow and then asks to come back in half a minute': {
    faults: [
      { when: { route: 'feed' }, fault: { kind: 'latency', ms: 9_000 } },
      { when: { route: 'feed' }, fault: { kind: 'status', status: 503, headers: { 'retry-after': '25' } } },
    ],
    ...FEED_DOWN,
  },
  'Secrets Manager never answers': {
    faults: [{ when: { route: 'secret' }, fault: { kind: 'hang' } }],
    ...SECRET_DOWN,
  },
  'Secrets Manager’s answer trickles': {
    faults: [{ when: { route: 'secret' }, fault: { kind: 'slow', bytesPerSecond: 4 } }],
    ...SECRET_DOWN,
  },
  'Secrets Manager is slow, and then the feed’s server never answers': {
    faults: [
      { when: { route: 'secret', nth: [1, 2] }, fault: { kind: 'hang' } },
      { when: { route: 'feed' }, fault: { kind: 'hang' } },
    ],
    ...FEED_DOWN,
  },
  'CAST AI never answers': {
    faults: [{ when: { route: 'cluster' }, fault: { kind: 'hang' } }],
    ...CASTAI_DOWN,
  },
};

/** The outcome of each case: all are under way before the first is awaited. */
const outcomes = new Map<string, Promise<Outcome>>();

interface Outcome {
  readonly failure: Failure;
  readonly writes: number;
}

beforeAll(async () => {
  for (const [title, { faults }] of Object.entries(CASES)) {
    // One process after the other: so many at once would all be late.
    const deployment = await deploy({ timeoutSeconds: 90 });
    deployment.sandbox.faults.push(...faults);
    const outcome = failureOf(deployment);
    // A test awaits it later; until then it must not count as unhandled.
    outcome.catch(() => {});
    outcomes.set(title, outcome);
  }
}, MINUTE);

describe('a run writes nothing and ends within a minute if', () => {
  it.each(Object.entries(CASES))('%s', { timeout: 2 * MINUTE }, async (title, { name, code }) => {
    const outcome = await outcomes.get(title);
    expect(outcome?.failure).toMatchObject({ name, code });
    expect(outcome?.failure.message).toMatch(/Check|the next run/i);
    expect(outcome?.failure.milliseconds).toBeLessThan(MINUTE);
    expect(outcome?.writes).toBe(0);
  });
});

async function failureOf(deployment: Deployment): Promise<Outcome> {
  await using own = deployment;
  const failure = await own.fail();
  return { failure, writes: own.writes.length };
}
