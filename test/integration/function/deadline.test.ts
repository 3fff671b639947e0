// A run that is short of time ends by itself. Each of these waits for seconds, so they wait beside each other.
import { describe, it } from 'vitest';
import type { SandboxRequest } from '../../../cli/sandbox/http/exchange.ts';
import {
  answering,
  blacklistedTypes,
  type Deployment,
  deploy,
  deployForRisky,
  EIGHT_TYPES,
  type Failure,
} from '../../support/deployment.ts';

const outcomeIn = ({ report }: Failure) =>
  report.clusters?.[0]?.outcome ?? { succeeded: 0, failed: 0, deferred: 0, verified: null };

describe.concurrent('before Lambda would end it, a run', () => {
  it('whose writes take too long reports what is left, and the next run does just that', async ({
    expect,
  }) => {
    // 20 batches of 0.4 s do not fit into 8 s less what winding up takes, and without the delay they do many times over.
    const types = Array.from({ length: 100 }, (_, index) => `m${index}.large`);
    await using deployment = await deployForRisky(types, {
      timeoutSeconds: 8,
      environment: { BATCH_SIZE: '5' },
    });
    const { faults, castai, requests } = deployment.sandbox;
    faults.push({ when: { route: 'add' }, fault: { kind: 'latency', ms: 400 } });
    const failure = await deployment.fail();
    expect(failure).toMatchObject({ name: 'RunIncompleteError', code: 'RUN_INCOMPLETE' });
    expect(failure.message).toMatch(/time ran out/);
    const { succeeded, failed, deferred, verified } = outcomeIn(failure);
    expect(succeeded).toBeGreaterThan(0);
    expect({ failed, verified, all: succeeded + deferred }).toEqual({
      failed: 0,
      verified: succeeded,
      all: 100,
    });
    expect(failure.report.clusters?.[0]?.status).toBe('deferred');
    // What it says that it did is what is there.
    const done = blacklistedTypes(deployment);
    expect(done).toHaveLength(succeeded);

    faults.clear();
    requests.length = 0;
    const { clusters } = await deployment.succeed();
    expect(clusters[0]?.actions).toMatchObject({ keep: succeeded, add: deferred });
    expect(deployment.addedTypes.filter((type) => done.includes(type))).toEqual([]);
    expect(castai.entries).toHaveLength(100);
  });

  it('whose pauses are longer than its time reports what is left', async ({ expect }) => {
    await using deployment = await deploy({
      timeoutSeconds: 8,
      environment: { BATCH_SIZE: '7', BATCH_PAUSE: '300' },
    });
    const failure = await deployment.fail();
    expect(failure.name).toBe('RunIncompleteError');
    expect(outcomeIn(failure)).toMatchObject({ succeeded: 7, failed: 0, deferred: 442, verified: 7 });
    expect(deployment.writes).toHaveLength(7);
  });

  it('whose writes are never answered reports them as left', async ({ expect }) => {
    await using deployment = await deploy({ timeoutSeconds: 8 });
    deployment.sandbox.faults.push({ when: { route: 'add' }, fault: { kind: 'hang' } });
    const failure = await deployment.fail();
    expect(failure.name).toBe('RunIncompleteError');
    expect(outcomeIn(failure)).toMatchObject({ succeeded: 0, failed: 0, deferred: 449, verified: 0 });
    expect(deployment.writes.length).toBeLessThanOrEqual(10);
  });

  it('whose writes are told to wait for longer than there is time reports them as left', async ({
    expect,
  }) => {
    await using deployment = await deploy({ timeoutSeconds: 8 });
    const fault = answering(429, { headers: { 'retry-after': '20' } });
    deployment.sandbox.faults.push({ when: { route: 'add' }, fault });
    const failure = await deployment.fail();
    expect(failure.name).toBe('RunIncompleteError');
    expect(outcomeIn(failure)).toMatchObject({ succeeded: 0, deferred: 449 });
  });

  it('whose writes are done but not answered believes the list', async ({ expect }) => {
    await using deployment = await deploy({ timeoutSeconds: 8, environment: { BATCH_SIZE: '100' } });
    deployment.sandbox.faults.push({ when: { route: 'add' }, fault: { kind: 'latency', ms: 20_000 } });
    const failure = await deployment.fail();
    // Latency comes after the effect.
    expect(blacklistedTypes(deployment)).toHaveLength(100);
    expect(outcomeIn(failure)).toMatchObject({ succeeded: 100, failed: 0, deferred: 349, verified: 100 });
  });

  it('whose list does not come after the writing reports that nothing is confirmed', async ({ expect }) => {
    await using deployment = await deployForRisky(EIGHT_TYPES, { timeoutSeconds: 8 });
    const matching = ({ query }: SandboxRequest) => query['clusterId'] !== undefined;
    deployment.sandbox.faults.push({ when: { route: 'list', matching, nth: 2 }, fault: { kind: 'hang' } });
    const failure = await deployment.fail();
    expect(failure.name).toBe('RunIncompleteError');
    expect(failure.message).toContain('could not be confirmed');
    expect(outcomeIn(failure)).toMatchObject({ succeeded: 0, verified: 0 });
    expect(blacklistedTypes(deployment)).toEqual(EIGHT_TYPES.toSorted());
  });

  it.for([
    ['Secrets Manager', 'secret', 'SECRET_UNREACHABLE'],
    ['the feed', 'feed', 'FEED_UNREACHABLE'],
    ['the cluster', 'cluster', 'CASTAI_UNREACHABLE'],
    ['the list', 'list', 'CASTAI_UNREACHABLE'],
  ] as const)('that waits for %s says so, and writes nothing', async ([, route, code], { expect }) => {
    await using deployment: Deployment = await deploy({ timeoutSeconds: 8 });
    deployment.sandbox.faults.push({ when: { route }, fault: { kind: 'hang' } });
    expect(await deployment.fail()).toMatchObject({ code });
    expect(deployment.writes).toEqual([]);
  });
});
