// The event after a run: over real sockets, from the bundle.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { EventBridge, RecordedEvent } from '../../sandbox/aws/event-bridge.ts';
import type { Fault } from '../../sandbox/http/faults.ts';
import { startSandbox } from '../../sandbox/sandbox.ts';
import { EVENT_BRIDGE, startCorporateNetwork } from '../../support/corporate-network.ts';
import {
  answering,
  type Deployment,
  deploy,
  logLines,
  NO_GUARD_RAILS,
  riskyFeed,
  smallFeed,
} from '../../support/deployment.ts';

const EVENT_BUS = 'default';

let deployment: Deployment;
beforeAll(async () => {
  deployment = await deploy({ environment: { ...NO_GUARD_RAILS, EVENT_BUS, TARGET_NAME: 'blue' } });
});
beforeEach(() => {
  deployment.reset();
  deployment.sandbox.feed.replace(riskyFeed(['m5.large', 'c5.large']));
  resetEvents(deployment);
});
afterAll(() => deployment[Symbol.asyncDispose]());

function resetEvents({ sandbox: { eventBridge } }: Deployment): void {
  eventBridge.events.length = 0;
  eventBridge.failure = undefined;
  eventBridge.entryFailure = undefined;
}

function onlyEvent({ sandbox }: Deployment): RecordedEvent {
  const [event, ...more] = sandbox.eventBridge.events;
  if (event === undefined || more.length > 0)
    throw new Error(`There are ${more.length} more events than one.`);
  return event;
}

describe('after a run there is one event', () => {
  it('with the types that were added, and only counts of the unchanged ones', async () => {
    const { startedAt, clusters } = await deployment.succeed();
    const event = onlyEvent(deployment);
    const target = { name: 'blue', region: 'us-east-1', os: 'Linux' };
    expect(event).toMatchObject({
      source: 'spot-blacklist',
      detailType: 'Run Completed',
      detail: { target, operation: 'apply', status: 'completed', startedAt, warnings: 0, error: null },
    });
    expect(event.detail).toMatchObject({
      actions: { add: 2, keep: 0 },
      outcome: { succeeded: 2, failed: 0, deferred: 0 },
      clusters: [{ clusterId: clusters[0]?.clusterId, added: ['c5.large', 'm5.large'], removed: [] }],
    });
    resetEvents(deployment);
    await deployment.succeed();
    expect(onlyEvent(deployment).detail).toMatchObject({
      actions: { add: 0, keep: 2 },
      clusters: [{ added: [], removed: [], spared: [] }],
    });
  });

  it('with the types that were cleared', async () => {
    await deployment.succeed();
    resetEvents(deployment);
    await deployment.succeed({ operation: 'clear' });
    expect(onlyEvent(deployment)).toMatchObject({
      detailType: 'Run Completed',
      detail: { operation: 'clear', clusters: [{ removed: ['c5.large', 'm5.large'] }] },
    });
  });

  it('with the error of a partly completed run, and what it did', async () => {
    const fault = answering(400);
    deployment.sandbox.faults.push({ when: { route: 'add', nth: 1 }, fault });
    const { name, code, message } = await deployment.fail();
    expect(onlyEvent(deployment)).toMatchObject({
      detailType: 'Run Failed',
      detail: {
        status: 'failed',
        error: { name, code, message },
        outcome: { succeeded: 1, failed: 1 },
        clusters: [{ status: 'failed', added: ['m5.large'] }],
      },
    });
  });

  it('with the error of a run without any cluster to work on', async () => {
    deployment.sandbox.feed.replace('<html>');
    const { code } = await deployment.fail();
    const target = { name: 'blue', region: null, os: 'Linux' };
    expect(onlyEvent(deployment)).toMatchObject({
      detailType: 'Run Failed',
      detail: { target, operation: 'apply', error: { code }, clusters: [], outcome: { succeeded: 0 } },
    });
    expect(code).toBe('FEED_MALFORMED');
  });

  it('with the error of unusable settings, and the target as far as it is known', async () => {
    await deployment.fail({ interruptionThreshold: 'high' });
    expect(onlyEvent(deployment)).toMatchObject({
      detailType: 'Run Failed',
      detail: { target: { name: 'blue' }, error: { name: 'SettingsError' } },
    });
    resetEvents(deployment);
    await deployment.fail({ targetName: 'not a name', operation: 5 });
    expect(onlyEvent(deployment).detail).toMatchObject({ target: { name: null }, operation: null });
  });
});

describe('there is no event', () => {
  it('for a dry run, whether it succeeds or fails', async () => {
    await deployment.succeed({ dryRun: true });
    await deployment.fail({ dryRun: true, os: 'BeOS' });
    expect(deployment.sandbox.requests.filter(({ route }) => route === 'event')).toEqual([]);
  });

  it('without an event bus', async () => {
    await using quiet = await deploy({ environment: NO_GUARD_RAILS });
    quiet.sandbox.feed.replace(smallFeed({ 'm5.large': 4 }));
    const { log } = await quiet.invoke();
    expect(quiet.sandbox.requests.map(({ route }) => route)).not.toContain('event');
    expect(log).not.toContain('EVENT_NOT_SENT');
  });
});

const JUNK: Fault = { kind: 'body', body: '{"items":[7]}', contentType: 'application/x-amz-json-1.1' };

const answered =
  (fault: Fault) =>
  ({ sandbox }: Deployment) =>
    sandbox.faults.push({ when: { route: 'event' }, fault });
const failing =
  (how: Partial<Pick<EventBridge, 'failure' | 'entryFailure'>>) =>
  ({ sandbox }: Deployment) =>
    Object.assign(sandbox.eventBridge, how);

describe('an event cannot be sent, and the run keeps its outcome and logs why,', () => {
  it.each<[string, (deployment: Deployment) => unknown, string]>([
    ['the role may not', failing({ failure: 'AccessDeniedException' }), 'Allow its role events:PutEvents'],
    [
      "the bus's policy does not allow the source",
      failing({ entryFailure: 'NotAuthorizedForSourceException' }),
      'Allow its role events:PutEvents',
    ],
    [
      'EventBridge has accepted the request, but not the event',
      failing({ entryFailure: 'InternalFailure' }),
      'did not take the event',
    ],
    ['EventBridge is throttling', failing({ failure: 'ThrottlingException' }), 'did not take the event'],
    ['the answer is junk', answered(JUNK), 'did not take the event'],
    ['the answer is HTML', answered({ kind: 'body', body: '<html>' }), 'did not take the event'],
    ['there is no response', answered({ kind: 'hang' }), 'could not be reached in time'],
    ['the connection is reset', answered({ kind: 'reset' }), 'could not be reached in time'],
    ['the answer trickles', answered({ kind: 'slow', bytesPerSecond: 1 }), 'could not be reached in time'],
  ])('because %s', async (_, arrange, problem) => {
    arrange(deployment);
    const { functionError, log } = await deployment.invoke();
    expect(functionError).toBeUndefined();
    const lines = logLines(log);
    expect(lines.at(-2)).toMatchObject({ code: 'RUN_COMPLETED' });
    expect(lines.at(-1)).toMatchObject({
      level: 'WARN',
      message: 'Event not sent',
      code: 'EVENT_NOT_SENT',
      problem: expect.stringContaining(problem),
    });
    // Nothing from AWS's response: its texts contain the event.
    expect(log).not.toMatch(/refused:|not authorized to perform|Rate exceeded/);
  });

  it('while a failed run throws its own error', async () => {
    deployment.sandbox.eventBridge.failure = 'AccessDeniedException';
    deployment.sandbox.castai.switches.keyMayWrite = false;
    const { functionError, payload, log } = await deployment.invoke();
    expect({ functionError, payload }).toMatchObject({ payload: { errorType: 'CastAiAuthError' } });
    expect(logLines(log).map(({ code }) => code)).toEqual(['RUN_STARTED', 'RUN_FAILED', 'EVENT_NOT_SENT']);
  });

  it('because there is no such bus', async () => {
    await using misled = await deploy({ environment: { ...NO_GUARD_RAILS, EVENT_BUS: 'other' } });
    const { log } = await misled.invoke();
    expect(logLines(log).at(-1)).toMatchObject({
      code: 'EVENT_NOT_SENT',
      problem: expect.stringContaining('the bus other. Check EVENT_BUS'),
    });
  });

  it('because there is no time left, and throws its own error', async () => {
    const environment = { ...NO_GUARD_RAILS, EVENT_BUS };
    await using short = await deploy({ environment, timeoutSeconds: 8 });
    short.sandbox.faults.push({ when: { route: 'cluster' }, fault: { kind: 'hang' } });
    const { payload, log } = await short.invoke();
    expect(payload).toMatchObject({ errorType: 'CastAiError' });
    expect(logLines(log).at(-1)).toMatchObject({
      code: 'EVENT_NOT_SENT',
      problem: 'There was no time left for it.',
    });
  });
});

it('after a transient fault, the event is sent by a retry', async () => {
  deployment.sandbox.faults.push({ when: { route: 'event' }, times: 1, fault: answering(500) });
  const { log } = await deployment.invoke();
  expect(log).not.toContain('EVENT_NOT_SENT');
  expect(onlyEvent(deployment)).toMatchObject({ detailType: 'Run Completed' });
});

it('the event goes through HTTPS_PROXY like everything else', async () => {
  await using sandbox = await startSandbox();
  await using network = await startCorporateNetwork(sandbox);
  const addresses = Object.keys(sandbox.environment).filter((name) => /_URL/.test(name));
  await using behind = await deploy({
    environment: {
      ...Object.fromEntries(addresses.map((name) => [name, undefined])),
      SECRET_ID: sandbox.environment['SECRET_ID'],
      ...{ EVENT_BUS, HTTPS_PROXY: network.proxyUrl, NODE_EXTRA_CA_CERTS: network.authority },
    },
  });
  await behind.succeed();
  expect(network.asked).toContain(`CONNECT ${EVENT_BRIDGE}:443`);
  expect(sandbox.eventBridge.events).toMatchObject([{ detailType: 'Run Completed' }]);
});

it('an old feed causes a warning with its date, which the event counts', async () => {
  deployment.sandbox.feed.replace(riskyFeed(['m5.large']), new Date('2026-02-13T00:00:00Z'));
  const { warnings } = await deployment.succeed();
  expect(warnings).toEqual([expect.stringMatching(/feed was last published on 2026-02-13, \d+ days ago/)]);
  expect(onlyEvent(deployment).detail).toMatchObject({ warnings: 1 });
});
