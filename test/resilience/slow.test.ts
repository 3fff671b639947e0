// Everything that takes long, because somebody does not answer: all of it at once, so that it takes as long as
// its slowest.
import { createServer } from 'node:net';
import { beforeAll, describe, expect, it } from 'vitest';
import type { FaultRule } from '../../cli/sandbox/http/faults.ts';
import { type Deployment, deploy, type Failure } from '../support/deployment.ts';

const MINUTE = 60_000;

interface Case {
  readonly faults: readonly FaultRule[];
  readonly environment?: Record<string, string>;
  readonly name: string;
  readonly code: string;
}

const FEED_DOWN = { name: 'FeedError', code: 'FEED_UNREACHABLE' };
const SECRET_DOWN = { name: 'SecretError', code: 'SECRET_UNREACHABLE' };
const CASTAI_DOWN = { name: 'CastAiError', code: 'CASTAI_UNREACHABLE' };

const CASES: Readonly<Record<string, Case>> = {
  'the feed’s server is down': {
    faults: [],
    environment: { SPOT_ADVISOR_URL: `http://127.0.0.1:${await closedPort()}/feed.json` },
    ...FEED_DOWN,
  },
  'the feed’s server never answers': {
    faults: [{ when: { route: 'feed' }, fault: { kind: 'hang' } }],
    ...FEED_DOWN,
  },
  'the feed trickles': {
    faults: [{ when: { route: 'feed' }, fault: { kind: 'slow', bytesPerSecond: 5_000 } }],
    ...FEED_DOWN,
  },
  'the feed takes half a minute to come': {
    faults: [{ when: { route: 'feed' }, fault: { kind: 'latency', ms: 30_000 } }],
    ...FEED_DOWN,
  },
  'the feed is cut off again and again': {
    faults: [{ when: { route: 'feed' }, fault: { kind: 'truncate' } }],
    ...FEED_DOWN,
  },
  'the feed’s connection is reset again and again': {
    faults: [{ when: { route: 'feed' }, fault: { kind: 'reset' } }],
    ...FEED_DOWN,
  },
  'the feed’s server fails': {
    faults: [{ when: { route: 'feed' }, fault: { kind: 'status', status: 503 } }],
    ...FEED_DOWN,
  },
  'the feed’s server asks to come back in an hour': {
    faults: [
      { when: { route: 'feed' }, fault: { kind: 'status', status: 503, headers: { 'retry-after': '3600' } } },
    ],
    ...FEED_DOWN,
  },
  'the feed’s server asks every time to come back in half a minute': {
    faults: [
      { when: { route: 'feed' }, fault: { kind: 'status', status: 429, headers: { 'retry-after': '29' } } },
    ],
    ...FEED_DOWN,
  },
  'the feed’s server thinks for a while and then asks to come back in half a minute': {
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
  'Secrets Manager resets the connection again and again': {
    faults: [{ when: { route: 'secret' }, fault: { kind: 'reset' } }],
    ...SECRET_DOWN,
  },
  'Secrets Manager fails': {
    faults: [{ when: { route: 'secret' }, fault: { kind: 'status', status: 500 } }],
    ...SECRET_DOWN,
  },
  'Secrets Manager is slow, and then the feed never comes': {
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
  'CAST AI’s list is cut off again and again': {
    faults: [{ when: { route: 'list' }, fault: { kind: 'truncate' } }],
    ...CASTAI_DOWN,
  },
  'CAST AI’s list fails': {
    faults: [{ when: { route: 'list' }, fault: { kind: 'status', status: 502, body: '<html>502</html>' } }],
    ...CASTAI_DOWN,
  },
};

/** What came of each case: all are under way before the first is looked at. */
const outcomes = new Map<string, Promise<Outcome>>();

interface Outcome {
  readonly failure: Failure;
  readonly writes: number;
}

beforeAll(async () => {
  for (const [title, { faults, environment }] of Object.entries(CASES)) {
    // One process after the other: so many at once would all be late.
    const deployment = await deploy({ environment: { ...environment }, timeoutSeconds: 90 });
    deployment.sandbox.faults.push(...faults);
    const outcome = failureOf(deployment);
    // A test looks at it later; until then nobody is to take it for unhandled.
    outcome.catch(() => {});
    outcomes.set(title, outcome);
  }
}, MINUTE);

describe('nothing is written, and all is over within a minute, when', () => {
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

/** A port that nobody listens on: one that was free just now. */
async function closedPort(): Promise<number> {
  const server = createServer();
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', resolve);
  await promise;
  const address = server.address();
  await new Promise((done) => server.close(done));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
