// Writes that CAST AI refuses. The outcome of each kind of fault at each point of a run is in test/resilience/faults.
import { describe, expect, it } from 'vitest';
import type { SandboxRequest } from '../../../cli/demo/sandbox/http/exchange.ts';
import { logLine } from '../../../lambda/report/fit.ts';
import { wait } from '../../../lambda/run/deadline.ts';
import { aboutType } from '../../sandbox/http/faults.ts';
import { answering, EIGHT_TYPES } from '../../support/deployment.ts';
import { runHere, runSmall, startRisky, writesSeenBy } from '../../support/run-here.ts';

const FORTY_TYPES = Array.from({ length: 40 }, (_, index) => `m${index + 1}.large`);

describe('a rejected key', () => {
  it('is tried once, and the message has the likely causes and CAST AI’s request id', async () => {
    await using sandbox = await startRisky();
    const id = '7d0f6c1e-94b2-4f0e-9d58-3f1c1d2b6a55';
    const fault = answering(401, { headers: { 'x-castai-request-id': id } });
    sandbox.faults.push({ when: { route: 'cluster' }, fault });
    const failed = runHere(sandbox);
    await expect(failed).rejects.toMatchObject({ code: 'KEY_REJECTED' });
    for (const part of ['401', 'api-key', 'expired', 'CASTAI_API_URL', id])
      await expect(failed).rejects.toThrow(part);
    expect(sandbox.requests.map(({ route }) => route).filter((route) => route !== 'feed')).toEqual([
      'cluster',
    ]);
  });

  it('during the writes stops them at once, and the report shows how far they got', async () => {
    await using sandbox = await startRisky(FORTY_TYPES);
    let adds = 0;
    const matching = () => ++adds > 15;
    sandbox.faults.push({ when: { route: 'add', matching }, fault: answering(401) });
    const { result, error } = await runSmall(sandbox);
    expect(error).toMatchObject({ name: 'CastAiAuthError', code: 'KEY_REJECTED' });
    // At most BATCH_SIZE (10) were under way when the first refusal came.
    const writes = writesSeenBy(sandbox).length;
    expect(writes).toBeGreaterThan(15);
    expect(writes).toBeLessThanOrEqual(25);
    expect(result.clusters[0]?.outcome).toMatchObject({
      succeeded: 15,
      verified: 15,
      failed: writes - 15,
      deferred: 40 - writes,
    });
    expect(sandbox.castai.entries).toHaveLength(15);
  });
});

it('a key that may read but not write causes an error that names the role it needs', async () => {
  await using sandbox = await startRisky(FORTY_TYPES, { castai: { keyMayWrite: false } });
  const { error } = await runSmall(sandbox);
  expect(error?.message).toMatch(/403.*role.*Viewer/);
  expect(writesSeenBy(sandbox).length).toBeLessThanOrEqual(10);
  expect(sandbox.castai.entries).toEqual([]);
});

describe('a type that CAST AI refuses', () => {
  it.each([400, 422])('(%i) is requested once, and all others are added', async (status) => {
    await using sandbox = await startRisky();
    const when = { route: 'add', matching: aboutType('c5.large') } as const;
    sandbox.faults.push({ when, fault: answering(status) });
    const { result, error } = await runSmall(sandbox);
    expect(error).toMatchObject({ name: 'RunIncompleteError', code: 'RUN_INCOMPLETE' });
    expect(error?.message).toContain(`c5.large: `);
    expect(error?.message).toContain(String(status));
    expect(writesSeenBy(sandbox)).toHaveLength(8);
    expect(result.clusters[0]).toMatchObject({
      status: 'failed',
      actions: { add: 8 },
      outcome: { succeeded: 7, failed: 1, deferred: 0, verified: 7 },
    });
  });

  it('is reported with the refused field, but without the text of the response', async () => {
    await using sandbox = await startRisky();
    const body = JSON.stringify({
      message: 'words of the answer',
      fieldViolations: [
        { field: 'instanceType', description: 'words of the answer' },
        { field: 'words of the answer', description: '' },
      ],
    });
    const when = { route: 'add', matching: aboutType('c5.large') } as const;
    sandbox.faults.push({ when, fault: answering(400, { body }) });
    const { result, error } = await runSmall(sandbox);
    expect(error?.message).toMatch(/c5\.large: .*400, because of instanceType/);
    expect(error?.message + JSON.stringify(logLine(result))).not.toContain('words of the answer');
  });

  it('is in the log, like every other refused type', async () => {
    await using sandbox = await startRisky();
    const refused = EIGHT_TYPES.slice(2, 5);
    for (const type of refused)
      sandbox.faults.push({ when: { route: 'add', matching: aboutType(type) }, fault: answering(400) });
    const { result, error } = await runSmall(sandbox);
    expect(error?.message).toMatch(/3 of 8/);
    const [cluster] = logLine(result)['clusters'] as { problems: { instanceType: string }[] }[];
    expect(cluster?.problems.map(({ instanceType }) => instanceType).sort()).toEqual(refused.sort());
  });
});

it('types are added riskiest first, in the order of the report', async () => {
  await using sandbox = await startRisky();
  const { result } = await runSmall(sandbox, { settings: { batchSize: 1, interruptionThreshold: 10 } });
  const added = writesSeenBy(sandbox).map(({ body }) => (body as { instanceType: string }).instanceType);
  expect(added).toEqual(result.clusters[0]?.decisions.map(({ instanceType }) => instanceType));
});

it('entries last as long as configured, and carry their target’s name', async () => {
  await using sandbox = await startRisky();
  const now = Date.parse('2026-02-14T12:00:00.000Z');
  await runSmall(sandbox, { settings: { blacklistHours: 12, targetName: 'team-a' }, now: () => now });
  expect(writesSeenBy(sandbox)).toHaveLength(8);
  for (const { body } of writesSeenBy(sandbox))
    expect(body).toMatchObject({
      expiresAt: '2026-02-15T00:00:00.000Z',
      reason: expect.stringMatching(/^spot-blacklist\/team-a: /),
    });
});

describe('the rate of the writes', () => {
  const types = (count: number) => FORTY_TYPES.slice(0, count);

  it('starts no more than BATCH_SIZE writes in BATCH_PAUSE seconds', async () => {
    await using sandbox = await startRisky(types(11));
    await runSmall(sandbox, { settings: { batchSize: 5, batchPause: 1.5 }, wait });
    const starts = writesSeenBy(sandbox)
      .map(({ receivedAt }) => receivedAt)
      .sort((a, b) => a - b);
    expect(starts).toHaveLength(11);
    for (const [index, start] of starts.entries()) {
      const sixth = starts[index + 5];
      // Requests are received a little later than they are sent, and not always by the same time.
      if (sixth !== undefined) expect(sixth - start).toBeGreaterThan(1_300);
    }
  });

  it.each([
    [1, 0, 60],
    [3, 0, 60],
    [10, 0, 60],
    [3, 0.1, 300],
  ])(
    'keeps at most BATCH_SIZE (%i) writes in flight, even if a response takes longer than the pause (%d s)',
    async (batchSize, batchPause, ms) => {
      await using sandbox = await startRisky(types(3 * batchSize));
      sandbox.faults.push({ when: { route: 'add' }, fault: { kind: 'latency', ms } });
      await runSmall(sandbox, { settings: { batchSize, batchPause }, wait });
      expect(mostUnderWay(writesSeenBy(sandbox))).toBe(batchSize);
    },
  );

  /** The largest number of requests that had arrived but had no response yet. */
  function mostUnderWay(requests: readonly SandboxRequest[]): number {
    const counts = requests.map(
      ({ receivedAt }) =>
        requests.filter(
          (other) => other.receivedAt <= receivedAt && (other.answeredAt ?? receivedAt) > receivedAt,
        ).length,
    );
    return Math.max(...counts);
  }
});
